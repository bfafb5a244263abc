"""What the forms that create and alter tables offer for a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vitrina.catalog.affinity import SQLiteType
from vitrina.web.column_types import column_type_classes

if TYPE_CHECKING:
    from vitrina.web.site import Site

COLUMN_KINDS = ("text", "integer", "float", "blob")
KIND_OF = {
    SQLiteType.TEXT: "text",
    SQLiteType.INTEGER: "integer",
    SQLiteType.REAL: "float",
    SQLiteType.BLOB: "blob",
    SQLiteType.NUMERIC: "float",
}

#: (value, label, column kind) of defaults
_DEFAULT_EXPRESSIONS = (
    ("current_timestamp", "Current timestamp in UTC, e.g. 2026-05-01 13:34:00", "text"),
    ("current_date", "Current date in UTC, e.g. 2026-05-01", "text"),
    ("current_time", "Current time in UTC, e.g. 13:34:00", "text"),
    ("current_unixtime", "Current Unix time, integer seconds since the epoch", "integer"),
    ("current_unixtime_ms", "Current Unix time, integer milliseconds since the epoch", "integer"),
)


def default_expressions() -> list[dict[str, str]]:
    """Defaults that are computed when a row is inserted."""
    return [{"value": value, "label": label, "sqliteType": kind} for value, label, kind in _DEFAULT_EXPRESSIONS]


def custom_column_types(site: Site) -> list[dict[str, Any]]:
    """Every registered column type, and the kinds of columns that it is for."""
    described = []
    for name, kind in sorted(column_type_classes(site).items()):
        kinds = [KIND_OF[affinity] for affinity in kind.sqlite_types or ()]
        described.append(
            {
                "name": name,
                "description": kind.description,
                "sqliteTypes": kinds or list(COLUMN_KINDS),
                "fixedSqliteType": kinds[0] if len(kinds) == 1 else None,
            }
        )
    return described
