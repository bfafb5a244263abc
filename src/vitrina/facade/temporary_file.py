"""Database files that live as long as the object that uses them."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import weakref
from typing import Any


def temporary_file(owner: object) -> tuple[str, weakref.finalize[Any, Any]]:
    """A new database file in WAL mode, and what removes it: called by whoever closes it, else with ``owner``."""
    handle, path = tempfile.mkstemp(prefix="vitrina-", suffix=".db")
    os.close(handle)
    conn = sqlite3.connect(path)
    try:
        conn.execute("PRAGMA journal_mode=WAL")
    finally:
        conn.close()
    return path, weakref.finalize(owner, _remove, path)


def _remove(path: str) -> None:
    for ending in ("", "-wal", "-shm"):
        try:
            os.unlink(path + ending)
        except FileNotFoundError:
            continue
