"""The one thread per database that writes."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from vitrina.errors import DatabaseClosed

T = TypeVar("T")


def in_transaction(conn: sqlite3.Connection, fn: Callable[[sqlite3.Connection], T]) -> T:
    """Run ``fn`` in a transaction begun with BEGIN IMMEDIATE; commit, or roll back when it raises."""
    conn.isolation_level = "IMMEDIATE"
    conn.execute("BEGIN IMMEDIATE")
    try:
        result = fn(conn)
    except BaseException:
        if conn.in_transaction:
            conn.rollback()
        raise
    if conn.in_transaction:
        try:
            conn.commit()
        except BaseException:
            # A deferred constraint fails at this point and leaves the transaction open.
            if conn.in_transaction:
                conn.rollback()
            raise
    return result


def without_transaction(conn: sqlite3.Connection, fn: Callable[[sqlite3.Connection], T]) -> T:
    """Run ``fn``, which manages transactions itself; one that it leaves open is committed."""
    conn.isolation_level = None
    try:
        result = fn(conn)
        if conn.in_transaction:
            conn.commit()
        return result
    except BaseException:
        if conn.in_transaction:
            conn.rollback()
        raise
    finally:
        conn.isolation_level = "IMMEDIATE"


class Writer:
    """Runs jobs one after the other on a thread of its own, which starts with the first job.

    ``open_connection`` opens the write connection, in that thread; it is
    opened anew when ``epoch`` gives another number than before.
    """

    def __init__(
        self,
        name: str,
        open_connection: Callable[[], sqlite3.Connection],
        epoch: Callable[[], int],
        *,
        threaded: bool = True,
    ) -> None:
        self._name = name
        self._open = open_connection
        self._epoch = epoch
        self._opened_in = 0
        self._threaded = threaded
        self._queue: queue.SimpleQueue[tuple[Callable[[sqlite3.Connection], Any], Future[Any]] | None] = (
            queue.SimpleQueue()
        )
        self._thread: threading.Thread | None = None
        self._conn: sqlite3.Connection | None = None
        self._closed = False
        self._lock = threading.Lock()
        #: jobs given to the thread so far; tests count hops by it
        self.hops = 0

    @property
    def queue_depth(self) -> int:
        """Jobs that wait."""
        return self._queue.qsize()

    def submit(self, job: Callable[[sqlite3.Connection], T]) -> Future[T]:
        """Queue ``job``; the future has its result. Raises DatabaseClosed."""
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise DatabaseClosed(f"Database {self._name} is closed")
            if self._threaded:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name=f"vitrina-writer-{self._name}", daemon=True)
                    self._thread.start()
                self.hops += 1
                self._queue.put((job, future))
        if not self._threaded:
            self._do(job, future)
        return future

    async def run(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Queue ``job`` and await its result."""
        future = self.submit(job)
        # Once queued a write happens, even when nobody waits for it any more.
        return await asyncio.shield(asyncio.wrap_future(future))

    def _reset(self) -> None:
        conn, self._conn = self._conn, None
        if conn is not None:
            conn.close()

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            self._do(*item)
            del item
        self._reset()

    def _do(self, job: Callable[[sqlite3.Connection], Any], future: Future[Any]) -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            if self._conn is not None and self._epoch() != self._opened_in:
                self._reset()
            if self._conn is None:
                self._conn = self._open()
                self._opened_in = self._epoch()
            result = job(self._conn)
        except BaseException as error:  # noqa: BLE001 - handed to whoever awaits the job
            future.set_exception(error)
        else:
            future.set_result(result)

    def close(self, timeout_s: float = 5.0) -> None:
        """Let queued jobs end, then stop. Idempotent."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            thread = self._thread
            if thread is not None:
                self._queue.put(None)
        if thread is None:
            self._reset()
        elif thread is not threading.current_thread():
            thread.join(timeout_s)
