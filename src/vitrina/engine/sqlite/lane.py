"""Threads that take jobs in turn, and are replaced when they do not come back."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

# More stuck threads than this are not replaced: they would take all processors.
_MOST_REPLACED = 16
# How often it is looked whether jobs wait behind stuck threads, in seconds.
_LOOK_S = 0.5


class Lane:
    """``size`` threads; one whose job takes longer than ``stuck_after_s`` seconds is replaced while others wait for it.

    SQLite looks at no clock inside one call of a function, and searching a
    text of megabytes for another one may take hours.
    """

    def __init__(self, size: int, name: str, stuck_after_s: float) -> None:
        self.executor = ThreadPoolExecutor(size, thread_name_prefix=name)
        self._size = size
        self._stuck_after_s = stuck_after_s
        # thread → when its job began
        self._began: dict[int, float] = {}
        self._looks = False

    async def run(self, job: Callable[[], T]) -> T:
        """Run ``job`` in one of the threads and await its result."""
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self.executor, self._timed, job)
        if not self._looks and self.waiting:
            self._looks = True
            loop.call_later(min(_LOOK_S, self._stuck_after_s), self._look, loop)
        return await future

    @property
    def waiting(self) -> int:
        """Jobs that wait for a thread."""
        return self.executor._work_queue.qsize()

    @property
    def stuck(self) -> int:
        """Threads whose job takes too long."""
        late = time.monotonic() - self._stuck_after_s
        return sum(began < late for began in list(self._began.values()))

    @property
    def is_crowded(self) -> bool:
        """Whether half of the threads that may be replaced are stuck: the rest is for what is known to end."""
        return self.stuck >= _MOST_REPLACED // 2

    def _timed(self, job: Callable[[], T]) -> T:
        thread = threading.get_ident()
        self._began[thread] = time.monotonic()
        try:
            return job()
        finally:
            del self._began[thread]

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Replace stuck threads for as long as jobs wait; a clock's work, since those who wait ask for nothing more."""
        if not self.waiting or self.executor._shutdown:
            self._looks = False
            return
        wanted = self._size + min(self.stuck, _MOST_REPLACED)
        if wanted > self.executor._max_workers:
            self.executor._max_workers = wanted
        if len(self.executor._threads) < self.executor._max_workers:
            # A thread is only begun with a job.
            self.executor.submit(int)
        loop.call_later(min(_LOOK_S, self._stuck_after_s), self._look, loop)

    def close(self, end: float) -> bool:
        """Stop the threads, waiting until the monotonic time ``end``; whether all of them have ended."""
        self.executor.shutdown(wait=False, cancel_futures=True)
        threads = list(self.executor._threads)
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)
