"""Database files that live as long as the object that uses them."""

from __future__ import annotations

import sqlite3
import weakref
from typing import Any

from vitrina.temporary import make_file, remove_file, temporary_path


def temporary_file(owner: object) -> tuple[str, weakref.finalize[Any, Any]]:
    """A new database file in WAL mode, and what removes it: called by whoever closes it, else with ``owner``."""
    path = temporary_path("temporary")
    make_file(path)
    conn = sqlite3.connect(path)
    try:
        conn.execute("PRAGMA journal_mode=WAL")
    finally:
        conn.close()
    return path, weakref.finalize(owner, remove_file, path)
