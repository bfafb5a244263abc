"""Which tables the statements of a connection read, learnt while SQLite prepares them."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict

# More than the driver keeps prepared: of a statement that is not prepared again, the tables are still known.
_KEPT = 1024
# Table-valued functions that read nothing but their arguments, and the schema, whose changes count for all tables.
_PURE = frozenset({"json_each", "json_tree", "sqlite_master"})


class TablesRead:
    """Names of tables and views by the text of the statement; the connection needs its authorizer for that.

    SQLite asks the authorizer about every table of a statement when it is
    prepared, whether by its name, through a view, or inside a virtual table.
    """

    __slots__ = ("_asked", "_by_sql", "_current")

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._by_sql: OrderedDict[str, frozenset[str | None]] = OrderedDict()
        self._current: set[str | None] = set()
        self._asked = False
        conn.set_authorizer(self._authorize)

    def begin(self) -> None:
        """A statement is about to be run."""
        self._current = set()
        self._asked = False

    def end(self, sql: str) -> frozenset[str | None] | None:
        """Its first row is there: the tables it reads, with None among them for one that has no name here.

        None where nothing is known of the statement.
        """
        known = self._by_sql.get(sql)
        if not self._asked:
            if known is not None:
                self._by_sql.move_to_end(sql)
            return known
        if known is None or not known.issuperset(self._current):
            known = self._by_sql[sql] = frozenset(self._current | (known or frozenset()))
            if len(self._by_sql) > _KEPT:
                self._by_sql.popitem(last=False)
        return known

    def _authorize(
        self, action: int, first: str | None, second: str | None, database: str | None, trigger: str | None
    ) -> int:
        self._asked = True
        if action == sqlite3.SQLITE_READ and first not in _PURE:
            # SQLite names no database for a table from which no column is needed.
            self._current.add(first if database in ("main", None) else None)
        return sqlite3.SQLITE_OK
