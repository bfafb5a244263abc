"""What each operation of a person's writing statement needs, and whether the actor has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vitrina.access.resources import DatabaseResource, Resource, TableResource
from vitrina.dialect.analysis import SQLAnalysis as CoreAnalysis
from vitrina.dialect.analysis import SQLOperation
from vitrina.dialect.parameters import named_parameters
from vitrina.errors import Forbidden
from vitrina.facade.analysis import Operation, SQLAnalysis
from vitrina.plan.write_sql import needed_for, unsupported

_READS = frozenset({"read", "select", "function"})
_ROW_ACTIONS = ("insert-row", "update-row", "delete-row")


class QueryWriteRejected(Exception):
    """A statement does what nobody may do with SQL of their own."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True)
class PermissionRequirement:
    """One action on one resource."""

    action: str
    resource: Resource


class WriteSqlOperationDecision:
    """What is to be done about one operation."""


@dataclass(frozen=True)
class IgnoreWriteSqlOperation(WriteSqlOperationDecision):
    """Nothing."""

    reason: str


@dataclass(frozen=True)
class RequireWriteSqlPermissions(WriteSqlOperationDecision):
    """All of these are needed."""

    permissions: tuple[PermissionRequirement, ...]


@dataclass(frozen=True)
class RejectWriteSqlOperation(WriteSqlOperationDecision):
    """Nobody may."""

    message: str


@dataclass(frozen=True)
class UnsupportedWriteSqlOperation(WriteSqlOperationDecision):
    """Nothing is known about such an operation, so nobody may."""

    message: str


def operation_is_write(operation: Operation) -> bool:
    """Whether it does anything but read."""
    return operation.operation not in _READS


def row_mutation_requirements(database: str, table: str) -> tuple[PermissionRequirement, ...]:
    """What inserting into and updating a table need."""
    return tuple(PermissionRequirement(action, TableResource(database, table)) for action in _ROW_ACTIONS)


def decision_for_write_sql_operation(operation: Operation) -> WriteSqlOperationDecision:
    """What one operation needs."""
    if operation.internal:
        return IgnoreWriteSqlOperation("internal SQLite operation")
    if operation.operation == "select":
        return IgnoreWriteSqlOperation("select statement")
    if operation.operation == "function":
        return IgnoreWriteSqlOperation("SQL function")
    core = _core(operation)
    needed = needed_for(CoreAnalysis([core]), database=operation.database or "")[0]
    if not needed.actions:
        message = unsupported(core)
        is_known = not message.startswith("Unsupported")
        return RejectWriteSqlOperation(message) if is_known else UnsupportedWriteSqlOperation(message)
    database = operation.database or ""
    resource: Resource = (
        TableResource(database, operation.table or "") if needed.on_table else DatabaseResource(database)
    )
    return RequireWriteSqlPermissions(tuple(PermissionRequirement(action, resource) for action in needed.actions))


async def ensure_query_write_permissions(
    datasette: Any,
    database: str,
    sql: str,
    *,
    actor: Mapping[str, Any] | None = None,
    params: Mapping[str, Any] | None = None,
    analysis: SQLAnalysis | None = None,
) -> SQLAnalysis:
    """The statement's analysis, once the actor is known to have every permission it needs.

    Raises Forbidden and QueryWriteRejected.
    """
    if params is None:
        params = dict.fromkeys(named_parameters(sql))
    found = analysis or await datasette.get_database(database).analyze_sql(sql, params)
    for operation in found.operations:
        decision = decision_for_write_sql_operation(operation)
        if isinstance(decision, RejectWriteSqlOperation):
            raise QueryWriteRejected(decision.message)
        if isinstance(decision, UnsupportedWriteSqlOperation):
            raise Forbidden(decision.message)
        if isinstance(decision, RequireWriteSqlPermissions):
            if operation.database not in (database, None):
                raise QueryWriteRejected("Writable queries may not access attached databases")
            for each in decision.permissions:
                if not await datasette.allowed(action=each.action, resource=each.resource, actor=actor):
                    place = "/".join(filter(None, (each.resource.parent, each.resource.child)))
                    raise Forbidden(f"Permission denied: need {each.action} on {place}")
    return found


def _core(operation: Operation) -> SQLOperation:
    return SQLOperation(
        operation.operation,
        operation.target_type,
        operation.database,
        operation.table,
        operation.sqlite_schema,
        operation.table_kind,
        operation.target,
        list(operation.columns),
        operation.source,
        operation.internal,
    )


class QueryValidationError(Exception):
    """A stored query that cannot be saved as it is."""

    def __init__(self, message: str, status: int = 400, *, flash: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.flash = flash
