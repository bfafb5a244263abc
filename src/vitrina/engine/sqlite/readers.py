"""The threads in which databases are read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class ReaderPool:
    """One pool of reader threads, shared by all databases.

    ``num_sql_threads`` 0 runs every job at once, in the event loop's thread.
    Exports have as many threads of their own: however long they take, pages
    do not wait behind them.
    """

    def __init__(self, num_sql_threads: int = 3) -> None:
        self.num_sql_threads = num_sql_threads
        self._executor: ThreadPoolExecutor | None = None
        self._exporter: ThreadPoolExecutor | None = None
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
        self.hops += 1
        return await asyncio.get_running_loop().run_in_executor(self._executor, job)

    async def run_export(self, job: Callable[[], T]) -> T:
        """Run ``job``, a part of an export, in one of the exports' threads and await its result: one hop."""
        if not self.num_sql_threads:
            return job()
        if self._exporter is None:
            self._exporter = ThreadPoolExecutor(self.num_sql_threads, thread_name_prefix="vitrina-export")
        self.hops += 1
        return await asyncio.get_running_loop().run_in_executor(self._exporter, job)

    @property
    def queue_depth(self) -> int:
        """Jobs that wait for a thread."""
        return 0 if self._executor is None else self._executor._work_queue.qsize()

    def close(self) -> None:
        """Let running jobs end and stop the threads. Idempotent."""
        executors = (self._executor, self._exporter)
        self._executor = self._exporter = None
        for executor in executors:
            if executor is not None:
                executor.shutdown(wait=True, cancel_futures=True)
