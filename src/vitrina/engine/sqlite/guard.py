"""What SQL supplied by a person may do, and for how long any statement may run."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable

from vitrina.dialect.statement import ALLOWED_PRAGMAS
from vitrina.engine.sqlite.memory_limit import available_bytes, limit_heap
from vitrina.engine.sqlite.watchdog import WATCHDOG

#: largest text or blob, in bytes, that people's SQL may build
MAX_VALUE_BYTES = 64 * 1024 * 1024
#: longest text, in bytes, and most steps of a program: in one without loops SQLite looks at no clock
MAX_SQL_BYTES = 1_000_000
MAX_PROGRAM_STEPS = 250_000
#: largest result of people's SQL, in bytes of text and blobs; each reader thread may hold one
MAX_RESULT_BYTES = min(256 * 1024 * 1024, available_bytes() // 16)

# How many virtual-machine steps pass between two looks at the clock: a page of ordinary size needs fewer.
_STEPS = 2000

# Full-text tables read their own version counter, and connections are told to drop the pages that they keep.
_PRAGMAS = frozenset({*ALLOWED_PRAGMAS, "data_version", "shrink_memory"})
# fts3_tokenizer() hands out addresses of functions; the others reach outside the database.
_FUNCTIONS = frozenset({"load_extension", "fts3_tokenizer", "readfile", "writefile", "edit"})
# Shows the statements that the connection has prepared before: what other people asked for.
_TABLES = frozenset({"sqlite_stmt"})
# Virtual tables prepare statements that write while they are merely opened, so writing is not refused at this point:
# the connection is read-only twice over (mode=ro and query_only), and SQLite's own message is the contract's.
_ALLOWED = frozenset(
    {
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_RECURSIVE,
        sqlite3.SQLITE_INSERT,
        sqlite3.SQLITE_UPDATE,
        sqlite3.SQLITE_DELETE,
        sqlite3.SQLITE_CREATE_TABLE,
    }
)


class TimeLimit:
    """The clock of one connection: interrupts the running statement after its deadline.

    ``steps`` of SQLite's virtual machine pass between two looks at the clock.
    """

    __slots__ = ("_conn", "_lock", "deadline")

    def __init__(self, conn: sqlite3.Connection, steps: int = _STEPS) -> None:
        self.deadline: float | None = None
        self._conn = conn
        self._lock = threading.Lock()
        conn.set_progress_handler(self._expired, steps)

    def start(self, milliseconds: float | None) -> None:
        """Set the deadline of the next statement; None for no limit."""
        if milliseconds is None:
            self.stop()
            return
        deadline = time.monotonic() + milliseconds / 1000
        with self._lock:
            self.deadline = deadline
        WATCHDOG.watch(self, deadline)

    def stop(self) -> None:
        """Forget the deadline: the statement ended."""
        with self._lock:
            self.deadline = None
        WATCHDOG.forget(self)

    def interrupt(self, deadline: float) -> None:
        """Called by the watchdog; the lock keeps it from hitting a later statement."""
        with self._lock:
            if self.deadline == deadline:
                with contextlib.suppress(sqlite3.Error):
                    self._conn.interrupt()

    def expire(self) -> None:
        """End the running statement now: nobody waits for it any more."""
        with self._lock:
            if self.deadline is not None:
                self.deadline = 0.0
                with contextlib.suppress(sqlite3.Error):
                    self._conn.interrupt()

    def _expired(self) -> bool:
        return self.deadline is not None and time.monotonic() > self.deadline


def authorize(action: int, first: str | None, second: str | None, database: str | None, trigger: str | None) -> int:
    """SQLite's authorizer callback for people's SQL: reading, and nothing else."""
    if action == sqlite3.SQLITE_READ and (first or "").lower() in _TABLES:
        return sqlite3.SQLITE_DENY
    if action in _ALLOWED:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() not in _FUNCTIONS:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_PRAGMA and (first or "").lower() in _PRAGMAS:
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def guard(conn: sqlite3.Connection) -> None:
    """Restrict a connection, for good, to what people's SQL may do."""
    if hasattr(conn, "enable_load_extension"):
        conn.enable_load_extension(False)
    for category, most in (
        (sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES),
        (sqlite3.SQLITE_LIMIT_SQL_LENGTH, MAX_SQL_BYTES),
        (sqlite3.SQLITE_LIMIT_VDBE_OP, MAX_PROGRAM_STEPS),
    ):
        conn.setlimit(category, min(conn.getlimit(category), most))
    limit_heap(conn)
    conn.execute("PRAGMA query_only=1")
    foreign = getattr(conn, "foreign_authorizer", None)
    conn.set_authorizer(authorize if foreign is None else _both(foreign))


def _both(foreign: Callable[..., int]) -> Callable[..., int]:
    """An authorizer that refuses what either of the two refuses."""

    def authorize_both(*what: str | int | None) -> int:
        own = authorize(*what)  # type: ignore[arg-type]
        return foreign(*what) if own == sqlite3.SQLITE_OK else own

    return authorize_both
