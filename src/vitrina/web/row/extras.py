"""What each extra of a row page says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vitrina.web.extras import ROW, describe_debug, describe_extras, describe_request
from vitrina.web.row.view import RowView
from vitrina.web.table.columns import column_details

# Clients read the text of these links, so only what would break one is percent-encoded.
_BREAKING = {code: f"%{code:02X}" for code in (*range(32), *map(ord, "%&#+"), 127)}


def _pointed_value(view: RowView, column: str) -> str:
    """The value that other rows point to: as the URL spells it where it is the key, and for want of a value too."""
    if column in view.plan.pk_columns:
        return view.plan.pk_values[view.plan.pk_columns.index(column)]
    value = view.row[view.columns.index(column)]
    return view.plan.pk_values[0] if value is None else str(value)


def foreign_key_tables(view: RowView, *, raw: bool = True) -> list[dict[str, Any]]:
    """Tables with rows that point to this one.

    The extra has the value in its links as it is (``raw``), as the contract
    has it; a page needs links that work.
    """
    listed = []
    for key, count in view.result.incoming:
        argument = f"{key.other_column}__exact" if key.other_column.startswith("_") else key.other_column
        query = f"{argument}={_pointed_value(view, key.column)}"
        if not raw:
            query = query.translate(_BREAKING)
        link = f"{view.site.urls.table(view.database.name, key.other_table)}?{query}"
        listed.append(
            {
                "other_table": key.other_table,
                "column": key.declared_column,
                "other_column": key.other_column,
                "count": count,
                "link": link,
            }
        )
    return listed


def rendered_cells(view: RowView) -> list[dict[str, str]]:
    """The ``render_cell`` extra."""
    cells: dict[str, str] = {}
    for index, name in enumerate(view.columns):
        typed = view.column_types.get(name)
        html = typed.built_in.html(view.row[index]) if typed is not None and typed.built_in is not None else None
        html = html if html is not None else view.overrides.get((0, index))
        if html is not None:
            cells[name] = html
    return [cells]


_COMPUTE: dict[str, Callable[[RowView], Any]] = {
    "columns": lambda view: list(view.columns),
    "primary_keys": lambda view: list(view.plan.pk_columns),
    "column_details": lambda view: column_details(view.table, view.table.column_names),
    "render_cell": rendered_cells,
    "debug": lambda view: describe_debug(view.request, resolved=f"{view.database.name}/{view.table.name}"),
    "request": lambda view: describe_request(view.request),
    "query": lambda view: {"sql": view.plan.sql, "params": dict(view.plan.params)},
    "column_types": lambda view: {name: typed.as_json() for name, typed in view.column_types.items()},
    "metadata": lambda view: dict(view.metadata),
    "extras": lambda view: describe_extras(view.site, view.request, ROW, view.extras),
    "database": lambda view: view.database.name,
    "table": lambda view: view.table.name,
    "database_color": lambda view: view.database.color,
    "private": lambda view: view.private,
    "foreign_key_tables": foreign_key_tables,
}


def compute_extras(view: RowView) -> dict[str, Any]:
    """Every extra that was asked for, by name."""
    return {name: _COMPUTE[name](view) for name in view.extras}
