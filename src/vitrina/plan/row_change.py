"""Plans of changes to one row: an update, or its deletion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vitrina.catalog.model import Table
from vitrina.errors import InvalidBody
from vitrina.plan.rows import NewColumn, check_ordinary, missing_columns, row_keys
from vitrina.plan.values import decode_row, stored_value

_UPDATE_KEYS = ("update", "return", "alter", "expected")


@dataclass(frozen=True, slots=True)
class RowKey:
    """One row: its key columns, and their values as text from the URL."""

    columns: tuple[str, ...]
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UpdatePlan:
    """New values, decoded, of some columns of one row; ``expected`` are values that it must still have."""

    table: Table
    key: RowKey
    values: Mapping[str, Any]
    returns: bool = False
    new_columns: tuple[NewColumn, ...] = ()
    expected: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class DeletePlan:
    """One row to delete; ``keeps`` asks for what it was."""

    table: Table
    key: RowKey
    keeps: bool = False


@dataclass(frozen=True, slots=True)
class UpdateBody:
    """The body of an update, its shape checked; ``values`` are decoded."""

    values: Mapping[str, Any]
    returns: bool
    alter: bool
    expected: Mapping[str, Any] | None = None


def parse_update(body: Any) -> UpdateBody:
    """The body of an update. Raises InvalidBody."""
    if not isinstance(body, dict):
        raise InvalidBody("JSON must be a dictionary")
    if not isinstance(body.get("update"), dict):
        raise InvalidBody("JSON must contain an update dictionary")
    unknown = [key for key in body if key not in _UPDATE_KEYS]
    if unknown:
        raise InvalidBody(f"Invalid keys: {', '.join(unknown)}")
    expected = body.get("expected")
    if expected is not None and not isinstance(expected, dict):
        raise InvalidBody('"expected" must be a dictionary')
    return UpdateBody(
        decode_row(body["update"]),
        bool(body.get("return")),
        bool(body.get("alter")),
        None if expected is None else decode_row(expected),
    )


def plan_update(table: Table, values: tuple[str, ...], body: UpdateBody) -> UpdatePlan:
    """The plan of an update of the row whose key has ``values``. Raises InvalidBody for other than ordinary tables."""
    check_ordinary(table)
    new_columns = missing_columns(table, [body.values]) if body.alter else ()
    unknown = sorted(body.expected.keys() - {*table.column_names, *row_keys(table)}) if body.expected else []
    if unknown:
        raise InvalidBody(f"Unknown expected columns: {', '.join(unknown)}")
    return UpdatePlan(table, RowKey(row_keys(table), values), body.values, body.returns, new_columns, body.expected)


def plan_delete(table: Table, values: tuple[str, ...], *, keeps: bool = False) -> DeletePlan:
    """The plan of a deletion of the row whose key has ``values``. Raises InvalidBody for other than ordinary tables."""
    check_ordinary(table)
    return DeletePlan(table, RowKey(row_keys(table), values), keeps)


def is_as_expected(value: Any, expected: Any) -> bool:
    """Whether a stored value is the one that a client was given as JSON.

    Programs that read every number as a double may send it back rounded, or,
    where it would not survive that, as text; JSON has no infinity.
    """
    if isinstance(value, bool) or isinstance(expected, bool):
        return bool(value == expected)
    if isinstance(value, (int, float)):
        if isinstance(expected, str):
            return str(value) == expected
        if expected is None:
            return value in (float("inf"), float("-inf"))
        return isinstance(expected, (int, float)) and _as_double(value) == _as_double(expected)
    stored = stored_value(expected)
    return type(value) is type(stored) and bool(value == stored)


def _as_double(value: int | float) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
