"""A replicated file as it was when its replication began: kept in WAL mode, and told from another in its place."""

from __future__ import annotations

import os
import sqlite3
import threading

from vitrina.errors import StartupError


class KeptFile:
    """One file, with a connection that stays open for as long as it is replicated.

    Where the last connection to a file closes, SQLite empties its write-ahead
    log, and what Litestream has not read of it yet is gone from there.
    """

    def __init__(self, name: str, path: str) -> None:
        self.name = name
        self.path = path
        self._conn: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._lock = threading.Lock()

    def open(self) -> None:
        """Switch the file to WAL and keep it open (blocking); another file in its place too. Raises StartupError."""
        with self._lock:
            if self._conn is not None and not self.is_replaced():
                return
            self._close()
            identity = _identity_of(self.path)
            self._conn = _switched_to_wal(self.name, self.path)
            self._identity = identity

    def is_replaced(self) -> bool:
        """Whether another file stands in its place, or none (one system call)."""
        return self._identity is not None and _identity_of(self.path) != self._identity

    def wal_size(self) -> int:
        """Bytes of the write-ahead log (one system call). Only Litestream makes it shorter."""
        try:
            return os.stat(f"{self.path}-wal").st_size
        except OSError:
            return 0

    def close(self) -> None:
        """Let go of the file (blocking). Idempotent."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        conn, self._conn = self._conn, None
        if conn is not None:
            conn.close()


def _identity_of(path: str) -> tuple[int, int] | None:
    try:
        stat = os.stat(path)
    except OSError:
        return None
    return (stat.st_dev, stat.st_ino)


def _switched_to_wal(name: str, path: str) -> sqlite3.Connection:
    try:
        conn = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise StartupError(f"Database {name} cannot be replicated: {path}: {error}") from error
    try:
        conn.execute("PRAGMA wal_autocheckpoint=0")
        mode = conn.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        conn.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except sqlite3.Error as error:
        conn.close()
        raise StartupError(f"Database {name} cannot be replicated: {path}: {error}") from error
    if mode != "wal":
        conn.close()
        raise StartupError(
            f"Database {name} cannot be replicated: its journal mode stays {mode}, and WAL is needed",
            hint="Files on network drives cannot be in WAL mode.",
        )
    return conn
