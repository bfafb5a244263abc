"""What the page's scripts need to edit, delete and bring back rows: a key of the page's data that is Vitrina's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vitrina.catalog.affinity import SQLiteType
from vitrina.catalog.model import Column, Table
from vitrina.web.column_types import TypedColumn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.execute.permissions import Access
    from vitrina.web.site import Site

_NUMBERS = frozenset((SQLiteType.INTEGER, SQLiteType.REAL, SQLiteType.NUMERIC))


def row_tools(
    site: Site,
    access: Access,
    database: SqliteDatabase,
    table: Table,
    column_types: Mapping[str, TypedColumn],
) -> dict[str, Any] | None:
    """What this actor may do with the table's rows, and their columns; None where it is nothing."""
    if table.is_view or table.kind != "table" or not database.is_writable:
        return None
    may = {word: access.allowed(f"{word}-row", database.name, table.name) for word in ("insert", "update", "delete")}
    if not any(may.values()):
        return None
    return {
        **may,
        "columns": [_column(column, column_types.get(column.name)) for column in table.columns if not column.hidden],
        "changesOthers": table.changes_others,
        "maxBodyBytes": site.settings.max_post_body_bytes,
    }


def _column(column: Column, assigned: TypedColumn | None) -> dict[str, Any]:
    affinity = SQLiteType.from_declared_type(column.type)
    return {
        "name": column.name,
        "declared_type": column.type,
        "sqlite_type": affinity.value,
        "notnull": column.notnull,
        "default": column.default_value,
        "has_default": column.default_value is not None,
        "is_pk": bool(column.is_pk),
        "value_kind": "number" if affinity in _NUMBERS else "string",
        "column_type": assigned.as_json() if assigned else None,
    }
