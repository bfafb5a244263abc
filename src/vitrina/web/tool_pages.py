"""Pages for trying things out: autocompletion, and the parts that pages are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vitrina.catalog.model import Table
from vitrina.errors import Forbidden
from vitrina.web.concealment import hides_existence
from vitrina.web.page import render_page
from vitrina.web.target import current_catalog

if TYPE_CHECKING:
    from vitrina.execute.permissions import Access
    from vitrina.http.request import Request
    from vitrina.http.response import Response
    from vitrina.web.site import Site


_SUGGESTIONS = 5


async def patterns_page(site: Site, request: Request) -> Response:
    """``/-/patterns``: the parts that pages are made of."""
    await site.permissions.ensure(request.actor, "view-instance")
    return await render_page(site, request, ["patterns.html"], {}, view_name="patterns")


async def autocomplete_page(site: Site, request: Request) -> Response:
    """``/-/debug/autocomplete``: try the autocompletion of one table, or choose one."""
    access = await site.permissions.load(request.actor, ("view-instance", "view-database", "view-table"))
    if not access.allowed("view-instance"):
        raise Forbidden("view-instance")
    database = request.args.get("database") or ""
    table = request.args.get("table") or ""
    context: dict[str, Any] = {"database_name": database, "table_name": table, "autocomplete_url": None}
    if database and table:
        context.update(await _chosen(site, access, database, table))
    elif database or table:
        context["error"] = "Both database and table are required."
    else:
        context["suggestions"] = await _suggestions(site, access)
    return await render_page(site, request, ["debug_autocomplete.html"], context, view_name="debug_autocomplete")


async def _chosen(site: Site, access: Access, database_name: str, table_name: str) -> dict[str, Any]:
    database = site.databases.get(database_name)
    if database is None or (hides_existence(site) and not access.allowed("view-database", database_name)):
        return {"error": "Database not found."}
    if not access.allowed("view-table", database_name, table_name):
        if hides_existence(site):
            return {"error": "Table not found."}
        raise Forbidden("view-table")
    table = (await current_catalog(database)).tables.get(table_name)
    if table is None:
        return {"error": "Table not found."}
    return {
        "label_column": _label_column(site, database_name, table),
        "autocomplete_url": site.urls.table(database.name, table_name) + "/-/autocomplete",
    }


async def _suggestions(site: Site, access: Access) -> list[dict[str, Any]]:
    """A few tables that have a label column."""
    found: list[dict[str, Any]] = []
    for name, database in site.databases.items():
        catalog = await current_catalog(database)
        for table in sorted(access.children("view-table", name, catalog.tables)):
            label = _label_column(site, name, catalog.tables[table])
            if label:
                found.append({"database": name, "table": table, "label_column": label})
                if len(found) == _SUGGESTIONS:
                    return found
    return found


def _label_column(site: Site, database: str, table: Table) -> str | None:
    return site.config.table(database, table.name).get("label_column") or table.label_column
