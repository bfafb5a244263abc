"""The HTML of a table page: the context of its template."""

from __future__ import annotations

from typing import Any

from vitrina.errors import BadRequest
from vitrina.http.paths import path_with_removed_args, path_with_replaced_args
from vitrina.http.response import Response
from vitrina.render import json as render_json
from vitrina.render.css_class import to_css_class
from vitrina.render.rows import DisplayRows
from vitrina.web.absolute import alternate_json
from vitrina.web.action_menu import plugin_actions, slot
from vitrina.web.page import render_page
from vitrina.web.table import extras, facets
from vitrina.web.table.columns import cell_columns
from vitrina.web.table.edit_ui import (
    set_column_type_ui,
    table_actions,
    table_alter_ui,
    table_insert_ui,
    table_page_data,
)
from vitrina.web.table.filters_form import FiltersForm
from vitrina.web.table.links import csv_links, renderers
from vitrina.web.table.row_tools import row_tools
from vitrina.web.table.view import TableView, row_path

# Every column has links that repeat the whole query string: a short request could ask for gigabytes.
_MOST_LINK_TEXT = 16 * 1024 * 1024


def append_querystring(url: str, query: str) -> str:
    """``url`` with ``query`` at the end of its query string."""
    return f"{url}{'&' if '?' in url else '?'}{query}"


def label_position(view: TableView) -> int | None:
    """Where in a row the text stands that names it for people."""
    label = view.config.get("label_column") or view.table.label_column
    return view.plan.columns.index(label) if label in view.plan.columns else None


def display_rows(view: TableView) -> DisplayRows:
    """The rows as the template shows them."""
    rows = view.selected_rows
    positions = view.plan.pk_positions
    paths = [row_path(row, positions) for row in rows] if positions else []
    label = label_position(view) if paths else None
    base = f"{view.site.urls.table(view.database.name, view.name)}/"
    cells = cell_columns(
        view.site,
        view.database.name,
        view.table,
        view.plan.columns,
        pk_columns=view.plan.pk_columns if positions else (),
        labels=view.result.labels,
        label_plans=view.plan.labels,
        column_types=view.column_types,
    )
    return DisplayRows(
        cells,
        rows,
        paths=[path for path, _ in paths],
        path_texts=[text for _, text in paths],
        row_labels=[_label(row[label]) for row in rows] if label is not None else (),
        row_url=lambda path: base + path,
        overrides=view.overrides,
    )


def _label(value: Any) -> str | None:
    return None if value is None or isinstance(value, bytes) else str(value)


def build_context(view: TableView, next_url: str | None) -> dict[str, Any]:
    """Everything of the context that needs no waiting, rows rendered; runs in the worker where it can.

    Raises BadRequest where the links of the columns would make the page too large.
    """
    if len(view.plan.columns) * len(view.request.query_string) > _MOST_LINK_TEXT:
        raise BadRequest("The query string is too long for a page of so many columns")
    result, plan = view.result, view.plan
    found = facets.facets_by_key(view)
    rows = display_rows(view)
    # Made here, in the worker where possible; the template only prints it.
    rows.finish()
    context: dict[str, Any] = {
        "all_columns": list(view.table.column_names),
        "columns": list(view.plan.columns),
        "count": result.count,
        "count_sql": plan.count_sql,
        "count_truncated": result.count_truncated,
        "custom_table_templates": extras.custom_table_templates(view),
        "database": view.database.name,
        "database_color": view.database.color,
        "display_columns": extras.display_columns(view),
        "display_rows": rows,
        "expandable_columns": extras.expandable_columns(view),
        "facet_results": {"results": found, "timed_out": facets.timed_out(view)},
        "facets_timed_out": facets.timed_out(view),
        "sorted_facet_results": facets.sort_facets(view, list(found.values())),
        "suggested_facets": facets.suggestions(view),
        "filters": FiltersForm(plan.arguments.filters),
        "form_hidden_args": extras.form_hidden_args(view),
        "human_description_en": plan.human_description,
        "is_view": view.table.is_view,
        "metadata": extras.metadata(view),
        "primary_keys": list(view.table.primary_keys),
        "private": view.private,
        "query": {"sql": plan.sql, "params": dict(plan.params)},
        "renderers": renderers(view),
        "table": view.name,
        "table_definition": None if view.table.is_view else extras.definition(view),
        "view_definition": extras.definition(view) if view.table.is_view else None,
        "ok": True,
        "next": result.next_token,
        "next_url": next_url,
        "rows": LazyRows(view),
        "query_ms": result.query_ms,
    }
    context.update(_form_context(view))
    context.update(csv_links(view))
    context.update(view.extra_context)
    return context


