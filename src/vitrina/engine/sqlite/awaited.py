"""Ending a job in a worker thread when nobody waits for it any more."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from vitrina.engine.sqlite.reader import SqliteReader

T = TypeVar("T")


class Awaited:
    """One job and the task that awaits it: when the task is cancelled, the job's statement is interrupted.

    The worker says with :meth:`begin` and :meth:`end` between which moments
    the reader is this job's own; after them it may already serve another one.
    """

    __slots__ = ("_gone", "_lock", "_reader")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reader: SqliteReader | None = None
        self._gone = False

    def begin(self, reader: SqliteReader) -> SqliteReader:
        """The job starts to use ``reader``; returns it."""
        with self._lock:
            self._reader = reader
            if self._gone:
                reader.abandon()
        return reader

    def end(self) -> None:
        """The job no longer uses its reader."""
        with self._lock:
            self._reader = None

    async def result(self, running: Awaitable[T]) -> T:
        """The job's result; interrupts the job when the caller is cancelled."""
        try:
            return await running
        except asyncio.CancelledError:
            with self._lock:
                self._gone = True
                if self._reader is not None:
                    self._reader.abandon()
            raise
