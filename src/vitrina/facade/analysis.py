"""What a statement would do, in the form in which plugins see it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vitrina.dialect.analysis import SQLAnalysis as CoreAnalysis
from vitrina.engine.sqlite.analysis import analyze


@dataclass(frozen=True)
class OperationKey:
    """What makes two operations one."""

    operation: str
    target_type: str
    database: str | None
    table: str | None
    sqlite_schema: str | None
    target: str | None
    source: str | None
    internal: bool


@dataclass(frozen=True)
class Operation:
    """One thing that a statement does; ``internal`` is SQLite's own bookkeeping, ``columns`` are sorted."""

    operation: str
    target_type: str
    database: str | None
    table: str | None
    sqlite_schema: str | None
    table_kind: str | None = None
    target: str | None = None
    columns: tuple[str, ...] = ()
    source: str | None = None
    internal: bool = False


@dataclass(frozen=True)
class SQLAnalysis:
    """Everything that a statement does, in the order in which it was noticed."""

    operations: tuple[Operation, ...]


def analysis_of(core: CoreAnalysis) -> SQLAnalysis:
    """The form for plugins."""
    return SQLAnalysis(
        tuple(
            Operation(
                each.operation,
                each.target_type,
                each.database,
                each.table,
                each.sqlite_schema,
                each.table_kind,
                each.target,
                tuple(each.columns),
                each.source,
                each.internal,
            )
            for each in core.operations
        )
    )


def analyze_sql_tables(
    conn: sqlite3.Connection,
    sql: str,
    params: Mapping[str, Any] | Sequence[Any] | None = None,
    *,
    database_name: str | None = None,
    schema_to_database: Mapping[str, str] | None = None,
) -> SQLAnalysis:
    """What ``sql`` would do on ``conn``, without running it (blocking). Raises the driver's errors."""
    known = dict(schema_to_database or {})
    database = database_name or known.get("main") or "main"
    if sql.lstrip()[:7].lower() == "explain":
        raise sqlite3.OperationalError('near "explain": syntax error')
    found = analyze(conn, sql, params or {}, database=database)
    for each in found.operations:
        if each.sqlite_schema in known:
            each.database = known[each.sqlite_schema]
    return analysis_of(found)
