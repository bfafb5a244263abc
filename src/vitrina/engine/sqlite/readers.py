"""The threads in which databases are read."""

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
# Seconds that jobs get to end when the pool is closed.
_ENDING_S = 5.0


class ReaderPool:
    """One pool of reader threads, shared by all databases.

    ``num_sql_threads`` 0 runs every job at once, in the event loop's thread.
    Exports have as many threads of their own: however long they take, pages
    do not wait behind them. A thread whose job takes longer than
    ``stuck_after_s`` seconds is replaced while others wait for one.
    """

    def __init__(self, num_sql_threads: int = 3, stuck_after_s: float = 10.0) -> None:
        self.num_sql_threads = num_sql_threads
        self._stuck_after_s = stuck_after_s
        # thread → when its job began
        self._began: dict[int, float] = {}
        self._executor: ThreadPoolExecutor | None = None
        self._exporter: ThreadPoolExecutor | None = None
        #: whether a thread did not end when the pool was closed
        self.is_stuck = False
        #: jobs given to a thread so far; tests count hops by it
        self.hops = 0
        #: one permit for each stream that may run at the same time
        self.streams = asyncio.Semaphore(max(1, num_sql_threads))

    async def run(self, job: Callable[[], T]) -> T:
        """Run ``job`` in a reader thread and await its result: one hop."""
        if not self.num_sql_threads:
            return job()
        if self._executor is None:
            self._executor = ThreadPoolExecutor(self.num_sql_threads, thread_name_prefix="vitrina-reader")
        elif self._executor._work_queue.qsize():
            self._replace_stuck(self._executor)
        self.hops += 1
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._timed, job)

    def _timed(self, job: Callable[[], T]) -> T:
        thread = threading.get_ident()
        self._began[thread] = time.monotonic()
        try:
            return job()
        finally:
            del self._began[thread]

    def _replace_stuck(self, executor: ThreadPoolExecutor) -> None:
        """Let others do the work of threads that do not come back.

        SQLite looks at no clock inside one call of a function, and searching a
        text of megabytes for another one may take hours.
        """
        late = time.monotonic() - self._stuck_after_s
        stuck = sum(began < late for began in list(self._began.values()))
        executor._max_workers = max(executor._max_workers, self.num_sql_threads + min(stuck, _MOST_REPLACED))

    async def run_export(self, job: Callable[[], T]) -> T:
        """Run ``job``, a part of an export, in one of the exports' threads and await its result: one hop."""
        if not self.num_sql_threads:
            return job()
        if self._exporter is None:
            self._exporter = ThreadPoolExecutor(self.num_sql_threads, thread_name_prefix="vitrina-export")
        self.hops += 1
        return await asyncio.get_running_loop().run_in_executor(self._exporter, job)

    @property
    def executor(self) -> ThreadPoolExecutor | None:
        """The threads themselves; None before the first job, and where there are none."""
        return self._executor

    @property
    def queue_depth(self) -> int:
        """Jobs that wait for a thread."""
        return 0 if self._executor is None else self._executor._work_queue.qsize()

    def close(self) -> None:
        """Let running jobs end and stop the threads. Idempotent.

        ``is_stuck`` is True afterwards where a thread has not ended within some seconds.
        """
        executors = (self._executor, self._exporter)
        self._executor = self._exporter = None
        end = time.monotonic() + _ENDING_S
        for executor in executors:
            if executor is not None:
                executor.shutdown(wait=False, cancel_futures=True)
                for thread in list(executor._threads):
                    thread.join(max(0.0, end - time.monotonic()))
                    self.is_stuck = self.is_stuck or thread.is_alive()
