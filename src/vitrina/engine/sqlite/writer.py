"""The one thread per database that writes."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TypeVar

from vitrina.engine.sqlite.group_commit import Outcome, run_together
from vitrina.engine.sqlite.queued import Queued, Watch, deliver
from vitrina.errors import DatabaseClosed, Unavailable

T = TypeVar("T")

#: writes that share a commit at most
MAX_TOGETHER = 200
#: writes of requests that wait at most, and bytes of their bodies
MAX_WAITING = 1000
MAX_WAITING_BYTES = 128 * 1024 * 1024

# Whoever was answered a moment ago is about to come again: a commit waits for them, but not for long. This much of
# the time that the last commit took, and never more seconds than that.
_PATIENCE = 0.5
_PATIENCE_MOST_S = 0.01

# Seconds that accepted writes get when the server stops.
_CLOSING_S = 60.0


class Writer:
    """Runs jobs one after the other on a thread of its own, which starts with the first job.

    ``open_connection`` opens the write connection, in that thread; it is
    opened anew when ``epoch`` gives another first number than before. ``turn`` is
    held while jobs share a transaction. ``commit(conn, tables)`` commits what
    they changed in ``tables``, None for anything. ``let_others_go_first``
    may wait some milliseconds; it is called in the thread before each shared
    transaction.
    """

    def __init__(
        self,
        name: str,
        open_connection: Callable[[], sqlite3.Connection],
        epoch: Callable[[], tuple[int, int]],
        *,
        turn: AbstractContextManager[None] | None = None,
        commit: Callable[[sqlite3.Connection, frozenset[str] | None], None] | None = None,
        let_others_go_first: Callable[[], None] | None = None,
        threaded: bool = True,
    ) -> None:
        self._name = name
        self._open = open_connection
        self._epoch = epoch
        self._turn = turn if turn is not None else nullcontext()
        self._commit = commit if commit is not None else _commit
        self._let_others_go_first = let_others_go_first
        self._opened_in = (0, 0)
        self._threaded = threaded
        self._queue: queue.SimpleQueue[Queued | None] = queue.SimpleQueue()
        self._waiting = 0
        self._waiting_bytes = 0
        # how many clients write at the moment, as far as can be told, and how long a commit waits for them
        self._expected = 1
        self._patience_s = 0.0
        self._thread: threading.Thread | None = None
        self._conn: sqlite3.Connection | None = None
        self._closed = False
        self._lock = threading.Lock()
        #: jobs given to the thread so far; tests count hops by it
        self.hops = 0
        #: transactions that several writes shared so far, and the writes in them
        self.shared_commits = 0
        self.shared_writes = 0

    @property
    def queue_depth(self) -> int:
        """Jobs that wait."""
        return self._queue.qsize()

    @property
    def is_connected(self) -> bool:
        """Whether a connection is open."""
        return self._conn is not None

    def submit(
        self,
        job: Callable[[sqlite3.Connection], T],
        *,
        shared: bool = False,
        bounded: bool = False,
        size: int = 0,
        tables: frozenset[str] | None = None,
    ) -> Future[T]:
        """Queue ``job``; the future has its result.

        A ``shared`` job is run in a transaction that others may share, and
        perhaps twice, and changes rows of ``tables`` only, None for anything;
        another one begins and commits by itself. A ``bounded`` one, which
        holds ``size`` bytes, is refused with Unavailable while too many wait.
        Raises DatabaseClosed.
        """
        future: Future[T] = Future()
        self.enqueue(Queued(job, future, shared, bounded, size, tables))
        return future

    def enqueue(self, item: Queued) -> None:
        """Queue a job; errors as for :meth:`submit`."""
        with self._lock:
            if self._closed:
                raise DatabaseClosed(f"Database {self._name!r} has been closed")
            if item.bounded:
                self._count(item)
            if self._threaded:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name=f"vitrina-writer-{self._name}", daemon=True)
                    self._thread.start()
                self.hops += 1
                self._queue.put(item)
        if not self._threaded:
            self._do([item])

    def _count(self, item: Queued) -> None:
        too_large = self._waiting > 0 and self._waiting_bytes + item.size > MAX_WAITING_BYTES
        if self._waiting >= MAX_WAITING or too_large:
            raise Unavailable(
                f"Too many writes to database {self._name} are waiting",
                hint="Nothing was written. Send the same request again in a moment.",
                headers={"Retry-After": "1"},
            )
        self._waiting += 1
        self._waiting_bytes += item.size

    async def run(
        self,
        job: Callable[[sqlite3.Connection], T],
        *,
        shared: bool = False,
        bounded: bool = False,
        size: int = 0,
        tables: frozenset[str] | None = None,
        watch: Watch | None = None,
    ) -> T:
        """Queue ``job`` and await its result; ``watch`` sees it happen, the rest is as for :meth:`submit`."""
        if watch is not None:
            job = watch.running(job)
        # Once queued a write happens, even when nobody waits for it any more.
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.enqueue(Queued(job, future, shared, bounded, size, tables, watch))
        return await future

    # In the writer's thread

    def _run(self) -> None:
        left: Queued | None = None
        while True:
            item = left if left is not None else self._queue.get()
            if item is None:
                break
            if item.shared and self._let_others_go_first is not None:
                self._let_others_go_first()
            group, left, last = self._gather(item)
            self._do(group)
            del item, group
            if last:
                break
        self._reset()

    def _gather(self, first: Queued) -> tuple[list[Queued], Queued | None, bool]:
        """``first`` and the writes that wait behind it and may share its transaction.

        Also the next job that may not, and whether the queue was closed behind them.
        """
        group = [first]
        until = time.monotonic() + self._patience_s if first.shared else 0.0
        while first.shared and len(group) < MAX_TOGETHER:
            left = until - time.monotonic() if len(group) < self._expected else 0.0
            try:
                item = self._queue.get(timeout=left) if left > 0 else self._queue.get_nowait()
            except queue.Empty:
                break
            if item is None:
                return group, None, True
            if not item.shared:
                return group, item, False
            group.append(item)
        return group, None, False

    def _do(self, group: list[Queued]) -> None:
        with self._lock:
            for item in group:
                if item.bounded:
                    self._waiting -= 1
                    self._waiting_bytes -= item.size
        try:
            conn = self._connection()
        except BaseException as error:  # noqa: BLE001 - handed to whoever awaits the jobs
            deliver([(item, Outcome(error=error)) for item in group])
            return
        if group[0].shared:
            self._share(conn, group)
        else:
            for item in group:
                try:
                    outcome = Outcome(item.job(conn))
                except BaseException as error:  # noqa: BLE001 - handed to whoever awaits the job
                    outcome = Outcome(error=error)
                deliver([(item, outcome)])

    def _share(self, conn: sqlite3.Connection, running: list[Queued]) -> None:
        if len(running) > 1:
            self.shared_commits += 1
            self.shared_writes += len(running)
            watches = [item.watch for item in running if item.watch is not None]
            for watch in watches[1:]:
                watch.follow(watches[0])
        began = time.monotonic()
        tables = _union([item.tables for item in running])
        with self._turn:
            outcomes = run_together(conn, [item.job for item in running], lambda conn: self._commit(conn, tables))
        self._patience_s = min(_PATIENCE * (time.monotonic() - began), _PATIENCE_MOST_S)
        self._expected = len(running) + self._queue.qsize()
        # Only now: what is acknowledged is on disk.
        deliver(list(zip(running, outcomes, strict=True)))

    def _connection(self) -> sqlite3.Connection:
        if self._conn is not None and (epoch := self._epoch()) != self._opened_in:
            if epoch[0] != self._opened_in[0]:
                self._reset()
            else:
                # Pages of before may be those of another file that was copied over this one.
                with suppress(sqlite3.Error):
                    self._conn.execute("PRAGMA shrink_memory")
                self._opened_in = epoch
        if self._conn is None:
            self._conn = self._open()
            self._opened_in = self._epoch()
        return self._conn

    def _reset(self) -> None:
        conn, self._conn = self._conn, None
        if conn is not None:
            conn.close()

    def close(self, timeout_s: float = _CLOSING_S) -> None:
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


def _commit(conn: sqlite3.Connection, tables: frozenset[str] | None) -> None:
    conn.commit()


def _union(parts: list[frozenset[str] | None]) -> frozenset[str] | None:
    """The tables of all writes; None where one of them may change anything."""
    tables: set[str] = set()
    for part in parts:
        if part is None:
            return None
        tables |= part
    return frozenset(tables)
