"""Asking SQLite what a statement would do, without running it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from vitrina.dialect.analysis import SCHEMA_TABLES, Access, SQLAnalysis, summarize
from vitrina.dialect.table_sql import select_of_view

_CODES: Mapping[int, tuple[str, str]] = {
    sqlite3.SQLITE_CREATE_INDEX: ("create", "index"),
    sqlite3.SQLITE_CREATE_TABLE: ("create", "table"),
    sqlite3.SQLITE_CREATE_TEMP_INDEX: ("create", "index"),
    sqlite3.SQLITE_CREATE_TEMP_TABLE: ("create", "table"),
    sqlite3.SQLITE_CREATE_TEMP_TRIGGER: ("create", "trigger"),
    sqlite3.SQLITE_CREATE_TEMP_VIEW: ("create", "view"),
    sqlite3.SQLITE_CREATE_TRIGGER: ("create", "trigger"),
    sqlite3.SQLITE_CREATE_VIEW: ("create", "view"),
    sqlite3.SQLITE_CREATE_VTABLE: ("create", "virtual-table"),
    sqlite3.SQLITE_DROP_INDEX: ("drop", "index"),
    sqlite3.SQLITE_DROP_TABLE: ("drop", "table"),
    sqlite3.SQLITE_DROP_TEMP_INDEX: ("drop", "index"),
    sqlite3.SQLITE_DROP_TEMP_TABLE: ("drop", "table"),
    sqlite3.SQLITE_DROP_TEMP_TRIGGER: ("drop", "trigger"),
    sqlite3.SQLITE_DROP_TEMP_VIEW: ("drop", "view"),
    sqlite3.SQLITE_DROP_TRIGGER: ("drop", "trigger"),
    sqlite3.SQLITE_DROP_VIEW: ("drop", "view"),
    sqlite3.SQLITE_DROP_VTABLE: ("drop", "virtual-table"),
    sqlite3.SQLITE_INSERT: ("insert", "table"),
    sqlite3.SQLITE_UPDATE: ("update", "table"),
    sqlite3.SQLITE_DELETE: ("delete", "table"),
    sqlite3.SQLITE_READ: ("read", "table"),
    sqlite3.SQLITE_SELECT: ("select", "statement"),
    sqlite3.SQLITE_FUNCTION: ("function", "function"),
    sqlite3.SQLITE_ALTER_TABLE: ("alter", "table"),
    sqlite3.SQLITE_PRAGMA: ("pragma", "pragma"),
    sqlite3.SQLITE_ATTACH: ("attach", "database"),
    sqlite3.SQLITE_DETACH: ("detach", "database"),
    sqlite3.SQLITE_REINDEX: ("reindex", "index"),
    sqlite3.SQLITE_ANALYZE: ("analyze", "table"),
}
_ROWS = frozenset({sqlite3.SQLITE_READ, sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE})
_VACUUM = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*vacuum\b", re.IGNORECASE | re.DOTALL)
_KINDS = "SELECT name, type FROM pragma_table_list WHERE schema = 'main'"


def analyze(
    conn: sqlite3.Connection, sql: str, params: Mapping[str, Any] | Sequence[Any], *, database: str
) -> SQLAnalysis:
    """What ``sql`` would do (blocking). ``conn`` is used for nothing else afterwards.

    Raises the driver's errors for a statement that cannot be prepared.
    """
    # With this SQLite gives up copying whole tables in one go (INSERT … SELECT * FROM other), of which it tells the
    # authorizer nothing but the INSERT.
    conn.execute("PRAGMA count_changes = 1")
    if conn.execute("PRAGMA count_changes").fetchone() != (1,):
        raise sqlite3.OperationalError("this SQLite does not tell what it copies")
    kinds = {str(name).lower(): str(kind) for name, kind in conn.execute(_KINDS).fetchall()}
    seen: list[Access] = []
    conn.set_authorizer(lambda *call: _note(seen, *call))
    try:
        conn.execute(f"EXPLAIN {sql}", params or {}).close()
        if any(each.operation == "create" and each.target_type == "view" for each in seen):
            _note_view(conn, sql, seen)
    finally:
        conn.set_authorizer(None)
    if _VACUUM.match(sql):
        seen.insert(0, Access("vacuum", "database", database, schema="main"))
    return summarize(seen, database=database, kind_of=lambda name: kinds.get(name.lower()))


def _note_view(conn: sqlite3.Connection, sql: str, seen: list[Access]) -> None:
    """Add what the SELECT of a new view reads: SQLite looks at it only when the view is used."""
    view = next(each.target for each in seen if each.operation == "create")
    before = len(seen)
    conn.execute(f"EXPLAIN {select_of_view(sql)}").close()
    seen[before:] = [replace(each, source=each.source or view) for each in seen[before:] if each.operation == "read"]


def _note(
    seen: list[Access], code: int, first: str | None, second: str | None, schema: str | None, source: str | None
) -> int:
    if code in _ROWS:
        operation, kind = _CODES[code]
        if first in SCHEMA_TABLES:
            kind = "schema"
        column = second if code in (sqlite3.SQLITE_READ, sqlite3.SQLITE_UPDATE) else None
        table = first if kind == "table" else None
        seen.append(Access(operation, kind, first, table, column, schema, source))
    elif code == sqlite3.SQLITE_TRANSACTION:
        seen.append(Access((first or "").lower(), "transaction", first))
    elif code == sqlite3.SQLITE_SAVEPOINT:
        seen.append(Access("savepoint", "transaction", f"{first} {second}"))
    elif code in _CODES:
        seen.append(_other(code, first, second, schema, source))
    elif code != sqlite3.SQLITE_RECURSIVE:
        seen.append(Access("unknown", "unknown", first, schema=schema, source=source))
    # Some PRAGMAs act while they are prepared: those are to be ignored here.
    return (
        sqlite3.SQLITE_IGNORE
        if code == sqlite3.SQLITE_PRAGMA and source is None and schema is None
        else sqlite3.SQLITE_OK
    )


def _other(code: int, first: str | None, second: str | None, schema: str | None, source: str | None) -> Access:
    operation, kind = _CODES[code]
    if kind == "function":
        return Access(operation, kind, second, schema=schema, source=source)
    if kind == "statement":
        return Access(operation, kind, None, schema=schema, source=source)
    if operation == "alter":
        return Access(operation, kind, second, second, schema=first, source=source)
    if operation == "pragma" or kind == "database":
        return Access(operation, kind, first, schema=schema, source=source)
    if operation == "reindex":
        return Access(operation, kind, first, schema=schema, source=source)
    table = second if kind in ("index", "trigger") else first
    return Access(operation, kind, first, table, schema=schema, source=source)
