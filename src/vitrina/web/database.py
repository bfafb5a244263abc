"""The page of one database: its tables, views and stored queries, as HTML and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vitrina.errors import Forbidden, NotFound
from vitrina.execute.counts import database_counts
from vitrina.http.response import Response
from vitrina.render.css_class import to_css_class
from vitrina.web.absolute import alternate_json
from vitrina.web.action_menu import plugin_actions, slot
from vitrina.web.database_actions import built_in_actions, page_data
from vitrina.web.database_tables import table_columns, table_items, view_items
from vitrina.web.page import render_page
from vitrina.web.queries_list import visible_queries
from vitrina.web.query_search import sort_key
from vitrina.web.query_view import query_with_private
from vitrina.web.reuse import reusable
from vitrina.web.target import database_of, format_of

if TYPE_CHECKING:
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.execute.permissions import Access
    from vitrina.http.request import Request
    from vitrina.web.site import Site

QUERIES_SHOWN = 5
_ACTIONS = (
    "view-database",
    "view-table",
    "view-query",
    "execute-sql",
    "view-database-download",
    "execute-write-sql",
    "create-table",
    "insert-row",
    "set-column-type",
)


async def database_page(site: Site, request: Request) -> Response:
    """``/DB``: what is in a database; ``?sql=`` leads on to the query page."""
    database = database_of(site, request)
    access = await site.permissions.load(request.actor, _ACTIONS)
    if not access.allowed("view-database", database.name):
        raise Forbidden("You do not have permission to view this database")
    extension = format_of(request)
    if (request.args.get("sql") or "").strip():
        return _to_query_page(site, request, database, extension)
    if extension not in ("", "json"):
        raise NotFound(f"Invalid format: {extension}", hint="A database page comes as HTML or with .json.")
    data = await _data(site, access, database)
    reusable(request)
    if extension == "json":
        return Response.json({"ok": True, **data})
    return await _html(site, request, access, database, data)


def _to_query_page(site: Site, request: Request, database: SqliteDatabase, extension: str) -> Response:
    path = site.urls.database(database.name) + "/-/query" + (f".{extension}" if extension else "")
    return Response.redirect(f"{path}?{request.query_string}")


async def _data(site: Site, access: Access, database: SqliteDatabase) -> dict[str, Any]:
    """The page as JSON, without ``ok``."""
    name = database.name
    catalog, counts = await database_counts(database)
    tables = table_items(site, access, catalog, counts)
    queries = sorted(visible_queries(site, access, name), key=lambda query: sort_key(query, with_database=False))
    may_execute = access.allowed("execute-sql", name)
    return {
        "database": name,
        "private": access.private("view-database", name),
        "path": site.urls.database(database.name),
        "size": database.size,
        "tables": tables,
        "hidden_count": sum(table["hidden"] for table in tables),
        "views": view_items(access, catalog),
        "queries": [query_with_private(access, query) for query in queries[:QUERIES_SHOWN]],
        "queries_more": len(queries) > QUERIES_SHOWN,
        "queries_count": len(queries),
        "allow_execute_sql": may_execute,
        "table_columns": table_columns(catalog) if may_execute else {},
        "metadata": dict(site.store.snapshot.database_metadata(name)),
    }


async def _html(
    site: Site, request: Request, access: Access, database: SqliteDatabase, data: dict[str, Any]
) -> Response:
    name = database.name

    async def database_actions() -> list[dict[str, Any]]:
        return [
            *built_in_actions(site, access, database),
            *await plugin_actions(site, request, "database_actions", database=name),
        ]

    catalog = database.catalog
    context = {
        **data,
        "database_color": database.color,
        "database_page_data": page_data(site, access, database),
        "database_actions": database_actions,
        "show_hidden": request.args.get("_show_hidden"),
        "editable": True,
        "allow_download": _may_download(site, access, database),
        "attached_databases": list(catalog.attached) if catalog else [],
        "alternate_url_json": alternate_json(site, request),
        "top_database": slot(site, "top_database", request=request, database=name),
    }
    templates = [f"database-{to_css_class(name)}.html", "database.html"]
    return await render_page(site, request, templates, context, view_name="database")


def _may_download(site: Site, access: Access, database: SqliteDatabase) -> bool:
    return (
        site.settings.allow_download
        and not database.is_mutable
        and not database.is_memory
        and access.allowed("view-database-download", database.name)
    )