class LazyRows:
    """The rows as objects, made only if a template looks at them."""

    def __init__(self, view: TableView) -> None:
        self._view = view
        self._rows: list[dict[str, Any]] | None = None

    def _made(self) -> list[dict[str, Any]]:
        if self._rows is None:
            self._rows = render_json.objects(self._view.columns, self._view.expanded_rows())
        return self._rows

    def __iter__(self) -> Any:
        return iter(self._made())

    def __len__(self) -> int:
        return len(self._view.result.rows)

    def __getitem__(self, position: int) -> dict[str, Any]:
        return self._made()[position]


def _form_context(view: TableView) -> dict[str, Any]:
    plan, site, request = view.plan, view.site, view.request
    sort = plan.sort
    if not plan.sort and not plan.sort_desc and len(plan.pk_columns) == 1:
        sort = plan.pk_columns[0]
    # Those shown come first, in their order.
    names = [*plan.columns, *[name for name in view.table.column_names if name not in plan.columns]]
    return {
        "sort": sort,
        "sort_desc": plan.sort_desc,
        "search": plan.arguments.first("_search") or "",
        "filter_columns": names,
        "supports_search": plan.fts_table is not None,
        "extra_wheres_for_ui": [
            {"text": text, "remove_url": path_with_removed_args(request, {"_where": text})}
            for text in plan.extra_wheres
        ],
        "is_sortable": any(name in plan.sortable for name in view.columns),
        "append_querystring": append_querystring,
        "path_with_replaced_args": path_with_replaced_args,
        "fix_path": site.urls.path,
        "settings": site.settings.as_dict(),
        "alternate_url_json": alternate_json(site, request),
        "datasette_allow_facet": "true" if site.settings.allow_facet else "false",
        "allow_execute_sql": view.access.allowed("execute-sql", view.database.name),
    }


def template_names(database: str, table: str, page: str = "table") -> list[str]:
    """Templates of a table or row page, the most specific first."""
    return [f"{page}-{to_css_class(database)}-{to_css_class(table)}.html", f"{page}.html"]


async def html_response(view: TableView, context: dict[str, Any], headers: dict[str, str]) -> Response:
    """The page, with its editing forms and what plugins put on it."""
    site, request = view.site, view.request
    insert, alter = table_insert_ui(view), table_alter_ui(view)
    kind = "view" if view.table.is_view else "table"

    async def actions() -> list[Any]:
        added = await plugin_actions(site, request, f"{kind}_actions", database=view.database.name, **{kind: view.name})
        return [*table_actions(view, insert, alter), *added]

    context.update(
        {
            "actions": actions,
            "set_column_type_ui": set_column_type_ui(view),
            "table_insert_ui": insert,
            "table_alter_ui": alter,
            "table_page_data": table_page_data(view, insert, alter),
            "row_tools": row_tools(site, view.access, view.database, view.table, view.column_types),
            "top_table": slot(site, "top_table", request=request, database=view.database.name, table=view.name),
        }
    )
    names = template_names(view.database.name, view.name)
    return await render_page(site, request, names, context, view_name="table", headers=headers)
