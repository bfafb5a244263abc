"""Noticing that a write gave a table another name."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from vitrina.hooks.events import Event, RenameTableEvent

_TABLES = "SELECT name, rootpage FROM sqlite_master WHERE type = 'table' AND rootpage > 0"


class Renames:
    """Compares the tables before and after one write.

    A table was renamed when its pages are where they were, its old name is gone
    and the new one was not there: moved pages alone, as after VACUUM, say nothing.
    """

    def __init__(self, database: str, actor: Any) -> None:
        self._database = database
        self._actor = actor

    def watched(
        self, fn: Callable[[sqlite3.Connection], Any], events: list[Event]
    ) -> Callable[[sqlite3.Connection], Any]:
        """``fn`` with its renames added to ``events``."""

        def run(conn: sqlite3.Connection) -> Any:
            version, before = _version(conn), _tables(conn)
            result = fn(conn)
            if _version(conn) != version:
                after = _tables(conn)
                for name, page in after.items():
                    old = next((known for known, where in before.items() if where == page), None)
                    if old is not None and old not in after and name not in before:
                        events.append(RenameTableEvent(self._actor, self._database, old, name))
            return result

        return run


def _version(conn: sqlite3.Connection) -> int:
    return int(conn.execute("PRAGMA schema_version").fetchone()[0])


def _tables(conn: sqlite3.Connection) -> dict[str, int]:
    return dict(tuple(row) for row in conn.execute(_TABLES))
