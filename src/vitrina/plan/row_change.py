"""Plans of changes to one row: an update, or its deletion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vitrina.catalog.model import Table
from vitrina.errors import InvalidBody
from vitrina.plan.rows import NewColumn, check_ordinary, missing_columns, row_keys
from vitrina.plan.values import decode_row

_UPDATE_KEYS = ("update", "return", "alter")


@dataclass(frozen=True, slots=True)
class RowKey:
    """One row: its key columns, and their values as text from the URL."""

    columns: tuple[str, ...]
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UpdatePlan:
    """New values, decoded, of some columns of one row."""

    table: Table
    key: RowKey
    values: Mapping[str, Any]
    returns: bool = False
    new_columns: tuple[NewColumn, ...] = ()


@dataclass(frozen=True, slots=True)
class DeletePlan:
    """One row to delete."""

    table: Table
    key: RowKey


@dataclass(frozen=True, slots=True)
class UpdateBody:
    """The body of an update, its shape checked; ``values`` are decoded."""

    values: Mapping[str, Any]
    returns: bool
    alter: bool


def parse_update(body: Any) -> UpdateBody:
    """The body of an update. Raises InvalidBody."""
    if not isinstance(body, dict):
        raise InvalidBody("JSON must be a dictionary")
    if not isinstance(body.get("update"), dict):
        raise InvalidBody("JSON must contain an update dictionary")
    unknown = [key for key in body if key not in _UPDATE_KEYS]
    if unknown:
        raise InvalidBody(f"Invalid keys: {', '.join(unknown)}")
    return UpdateBody(decode_row(body["update"]), bool(body.get("return")), bool(body.get("alter")))


def plan_update(table: Table, values: tuple[str, ...], body: UpdateBody) -> UpdatePlan:
    """The plan of an update of the row whose key has ``values``. Raises InvalidBody for other than ordinary tables."""
    check_ordinary(table)
    new_columns = missing_columns(table, [body.values]) if body.alter else ()
    return UpdatePlan(table, RowKey(row_keys(table), values), body.values, body.returns, new_columns)


def plan_delete(table: Table, values: tuple[str, ...]) -> DeletePlan:
    """The plan of a deletion of the row whose key has ``values``. Raises InvalidBody for other than ordinary tables."""
    check_ordinary(table)
    return DeletePlan(table, RowKey(row_keys(table), values))
