"""Tables and columns as they are to be: what creating and altering tables have in common."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from vitrina.errors import InvalidBody
from vitrina.plan.field_checks import Fields

#: names of types in requests → SQLite's
TYPES: Mapping[str, str] = {"text": "TEXT", "integer": "INTEGER", "float": "REAL", "blob": "BLOB"}

#: names of defaults in requests → SQL
DEFAULT_EXPRESSIONS: Mapping[str, str] = {
    "current_timestamp": "CURRENT_TIMESTAMP",
    "current_date": "CURRENT_DATE",
    "current_time": "CURRENT_TIME",
    "current_unixtime": "((CAST(strftime('%s', 'now') AS INTEGER)))",
    "current_unixtime_ms": "((CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)))",
}

_TABLE_NAME = re.compile(r"(?!sqlite_)[^\n]+")


def is_table_name(name: Any) -> bool:
    """Whether a table may be given this name."""
    return isinstance(name, str) and _TABLE_NAME.fullmatch(name) is not None


def check_default_expression(fields: Fields) -> None:
    """Add an error for a ``default_expr`` field that names no known expression."""
    fields.keyword("default_expr", tuple(DEFAULT_EXPRESSIONS))


def check_one_default(fields: Fields) -> bool:
    """Whether at most one kind of default is given, and a usable one; else an error is added."""
    if fields.has("default") and fields.has("default_expr"):
        fields.wrong("Value error, default and default_expr cannot both be provided")
        return False
    if fields.has("default_expr") and fields.values["default_expr"] is None:
        fields.wrong("Value error, default_expr cannot be null")
        return False
    return True


def default_sql(fields: Fields) -> str | None:
    """The SQL of a ``default`` or ``default_expr`` field, both checked; None for no default.

    Raises InvalidBody for a value that SQL has no literal for.
    """
    if fields.has("default_expr"):
        return DEFAULT_EXPRESSIONS[str(fields.values["default_expr"])]
    return literal(fields.values.get("default"))


def literal(value: Any) -> str | None:
    """A JSON value as an SQL literal; None for null. Raises InvalidBody for objects and lists."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise InvalidBody("Python int too large to convert to SQLite INTEGER")
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    raise InvalidBody(f"Error binding parameter 1: type '{type(value).__name__}' is not supported")
