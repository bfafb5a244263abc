"""The API explorer: requests worth trying, with bodies to start from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from vitrina.catalog.model import Table
from vitrina.errors import Forbidden
from vitrina.web.page import render_page
from vitrina.web.target import current_catalog

if TYPE_CHECKING:
    from vitrina.execute.permissions import Access
    from vitrina.http.request import Request
    from vitrina.http.response import Response
    from vitrina.web.site import Site

_ACTIONS = ("view-instance", "view-database", "view-table", "insert-row", "drop-table", "create-table")
_NEW_TABLE = {
    "table": "new_table",
    "columns": [{"name": "id", "type": "integer"}, {"name": "name", "type": "text"}],
    "pk": "id",
}


async def api_explorer_page(site: Site, request: Request) -> Response:
    """``/-/api``: try the JSON API on the tables the actor may use."""
    access = await site.permissions.load(request.actor, _ACTIONS)
    if not access.allowed("view-instance"):
        raise Forbidden("You do not have permission to view this instance")
    examples = [
        await _database_examples(site, access, name) for name in site.databases if access.allowed("view-database", name)
    ]
    context = {"example_links": examples}
    return await render_page(site, request, ["api_explorer.html"], context, view_name="api_explorer")


async def _database_examples(site: Site, access: Access, name: str) -> dict[str, Any]:
    database = site.databases[name]
    catalog = await current_catalog(database)
    path = site.urls.database(database.name)
    links = []
    if database.is_writable and access.allowed("create-table", name):
        links.append(_post(path + "/-/create", _NEW_TABLE, f"Create table in {name}"))
    tables = [
        {"name": table, "links": _table_examples(site, access, database, catalog.tables[table])}
        for table in sorted(access.children("view-table", name, catalog.tables))
    ]
    return {"name": name, "links": links, "tables": tables}


def _table_examples(site: Site, access: Access, database: Any, table: Table) -> list[dict[str, str]]:
    name = table.name
    path = site.urls.table(database.name, name)
    links = [_get(path + ".json", f"Get rows for {name}")]
    if not database.is_writable:
        return links
    others = [column for column in table.column_names if column not in table.primary_keys]
    if access.allowed("insert-row", database.name, name):
        links.append(_post(path + "/-/insert", {"rows": [dict.fromkeys(others)]}, f"Insert rows into {name}"))
        links.append(_post(path + "/-/upsert", {"rows": [_example_row(table)]}, f"Upsert rows into {name}"))
    if access.allowed("drop-table", database.name, name):
        links.append(_post(path + "/-/drop", {"confirm": False}, f"Drop table {name}"))
    return links


def _example_row(table: Table) -> dict[str, str]:
    """A row that says what to fill in, its columns in the table's order."""
    keys = table.primary_keys or ("rowid",)
    names = table.column_names if table.primary_keys else ("rowid", *table.column_names)
    return {name: f"<{name} (primary key)>" if name in keys else f"<{name}>" for name in names}


def _get(path: str, label: str) -> dict[str, str]:
    return {"path": path, "label": label, "fragment": urlencode({"method": "GET", "path": path})}


def _post(path: str, body: dict[str, Any], label: str) -> dict[str, str]:
    pairs = {"path": path, "method": "POST", "json": json.dumps(body, indent=2)}
    # Bookmarks of these links have their parts in this order.
    order = ("path", "method", "json") if "rows" in body else ("path", "json", "method")
    fragment = urlencode([(name, pairs[name]) for name in order])
    return {"path": path, "label": label, "fragment": fragment}
