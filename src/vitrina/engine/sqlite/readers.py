"""The threads in which databases are read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from vitrina.engine.sqlite.lane import Lane
from vitrina.errors import Unavailable

T = TypeVar("T")

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
        self._reading: Lane | None = None
        self._exporting: Lane | None = None
        #: whether a thread did not end when the pool was closed
        self.is_stuck = False
        #: jobs given to a thread so far; tests count hops by it
        self.hops = 0
        #: database → its jobs that wait or run
        self.pending: dict[str, int] = {}
        #: one permit for each stream that may run at the same time
        self.streams = asyncio.Semaphore(max(1, num_sql_threads))

    async def run(self, job: Callable[[], T]) -> T:
        """Run ``job`` in a reader thread and await its result: one hop."""
        if not self.num_sql_threads:
            return job()
        if self._reading is None:
            self._reading = Lane(self.num_sql_threads, "vitrina-reader", self._stuck_after_s)
        self.hops += 1
        return await self._reading.run(job)

    async def run_of(self, database: str, job: Callable[[], T]) -> T:
        """As :meth:`run`, and counted in ``pending`` under the name of the database."""
        self.pending[database] = self.pending.get(database, 0) + 1
        try:
            return await self.run(job)
        finally:
            self.pending[database] -= 1

    async def run_export(self, job: Callable[[], T]) -> T:
        """Run ``job``, a part of an export, in one of the exports' threads and await its result: one hop."""
        if not self.num_sql_threads:
            return job()
        if self._exporting is None:
            self._exporting = Lane(self.num_sql_threads, "vitrina-export", self._stuck_after_s)
        self.hops += 1
        return await self._exporting.run(job)

    def refuse_when_crowded(self) -> None:
        """Raise Unavailable where so many threads are stuck that no more SQL of people is begun (any thread)."""
        if any(lane is not None and lane.is_crowded for lane in (self._reading, self._exporting)):
            raise Unavailable("Too many queries are running that do not end", hint="The other pages still work.")

    @property
    def executor(self) -> ThreadPoolExecutor | None:
        """The threads themselves; None before the first job, and where there are none."""
        return None if self._reading is None else self._reading.executor

    @property
    def queue_depth(self) -> int:
        """Jobs that wait for a thread."""
        return 0 if self._reading is None else self._reading.waiting

    def close(self) -> None:
        """Let running jobs end and stop the threads. Idempotent.

        ``is_stuck`` is True afterwards where a thread has not ended within some seconds.
        """
        lanes = (self._reading, self._exporting)
        self._reading = self._exporting = None
        end = time.monotonic() + _ENDING_S
        for lane in lanes:
            if lane is not None and not lane.close(end):
                self.is_stuck = True
