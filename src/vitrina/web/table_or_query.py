"""What ``/DB/NAME`` means: a table or view of that name, else a stored query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vitrina.errors import MethodNotAllowed, TableNotFound
from vitrina.http.response import Response
from vitrina.web.page_headers import cache_control
from vitrina.web.stored_query import stored_query_page
from vitrina.web.table.page import table_page
from vitrina.web.target import current_catalog, database_of, named

if TYPE_CHECKING:
    from vitrina.catalog.stored import StoredQuery
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.http.request import Request
    from vitrina.web.site import Site

_HINT = "The database page lists its tables, views and queries; names are case-sensitive."


async def table_or_query_page(site: Site, request: Request) -> Any:
    """``/DB/NAME``: tables answer every method but POST, stored queries GET and POST."""
    database = database_of(site, request)
    name = named(request, "table")
    catalog = await database.ready()
    query = None if catalog.get(name) else site.store.snapshot.query(database.name, name)
    if query is not None:
        # Should a table of this name have been made meanwhile, running the query notices that.
        return await _stored_query(site, request, database, query)
    if catalog.get(name) is None and (await current_catalog(database)).get(name) is None:
        raise TableNotFound(database.name, name, hint=_HINT)
    if request.method == "POST":
        # Plain text whatever the format: the table page itself never takes a body.
        return Response.text("Method not allowed", status=405)
    return await table_page(site, request)


async def _stored_query(site: Site, request: Request, database: SqliteDatabase, query: StoredQuery) -> Any:
    if request.method == "OPTIONS":
        headers = {**cache_control(site, request, private=False), "Allow": "HEAD, GET, POST"}
        return Response.text("ok", headers=headers)
    if request.method not in ("GET", "HEAD", "POST"):
        raise MethodNotAllowed("Method not allowed")
    return await stored_query_page(site, request, database, query)
