"""The HTML of a row page."""

from __future__ import annotations

from typing import Any

from vitrina.http.paths import path_with_format
from vitrina.http.response import Response
from vitrina.render.css_class import to_css_class
from vitrina.render.rows import CustomRow, DisplayRows
from vitrina.web.absolute import alternate_json
from vitrina.web.action_menu import plugin_actions, slot
from vitrina.web.output_renderers import Rendered, linkable_renderers, output_renderers, sqlite_rows
from vitrina.web.page import render_page
from vitrina.web.row.extras import foreign_key_tables
from vitrina.web.row.view import RowView
from vitrina.web.table.columns import cell_columns, display_columns
from vitrina.web.table.edit_ui import foreign_key_lookups
from vitrina.web.table.foreign import render_cell
from vitrina.web.table.html_page import template_names
from vitrina.web.table.labels import expand_labels
from vitrina.web.table.row_tools import row_tools


def row_label(view: RowView) -> str | None:
    """The text that names the row for people."""
    config = view.site.config.table(view.database.name, view.table.name)
    label = config.get("label_column") or view.table.label_column
    value = view.row[view.columns.index(label)] if label in view.columns else None
    return None if value is None or isinstance(value, bytes) else str(value)


def display_rows(view: RowView) -> DisplayRows:
    """The row as the template shows it, the key first."""
    cells = cell_columns(
        view.site,
        view.database.name,
        view.table,
        view.columns,
        pk_columns=view.plan.pk_columns,
        labels=view.result.labels,
        label_plans=view.plan.labels,
        column_types=view.column_types,
        on_row_page=True,
    )
    cells.sort(key=lambda cell: cell.name not in view.plan.pk_columns)
    overrides = {
        (row, index): f"<strong>{html}</strong>" if view.columns[index] in view.plan.pk_columns else html
        for (row, index), html in view.overrides.items()
    }
    path, text = view.own_path
    return DisplayRows(
        cells, [view.row], paths=[path], path_texts=[text], row_labels=[row_label(view)], overrides=overrides
    )


async def add_cells(view: RowView, *, labels: bool = True) -> None:
    """Ask column types and the ``render_cell`` hook of plugins for the cells they want.

    Without ``labels`` hooks get the driver's row, else one with the labels of foreign keys.
    """
    hooked = view.site.hooks.has("render_cell")
    foreign = [typed.built_in is None for typed in view.column_types.values()]
    if not hooked and not any(foreign):
        return
    row: Any = sqlite_rows(view.columns, [view.row])[0]
    if labels:
        row = CustomRow(view.columns, *expand_labels(view.columns, [view.row], view.result.labels))
    for index, name in enumerate(view.columns):
        html = await render_cell(view, row, row[index], name, hooked=hooked)
        if html:
            view.overrides[0, index] = html


def rendered_page(view: RowView) -> Rendered:
    """The page as output renderers see it."""
    return Rendered(
        columns=list(view.columns),
        rows=list(sqlite_rows(view.columns, [view.row])),
        sql=None,
        query_name=None,
        database=view.database.name,
        table=view.table.name,
        view_name="row",
    )


async def _links(view: RowView) -> dict[str, Any]:
    request = view.request
    renderers = {"json": str(path_with_format(request=request, format="json"))}
    if output_renderers(view.site):
        for name in await linkable_renderers(view.site, request, rendered_page(view)):
            renderers[name] = str(path_with_format(request=request, format=name))
    url = str(path_with_format(request=request, format="csv", extra_qs={"_size": "max"}))
    return {
        "renderers": renderers,
        "url_csv": url,
        "url_csv_path": url.partition("?")[0],
        "url_csv_hidden_args": [*((key, value) for key, value in request.pairs if key != "_size"), ("_size", "max")],
        "alternate_url_json": alternate_json(view.site, request),
    }


def _may(view: RowView, action: str) -> bool:
    writable = view.database.is_writable and not view.table.is_view
    return writable and view.access.allowed(action, view.database.name, view.table.name)


def _row_button(view: RowView, word: str, description: str) -> dict[str, Any]:
    label = row_label(view)
    attributes = {
        "aria-label": " ".join(part for part in (f"{word} row", view.row_path, label) if part),
        "data-row": view.row_path,
        "data-row-action": word.lower(),
    }
    if label:
        attributes["data-row-label"] = label
    return {"type": "button", "label": f"{word} row", "description": description, "attrs": attributes}


async def _actions(view: RowView) -> list[Any]:
    actions: list[Any] = []
    if _may(view, "update-row"):
        actions.append(_row_button(view, "Edit", "Open a dialog to edit this row."))
    if _may(view, "delete-row"):
        actions.append(_row_button(view, "Delete", "Open a confirmation dialog to delete this row."))
    if view.site.hooks.has("row_actions"):
        row = sqlite_rows(view.columns, [view.row])[0]
        actions += await plugin_actions(
            view.site, view.request, "row_actions", database=view.database.name, table=view.table.name, row=row
        )
    return actions


def _page_data(view: RowView) -> dict[str, Any]:
    data: dict[str, Any] = {
        "database": view.database.name,
        "table": view.table.name,
        "tableUrl": view.site.urls.table(view.database.name, view.table.name),
    }
    lookups = foreign_key_lookups(view.site, view.database.name, view.plan.catalog, view.plan.labels)
    if lookups:
        data["foreignKeys"] = lookups
    return data


def _columns(view: RowView) -> list[dict[str, Any]]:
    keys = view.plan.pk_columns
    return display_columns(
        view.table,
        sorted(view.columns, key=lambda name: name not in keys),
        pk_columns=keys,
        sortable=frozenset(),
        descriptions=view.metadata.get("columns") or {},
        column_types=view.column_types,
        links=False,
    )


async def html_response(view: RowView, headers: dict[str, str]) -> Response:
    """The page."""
    site, database, table = view.site, view.database.name, view.table.name
    await add_cells(view)
    row = sqlite_rows(view.columns, [view.row])[0]
    names = f"{to_css_class(database)}-{to_css_class(table)}"
    context: dict[str, Any] = {
        "columns": list(view.columns),
        "database": database,
        "database_color": view.database.color,
        "foreign_key_tables": foreign_key_tables(view, raw=False),
        "metadata": {},
        "primary_keys": list(view.plan.pk_columns),
        "primary_key_values": list(view.plan.pk_values),
        "private": view.private,
        "table": table,
        "ok": True,
        "rows": [row],
        "query_ms": view.result.query_ms,
        "display_columns": _columns(view),
        "display_rows": display_rows(view),
        "custom_table_templates": [f"_table-{names}.html", f"_table-row-{names}.html", "_table.html"],
        "row_actions": await _actions(view),
        "row_mutation_ui": _may(view, "update-row") or _may(view, "delete-row"),
        "table_page_data": _page_data(view),
        "row_tools": row_tools(site, view.access, view.database, view.table, view.column_types),
        "top_row": slot(site, "top_row", request=view.request, database=database, table=table, row=row),
        "settings": site.settings.as_dict(),
        **await _links(view),
    }
    templates = template_names(database, table, "row")
    return await render_page(site, view.request, templates, context, view_name="row", headers=headers)
