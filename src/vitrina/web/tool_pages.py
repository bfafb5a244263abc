"""Pages for trying things out: the API explorer, autocomplete, and the parts that pages are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vitrina.errors import Forbidden
from vitrina.version import REFERENCE_VERSION
from vitrina.web.page import render_page
from vitrina.web.target import current_catalog

if TYPE_CHECKING:
    from vitrina.execute.permissions import Access
    from vitrina.http.request import Request
    from vitrina.http.response import Response
    from vitrina.web.site import Site


async def patterns_page(site: Site, request: Request) -> Response:
    """``/-/patterns``: the parts that pages are made of."""
    await site.permissions.ensure(request.actor, "view-instance")
    return await render_page(site, request, ["patterns.html"], {}, view_name="patterns")


async def api_explorer_page(site: Site, request: Request) -> Response:
    """``/-/api``: try the JSON API on the tables the actor may use."""
    actions = ("view-instance", "view-database", "view-table", "insert-row", "update-row", "drop-table", "create-table")
    access = await site.permissions.load(request.actor, actions)
    if not access.allowed("view-instance"):
        raise Forbidden("view-instance")
    databases = []
    for name in sorted(site.databases):
        if access.allowed("view-database", name):
            databases.append(await _examples(site, access, name))
    context = {"example_links": databases, "datasette_version": REFERENCE_VERSION}
    return await render_page(site, request, ["api_explorer.html"], context, view_name="api_explorer")


async def _examples(site: Site, access: Access, name: str) -> dict[str, Any]:
    """Requests worth trying on one database."""
    database = site.databases[name]
    catalog = await current_catalog(database)
    base = site.urls.database(database.route)
    links: list[dict[str, Any]] = []
    if database.is_mutable and access.allowed("create-table", name):
        links.append({"label": "Create table", "method": "POST", "path": base + "/-/create"})
    for table in sorted(access.children("view-table", name, catalog.tables)):
        if catalog.tables[table].hidden:
            continue
        path = site.urls.table(database.route, table)
        links.append({"label": f"Get rows of {table}", "method": "GET", "path": path + ".json"})
        if database.is_mutable and access.allowed("insert-row", name, table):
            links.append({"label": f"Insert rows into {table}", "method": "POST", "path": path + "/-/insert"})
        if database.is_mutable and access.allowed("drop-table", name, table):
            links.append({"label": f"Drop table {table}", "method": "POST", "path": path + "/-/drop"})
    return {"name": name, "links": links}


async def autocomplete_page(site: Site, request: Request) -> Response:
    """``/-/debug/autocomplete``: try the autocompletion of one table."""
    access = await site.permissions.load(request.actor, ("view-instance", "view-table"))
    if not access.allowed("view-instance"):
        raise Forbidden("view-instance")
    database_name = request.args.get("database") or ""
    table_name = request.args.get("table") or ""
    context: dict[str, Any] = {"database_name": database_name, "table_name": table_name, "autocomplete_url": None}
    database = site.databases.get(database_name)
    if database is not None and table_name:
        if not access.allowed("view-table", database_name, table_name):
            raise Forbidden("view-table")
        table = (await current_catalog(database)).tables.get(table_name)
        if table is None:
            context["error"] = "Table not found"
        else:
            configured = site.config.table(database_name, table_name).get("label_column")
            context["label_column"] = configured or table.label_column
            context["autocomplete_url"] = site.urls.table(database.route, table_name) + "/-/autocomplete"
    elif database_name:
        context["error"] = "Database not found" if database is None else "Which table?"
    return await render_page(site, request, ["debug_autocomplete.html"], context, view_name="debug_autocomplete")
