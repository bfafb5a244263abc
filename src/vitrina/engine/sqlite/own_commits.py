"""Commits of this process that are told apart from those of others, so that only their tables count as changed."""

from __future__ import annotations

import sqlite3
import threading
from typing import Any

from vitrina.engine.sqlite.alternation import Alternation
from vitrina.engine.sqlite.watcher import Watcher

# What a commit may keep those waiting who look whether something changed, in seconds: after that it counts as any
# other change.
_WAIT_S = 0.5

# Has a row, so that it is still reading after its first step.
_READING = "SELECT 1 FROM main.sqlite_master"
_TEMPORARY_TRIGGERS = "SELECT 1 FROM temp.sqlite_master WHERE type = 'trigger' LIMIT 1"


class OwnCommits:
    """Commits on one database; ``lock`` is the database's, which the watcher needs.

    The proof: whoever commits holds the write lock, and has the watcher look
    at this point. So its next change is this commit, or this one and another's
    after it; and another's would change the version counter of the write
    connection, which its own commits leave alone.

    A file without a write-ahead log is locked while a commit is under way. A
    statement that is still reading makes SQLite keep a part of that lock after
    the commit, so that nobody else can commit until this one is noted.
    """

    def __init__(self, watcher: Watcher, lock: threading.Lock) -> None:
        self._watcher = watcher
        self._lock = lock
        self._settled = threading.Condition(lock)
        self._turns = Alternation(lock, self._settled, watcher.must_wait)

    def begin_read(self) -> None:
        """Let a commit end that is under way; no other one begins soon before :meth:`end_read`."""
        self._turns.begin_read(_WAIT_S)

    def end_read(self) -> None:
        """The read is done."""
        self._turns.end_read()

    def let_reads_begin(self) -> None:
        """Before a transaction, while no lock is held: wait for reads that ought to go first, some milliseconds."""
        self._turns.let_reads_begin()

    def want(self) -> None:
        """Somebody asks whether what he read before still holds."""
        self._turns.want()

    def wait(self) -> None:
        """With the lock held: let a commit end that is under way, and of which nobody knows yet what it changed."""
        if self._watcher.must_wait():
            self._settled.wait_for(lambda: not self._watcher.must_wait(), _WAIT_S)

    def commit(self, conn: sqlite3.Connection, tables: frozenset[str] | None) -> None:
        """Commit the transaction of ``conn``, which changed rows of ``tables`` only, None for anything."""
        if tables is None or not self._watcher.tells_commits or _first_value(conn, _TEMPORARY_TRIGGERS) is not None:
            conn.commit()
            return
        before = _data_version(conn)
        exclusive = _first_value(conn, "PRAGMA journal_mode") != "wal"
        reading = conn.execute(_READING) if exclusive else None
        try:
            if exclusive:
                self._turns.begin_commit()
            self._commit(conn, tables, before, exclusive=exclusive)
        finally:
            self._turns.end_commit()
            if reading is not None:
                reading.close()

    def _commit(self, conn: sqlite3.Connection, tables: frozenset[str], before: Any, *, exclusive: bool) -> None:
        with self._lock:
            begun = self._watcher.begin_commit(tables, exclusive=exclusive)
        if not begun:
            conn.commit()
            return
        done = False
        try:
            conn.commit()
            done = True
        finally:
            with self._lock:
                self._watcher.end_commit((lambda: _data_version(conn) == before) if done else None)
                self._settled.notify_all()


def _data_version(conn: sqlite3.Connection) -> Any:
    return _first_value(conn, "PRAGMA data_version")


def _first_value(conn: sqlite3.Connection, sql: str) -> Any:
    cursor = conn.cursor()
    # A plugin may have put a factory of its own on the connection.
    cursor.row_factory = None
    row = cursor.execute(sql).fetchone()
    cursor.close()
    return None if row is None else row[0]
