"""A query page as HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from markupsafe import Markup

from vitrina.execute.counts import database_counts
from vitrina.http.paths import own_path, path_with_added_args, path_with_format, path_with_removed_args
from vitrina.http.response import Response
from vitrina.render.css_class import to_css_class
from vitrina.web.absolute import alternate_json
from vitrina.web.action_menu import plugin_actions, slot
from vitrina.web.contributions import contributions_of
from vitrina.web.database_tables import table_columns, table_items
from vitrina.web.page import render_page
from vitrina.web.query_cells import display_rows
from vitrina.web.query_json import metadata
from vitrina.web.query_renderers import foreign_formats
from vitrina.web.target import current_catalog
from vitrina.web.unframed import UNFRAMED

if TYPE_CHECKING:
    from vitrina.catalog.model import DatabaseCatalog
    from vitrina.web.query_run import QueryView


async def html_response(view: QueryView, headers: dict[str, str]) -> Response:
    """The page with the SQL, a form for its parameters, and the rows."""
    if view.is_write:
        headers.update(UNFRAMED)
        if view.stored is not None and view.stored.is_trusted:
            found = (view.stored.on_success_redirect, view.stored.on_error_redirect)
            contributions_of(view.request).form_targets += [url for url in found if url]
    context = {**_about(view), **_sql_form(view), **await _results(view), **await _plugins(view)}
    return await render_page(view.site, view.request, _templates(view), context, view_name="database", headers=headers)


def _templates(view: QueryView) -> list[str]:
    database = to_css_class(view.database.name)
    names = [f"query-{database}.html", "query.html"]
    return [f"query-{database}-{to_css_class(view.name)}.html", *names] if view.name else names


def _about(view: QueryView) -> dict[str, Any]:
    return {
        "database": view.database.name,
        "database_color": view.database.color,
        "query": {"sql": view.sql, "params": {**view.values, **view.params}},
        "stored_query": view.name,
        "stored_query_write": view.is_write,
        "private": view.private,
        "metadata": metadata(view),
        "db_is_immutable": not view.database.is_mutable,
        "error": view.error,
        "alternate_url_json": alternate_json(view.site, view.request),
    }


def _sql_form(view: QueryView) -> dict[str, Any]:
    """What the form shows: the SQL or a way to show it, and the parameters."""
    args = view.request.args
    hidden_by_default = view.stored is not None and view.stored.hide_sql
    if hidden_by_default:
        hide_sql, argument = not args.get("_show_sql"), "_show_sql"
    else:
        hide_sql, argument = bool(args.get("_hide_sql")), "_hide_sql"
    if args.get(argument):
        link = path_with_removed_args(view.request, {argument})
        hidden = Markup('<input type="hidden" name="{}" value="1">').format(argument)
    else:
        link = path_with_added_args(view.request, {argument: 1})
        hidden = Markup("")
    may_execute = view.access.allowed("execute-sql", view.database.name)
    return {
        "hide_sql": hide_sql,
        "show_hide_link": link,
        "show_hide_text": "show" if hide_sql else "hide",
        "show_hide_hidden": hidden,
        "editable": view.stored is None,
        "allow_execute_sql": may_execute,
        "named_parameter_values": view.values,
        "save_query_url": _save_url(view, may_execute),
        "edit_sql_url": _edit_url(view, may_execute),
    }


def _save_url(view: QueryView, may_execute: bool) -> str | None:
    if view.stored is not None or not view.sql or not may_execute:
        return None
    if not view.access.allowed("store-query", view.database.name):
        return None
    path = view.site.urls.database(view.database.name)
    return f"{path}/-/queries/store?{urlencode({'sql': view.sql})}"


def _edit_url(view: QueryView, may_execute: bool) -> str | None:
    """Where a reading query can be tried with other SQL: not one that needs magic parameters."""
    if not view.sql or view.is_write or not may_execute or ":_" in view.sql:
        return None
    path = view.site.urls.database(view.database.name)
    return f"{path}/-/query?{urlencode({'sql': view.sql, **view.values})}"


async def _results(view: QueryView) -> dict[str, Any]:
    catalog = await current_catalog(view.database) if view.database.catalog is None else view.database.catalog
    may_execute = view.access.allowed("execute-sql", view.database.name)
    formats = {"json": path_with_format(request=view.request, format="json")}
    for name in await foreign_formats(view):
        formats[name] = path_with_format(request=view.request, format=name)
    return {
        "display_rows": await display_rows(view),
        "columns": list(view.columns),
        "truncated": view.result.truncated,
        "renderers": formats,
        "url_csv": path_with_format(request=view.request, format="csv", extra_qs={"_size": "max"}),
        "tables": await _tables(view, catalog),
        "table_columns": table_columns(catalog) if may_execute else {},
    }


async def _tables(view: QueryView, catalog: DatabaseCatalog) -> list[dict[str, Any]]:
    """The visible tables, by name; other people's templates may show how they are made and how many rows they have."""
    if view.site.templates.has_foreign:
        catalog, counts = await database_counts(view.database)
        return table_items(view.site, view.access, catalog, counts)
    names = [name for name in sorted(catalog.tables) if not catalog.tables[name].hidden]
    return [{"name": name} for name in view.access.children("view-table", view.database.name, names)]


async def _plugins(view: QueryView) -> dict[str, Any]:
    site, request, name = view.site, view.request, view.database.name

    async def query_actions() -> list[dict[str, Any]]:
        params = dict(view.values if view.is_write else view.params)
        facts = {"database": name, "query_name": view.name, "sql": view.sql, "params": params}
        return [*_built_in_actions(view), *await plugin_actions(site, request, "query_actions", **facts)]

    return {
        "query_actions": query_actions,
        "top_query": slot(site, "top_query", request=request, database=name, sql=view.sql or None),
        "top_stored_query": slot(site, "top_stored_query", request=request, database=name, query_name=view.name),
    }


def _built_in_actions(view: QueryView) -> list[dict[str, Any]]:
    """Editing and deleting a stored query, where it did not come from the configuration and the actor may."""
    query = view.stored
    if query is None or query.is_trusted:
        return []
    path = own_path(view.request)
    actions = []
    if view.access.allowed("update-query", query.database, query.name):
        actions.append({"href": f"{path}/-/edit", "label": "Edit this query"})
    if view.access.allowed("delete-query", query.database, query.name):
        actions.append({"href": f"{path}/-/delete", "label": "Delete this query"})
    return actions
