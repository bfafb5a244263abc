"""What one statement does, as the engine's authorizer tells it: the operations behind ``analyze_sql``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

#: tables in which SQLite keeps the schema
SCHEMA_TABLES = frozenset({"sqlite_master", "sqlite_schema", "sqlite_temp_master", "sqlite_temp_schema"})
# Kinds of statements whose bookkeeping in the schema is their own affair.
_SCHEMA_CHANGES = frozenset({"create", "alter", "drop"})


@dataclass(frozen=True, slots=True)
class Access:
    """One call of the authorizer: what is done to what, in which schema, by which trigger or view."""

    operation: str
    target_type: str
    target: str | None
    table: str | None = None
    column: str | None = None
    schema: str | None = None
    source: str | None = None


@dataclass(slots=True)
class SQLOperation:
    """One thing that a statement does. ``internal`` is SQLite's own bookkeeping; ``columns`` are sorted."""

    operation: str
    target_type: str
    database: str | None = None
    table: str | None = None
    sqlite_schema: str | None = None
    table_kind: str | None = None
    target: str | None = None
    columns: list[str] = field(default_factory=list)
    source: str | None = None
    internal: bool = False


@dataclass(slots=True)
class SQLAnalysis:
    """Everything that a statement does, in the order in which it was noticed."""

    operations: list[SQLOperation] = field(default_factory=list)


def summarize(accesses: Iterable[Access], *, database: str, kind_of: Callable[[str], str | None]) -> SQLAnalysis:
    """Calls of the authorizer as operations: those that differ in their column only become one.

    ``kind_of`` gives "table", "view", "virtual" or "shadow" for a name in the main schema.
    """
    found: dict[tuple[str | None, ...], SQLOperation] = {}
    columns: dict[tuple[str | None, ...], set[str]] = {}
    for access in accesses:
        key = (access.operation, access.target_type, access.target, access.table, access.schema, access.source)
        operation = found.get(key)
        if operation is None:
            is_rows = access.target_type == "table" and access.operation in ("read", "insert", "update", "delete")
            found[key] = operation = SQLOperation(
                operation=access.operation,
                target_type=access.target_type,
                database=database if access.schema == "main" else access.schema,
                table=access.table,
                sqlite_schema=access.schema,
                table_kind=kind_of(access.table) if is_rows and access.table and access.schema != "temp" else None,
                target=access.target,
                source=access.source,
            )
            columns[key] = set()
        if access.column is not None:
            columns[key].add(access.column)
    for identity, operation in found.items():
        operation.columns = sorted(columns[identity])
    # What does nothing, such as dropping what is not there, is not known to be harmless.
    operations = list(found.values()) or [SQLOperation("unknown", "statement", database)]
    _mark_internal(operations)
    return SQLAnalysis(operations)


def _mark_internal(operations: list[SQLOperation]) -> None:
    """SQLite's own bookkeeping during a change of the schema."""
    changes = [each for each in operations if each.operation in _SCHEMA_CHANGES]
    if not changes:
        return
    plain = [each for each in changes if each.target_type != "virtual-table" or each.operation == "create"]
    dropped = {each.table for each in plain if each.operation == "drop"}
    makes_index = any(each.operation == "create" and each.target_type == "index" for each in changes)
    alters = any(each.operation == "alter" for each in changes)
    for each in operations:
        each.internal = (
            each.target_type == "schema"
            or (each.operation == "delete" and each.table in dropped)
            or (each.operation == "reindex" and makes_index)
            or (each.operation == "function" and alters)
        )
