"""Schema pages: the SQL that created a table, a database, or everything the actor may see."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from vitrina.catalog.model import DatabaseCatalog
from vitrina.http.response import Response
from vitrina.web.page import render_page
from vitrina.web.target import current_catalog, format_of

if TYPE_CHECKING:
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.execute.permissions import Access
    from vitrina.http.request import Request
    from vitrina.web.site import Site

_ACTIONS = ("view-database", "view-table")


def visible_schema(catalog: DatabaseCatalog, visible: frozenset[str]) -> str:
    """The SQL of every object that belongs to a table or view in ``visible``, joined by ``;`` and a line end."""
    return ";\n".join(sql for _, _, table, sql in catalog.definitions if table in visible)


async def _database_schema(access: Access, database: SqliteDatabase) -> str:
    catalog = await current_catalog(database)
    names = [*catalog.tables, *catalog.views]
    return visible_schema(catalog, frozenset(access.children("view-table", database.name, names)))


async def instance_schema_page(site: Site, request: Request) -> Response:
    """``/-/schema``: the schema of every database the actor may view."""
    access = await site.permissions.load(request.actor, _ACTIONS)
    names = [name for name in sorted(site.databases) if access.allowed("view-database", name)]
    texts = await asyncio.gather(*(_database_schema(access, site.databases[name]) for name in names))
    schemas = [{"database": name, "schema": text} for name, text in zip(names, texts, strict=True)]
    match format_of(request):
        case "json":
            return Response.json({"ok": True, "schemas": schemas})
        case "md":
            return Response.text(
                "\n".join(_markdown(item["database"], item["schema"]) for item in schemas).rstrip("\n")
            )
    return await _page(site, request, "Schema for all databases", schemas, view_name="instance_schema")


async def database_schema_page(site: Site, request: Request) -> Response:
    """``/DB/-/schema``: permission comes before existence, so that nobody can probe for names."""
    name = request.url_vars["database"]
    await site.permissions.ensure(request.actor, "view-database", name)
    if name not in site.databases:
        return _missing(request, "Database not found")
    access = await site.permissions.load(request.actor, _ACTIONS)
    schema = await _database_schema(access, site.databases[name])
    match format_of(request):
        case "json":
            return Response.json({"ok": True, "database": name, "schema": schema})
        case "md":
            return Response.text(_markdown(name, schema))
    schemas = [{"database": name, "schema": schema}]
    return await _page(site, request, f"Schema for {name}", schemas, view_name="database_schema", database=name)


async def table_schema_page(site: Site, request: Request) -> Response:
    """``/DB/TABLE/-/schema``: the SQL that created one table or view."""
    name, table_name = request.url_vars["database"], request.url_vars["table"]
    await site.permissions.ensure(request.actor, "view-table", name, table_name)
    if name not in site.databases:
        return _missing(request, "Database not found")
    table = (await current_catalog(site.databases[name])).get(table_name)
    if table is None or not table.sql:
        return _missing(request, "Table not found")
    match format_of(request):
        case "json":
            return Response.json({"ok": True, "database": name, "table": table_name, "schema": table.sql})
        case "md":
            return Response.text(_markdown(f"{name}.{table_name}", table.sql))
    schemas = [{"database": name, "schema": table.sql}]
    context = {"database": name, "table_name": table_name}
    return await _page(site, request, f"Schema for {table_name}", schemas, view_name="table_schema", **context)


def _missing(request: Request, message: str) -> Response:
    # These pages answer an unknown name as JSON or plain text, never with the error page.
    if format_of(request) == "json":
        return Response.error([message], 404)
    return Response.text(message, status=404)


def _markdown(name: str, schema: str) -> str:
    return f"# Schema for {name}\n\n```sql\n{schema}\n```\n"


async def _page(
    site: Site,
    request: Request,
    title: str,
    schemas: list[dict[str, str]],
    *,
    view_name: str,
    **context: Any,
) -> Response:
    context = {"title": title, "schemas": schemas, "is_instance": view_name == "instance_schema", **context}
    return await render_page(site, request, ["schema.html"], context, view_name=view_name)
