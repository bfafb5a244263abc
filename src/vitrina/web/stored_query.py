"""The page of a stored query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vitrina.errors import BadRequest, Forbidden
from vitrina.web.extras import QUERY, requested_extras
from vitrina.web.page_headers import page_headers
from vitrina.web.query import ACTIONS
from vitrina.web.query_output import respond
from vitrina.web.query_run import QueryView, run, shown_parameters
from vitrina.web.target import format_of
from vitrina.web.write.durable import durable_by_address
from vitrina.web.write.sql import WRITE_SQL_ACTIONS
from vitrina.web.write.stored_query import run_posted

if TYPE_CHECKING:
    from vitrina.catalog.stored import StoredQuery
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.http.request import Request
    from vitrina.web.site import Site


async def stored_query_page(site: Site, request: Request, database: SqliteDatabase, query: StoredQuery) -> Any:
    """``/DB/QUERY``: GET shows it (a reading one is run), POST runs it on the write connection."""
    access = await site.permissions.load(request.actor, (*ACTIONS, *WRITE_SQL_ACTIONS))
    if not access.allowed("view-query", database.name, query.name):
        raise Forbidden("You do not have permission to view this query")
    if not query.is_trusted and not query.is_write and not access.allowed("execute-sql", database.name):
        raise Forbidden("execute-sql")
    private = access.private("view-query", database.name, query.name)
    headers = page_headers(site, request, private=private)
    if request.method == "POST":
        posted = durable_by_address(lambda *_: run_posted(site, request, access, database, query, headers))
        return await posted(site, request)
    extension = format_of(request)
    view = QueryView(site, request, database, access, extension, query.sql, query, private)
    view.extras = requested_extras(request, QUERY, strict=False)
    if query.is_write:
        if extension == "csv":
            raise BadRequest("attempt to write a readonly database", hint="Send a POST to run this query.")
        # Only a POST changes anything.
        view.values = {name: request.args.get(name) or "" for name in shown_parameters(query.sql, query.parameters)}
    else:
        await run(view)
    return await respond(view, headers)
