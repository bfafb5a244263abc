"""What the page's scripts need to edit the table and its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from vitrina.catalog.affinity import SQLiteType
from vitrina.catalog.model import Column, DatabaseCatalog, Table
from vitrina.plan.model import LabelPlan
from vitrina.web.column_forms import COLUMN_KINDS, KIND_OF, custom_column_types, default_expressions
from vitrina.web.column_types import type_options
from vitrina.web.table.view import TableView

if TYPE_CHECKING:
    from vitrina.web.site import Site

_NUMBERS = frozenset((SQLiteType.INTEGER, SQLiteType.REAL, SQLiteType.NUMERIC))


def _may(view: TableView, action: str) -> bool:
    return view.database.is_writable and view.access.allowed(action, view.database.name, view.name)


def _path(view: TableView, ending: str) -> str:
    return f"{view.site.urls.table(view.database.name, view.name)}/-/{ending}"


def set_column_type_ui(view: TableView) -> dict[str, Any] | None:
    """Current and possible column types, None where the actor may not set them.

    They are kept in the internal database, so an immutable file has them too.
    """
    if view.table.is_view or not view.access.allowed("set-column-type", view.database.name, view.name):
        return None
    columns = {}
    for column in view.table.columns:
        assigned = view.column_types.get(column.name)
        columns[column.name] = {
            "current": assigned.as_json() if assigned else None,
            "options": type_options(view.site, column),
        }
    return {"path": _path(view, "set-column-type"), "columns": columns}


def _insert_column(view: TableView, column: Column) -> dict[str, Any]:
    affinity = SQLiteType.from_declared_type(column.type)
    assigned = view.column_types.get(column.name)
    is_pk = bool(column.is_pk)
    return {
        "name": column.name,
        "sqlite_type": affinity.value,
        "notnull": column.notnull,
        "default": column.default_value,
        "has_default": column.default_value is not None,
        "is_pk": is_pk,
        "is_auto_pk": _is_auto_pk(view.table, column),
        "value_kind": "number" if affinity in _NUMBERS else "string",
        "column_type": assigned.as_json() if assigned else None,
    }


def _is_auto_pk(table: Table, column: Column) -> bool:
    """True for ``INTEGER PRIMARY KEY``, which SQLite fills in."""
    return bool(column.is_pk) and len(table.primary_keys) == 1 and column.type.upper() == "INTEGER"


def table_insert_ui(view: TableView) -> dict[str, Any] | None:
    """What the insert form needs, None where the actor may not insert."""
    if view.table.is_view or not _may(view, "insert-row"):
        return None
    columns = [_insert_column(view, column) for column in view.table.columns if not column.hidden]
    ui: dict[str, Any] = {
        "path": _path(view, "insert"),
        "tableName": view.name,
        "columns": [column for column in columns if not column["is_auto_pk"]],
        "bulkColumns": columns,
        "primaryKeys": list(view.table.primary_keys),
        "maxInsertRows": view.site.settings.max_insert_rows,
    }
    if view.table.primary_keys and _may(view, "update-row"):
        ui["upsertPath"] = _path(view, "upsert")
    return ui


def _alter_column(view: TableView, column: Column, keys: Mapping[str, Any]) -> dict[str, Any]:
    affinity = SQLiteType.from_declared_type(column.type)
    assigned = view.column_types.get(column.name)
    return {
        "name": column.name,
        "type": KIND_OF[affinity],
        "sqlite_type": affinity.value,
        "notnull": column.notnull,
        "default": column.default_value,
        "has_default": column.default_value is not None,
        "is_pk": bool(column.is_pk),
        "foreign_key": keys.get(column.name),
        "column_type": assigned.as_json() if assigned else None,
    }


def table_alter_ui(view: TableView) -> dict[str, Any] | None:
    """What the alter form needs, None where the actor may not alter the table."""
    if view.table.is_view or not _may(view, "alter-table"):
        return None
    keys = {
        key.column: {"fk_table": key.other_table, "fk_column": key.other_column}
        for key in view.table.single_foreign_keys
    }
    targets = f"{view.site.urls.database(view.database.name)}/-/foreign-key-targets"
    ui: dict[str, Any] = {
        "path": _path(view, "alter"),
        "tableName": view.name,
        "columns": [_alter_column(view, column, keys) for column in view.table.columns if not column.hidden],
        "primaryKeys": list(view.table.primary_keys),
        "columnTypes": list(COLUMN_KINDS),
        "defaultExpressions": default_expressions(),
        "foreignKeyTargetsPath": f"{targets}?{urlencode({'table': view.name})}",
    }
    if _may(view, "set-column-type"):
        ui["customColumnTypes"] = custom_column_types(view.site)
    if _may(view, "drop-table"):
        ui["dropPath"] = _path(view, "drop")
    return ui


def foreign_key_lookups(
    site: Site, database: str, catalog: DatabaseCatalog, plans: Iterable[LabelPlan]
) -> dict[str, str]:
    """Column → address of the autocomplete of the table it refers to."""
    return {
        plan.column: f"{site.urls.table(database, plan.other_table)}/-/autocomplete"
        for plan in plans
        if plan.other_table in catalog.tables
    }


def table_page_data(
    view: TableView, insert: Mapping[str, Any] | None, alter: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The page's data for its scripts."""
    data: dict[str, Any] = {
        "database": view.database.name,
        "table": view.name,
        "tableUrl": view.site.urls.table(view.database.name, view.name),
    }
    if insert:
        data["insertRow"] = insert
    if alter:
        data["alterTable"] = alter
    lookups = foreign_key_lookups(view.site, view.database.name, view.plan.catalog, view.plan.expandable)
    if lookups:
        data["foreignKeys"] = lookups
    return data


def table_actions(view: TableView, insert: Mapping[str, Any] | None, alter: Mapping[str, Any] | None) -> list[Any]:
    """Built-in items of the table's action menu."""
    items: list[Any] = []
    if insert:
        items.append(
            _button("Insert row", "Open a dialog to add a row.", "insert-row", f"Insert a row into {view.name}")
        )
        items.append(
            _button(
                "Insert many rows",
                "Paste cells from a spreadsheet, or CSV.",
                "paste-rows",
                f"Insert many rows by pasting into {view.name}",
            )
        )
    if alter:
        items.append(
            _button(
                "Alter table",
                "Change columns and primary key for this table.",
                "alter-table",
                f"Alter table {view.name}",
            )
        )
    return items


def _button(label: str, description: str, action: str, spoken: str) -> dict[str, Any]:
    return {
        "type": "button",
        "label": label,
        "description": description,
        "attrs": {"aria-label": spoken, "data-table-action": action},
    }
