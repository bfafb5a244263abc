"""What a person's writing statement needs: permissions for each thing it does, and which things are never allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from vitrina.dialect.analysis import SQLAnalysis, SQLOperation
from vitrina.dialect.parameters import unique_parameters
from vitrina.errors import InvalidBody

MAGIC_REFUSED = "Magic parameters are not allowed"
UNSUPPORTED = "Unsupported SQL operation"
READS_ONLY = "Use /-/query for read-only SQL; this endpoint only executes writes"

_ROW_PERMISSIONS = ("insert-row", "update-row", "delete-row")
_ON_TABLES: dict[tuple[str, str], tuple[str, ...]] = {
    ("read", "table"): ("view-table",),
    ("insert", "table"): _ROW_PERMISSIONS,
    ("update", "table"): _ROW_PERMISSIONS,
    ("delete", "table"): ("delete-row",),
    ("alter", "table"): ("alter-table",),
    ("create", "index"): ("alter-table",),
    ("drop", "index"): ("alter-table",),
    ("drop", "table"): ("drop-table",),
    ("drop", "view"): ("drop-view",),
}
_ON_DATABASE: dict[tuple[str, str], tuple[str, ...]] = {
    ("create", "table"): ("create-table",),
    ("create", "view"): ("create-view",),
}
#: every action that a statement may need
ACTIONS = tuple(dict.fromkeys(action for needed in (*_ON_TABLES.values(), *_ON_DATABASE.values()) for action in needed))
_NEVER_LISTED = frozenset({"select", "function"})
_READING = frozenset({"read", "select", "function"})
_WRITTEN = frozenset({"insert", "update", "delete"})


@dataclass(frozen=True, slots=True)
class Needed:
    """One operation and the actions it needs, none where it is never allowed; ``on_table`` or on the database."""

    operation: SQLOperation
    actions: tuple[str, ...]
    on_table: bool

    def as_json(self) -> dict[str, Any]:
        """As answers list it."""
        each = self.operation
        return {
            "operation": each.operation,
            "database": each.database,
            "table": each.table or each.target or (None if each.operation == "unknown" else each.database),
            "required_permission": ", ".join(self.actions),
            "source": each.source,
        }

    def allowed(self, may: Callable[[str, str | None, str | None], bool]) -> bool:
        """Whether the actor of ``may(action, database, table)`` may do it."""
        if not self.actions:
            return False
        table = self.operation.table if self.on_table else None
        return all(may(action, self.operation.database, table) for action in self.actions)


def needed_for(analysis: SQLAnalysis, *, database: str) -> list[Needed]:
    """What each operation needs, the engine's own bookkeeping left out."""
    found = []
    for each in analysis.operations:
        if each.internal or each.operation in _NEVER_LISTED:
            continue
        found.append(_needed(each, database))
    return found


def _needed(each: SQLOperation, database: str) -> Needed:
    key = (each.operation, each.target_type)
    if each.database != database or (each.table or "").startswith("pragma_"):
        return Needed(each, (), True)
    if each.operation in _WRITTEN and each.table_kind in ("virtual", "shadow"):
        return Needed(each, (), True)
    if key in _ON_DATABASE:
        return Needed(each, _ON_DATABASE[key], False)
    return Needed(each, _ON_TABLES.get(key, ()), True)


def writes(analysis: SQLAnalysis) -> bool:
    """Whether the statement does anything but read."""
    done = {each.operation for each in analysis.operations if each.target_type != "schema"}
    # Reading a full-text table asks for its version with a PRAGMA.
    return bool(done - _READING - ({"pragma"} if "select" in done else set()))


def refusal(needed: Iterable[Needed], may: Callable[[str, str | None, str | None], bool], database: str) -> str | None:
    """Why the actor may not run it; None where they may."""
    for each in needed:
        operation = each.operation
        if operation.database not in (database, None):
            return "Writable queries may not access attached databases"
        if not each.actions:
            return unsupported(operation)
        table = operation.table if each.on_table else None
        for action in each.actions:
            if not may(action, database, table):
                return (
                    f"Permission denied: need {action} on {database}/{table}"
                    if table
                    else (f"Permission denied: need {action} on {database}")
                )
    return None


def unsupported(operation: SQLOperation) -> str:
    """What is said about an operation that nobody may do here."""
    if operation.operation == "vacuum":
        return "VACUUM is not allowed in user-supplied SQL"
    if operation.operation in _WRITTEN and operation.table_kind in ("virtual", "shadow"):
        return f"Writes to {operation.table_kind} tables are not allowed in user-supplied SQL"
    return f"{UNSUPPORTED}: {operation.operation} {operation.target_type}"


def checked_parameters(sql: str) -> list[str]:
    """The named parameters of ``sql``. Raises InvalidBody where one is magic."""
    names = unique_parameters(sql)
    if any(name.startswith("_") for name in names):
        raise InvalidBody(MAGIC_REFUSED)
    return names
