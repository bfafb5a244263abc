"""The page of a person's SQL, and the names of the parameters in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vitrina.dialect.parameters import unique_parameters
from vitrina.errors import BadRequest, Forbidden, MethodNotAllowed
from vitrina.http.response import Response
from vitrina.plan.magic import is_magic
from vitrina.web.extras import QUERY, requested_extras
from vitrina.web.query_output import respond
from vitrina.web.query_run import QueryView, run
from vitrina.web.target import database_of, format_of
from vitrina.web.unframed import UNFRAMED
from vitrina.web.unstable import UNSTABLE

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site

ACTIONS = ("view-database", "execute-sql", "store-query", "view-query", "update-query", "delete-query", "view-table")


async def query_page(site: Site, request: Request) -> Any:
    """``/DB/-/query``: run ``?sql=`` and show the rows; without it, an empty form."""
    if request.method == "POST":
        raise MethodNotAllowed("Method not allowed", hint="This page reads; changing data is done on other pages.")
    database = database_of(site, request)
    access = await site.permissions.load(request.actor, ACTIONS)
    if not access.allowed("execute-sql", database.name):
        raise Forbidden("execute-sql", hint="Running your own SQL is not permitted on this database.")
    sql = request.args.get("sql") or ""
    extension = format_of(request)
    if not sql and extension:
        raise BadRequest("?sql= is required", hint="Add ?sql= with the statement to run.")
    view = QueryView(site, request, database, access, extension, sql)
    view.private = access.private("execute-sql", database.name)
    view.extras = requested_extras(request, QUERY, strict=False)
    if sql:
        await run(view)
    return await respond(view)


async def query_parameters(site: Site, request: Request) -> Response:
    """``/DB/-/query/parameters``: the names of the parameters in ``?sql=``, for the form under the editor."""
    database = database_of(site, request)
    access = await site.permissions.load(request.actor, ("execute-sql",))
    if not access.allowed("execute-sql", database.name):
        return Response.error(["Permission denied: need execute-sql"], 403, UNFRAMED)
    unknown = sorted(key for key in request.args if key != "sql")
    if unknown:
        return Response.error([f"Invalid keys: {', '.join(unknown)}"], 400, UNFRAMED)
    names = unique_parameters(request.args.get("sql") or "")
    if any(is_magic(name) for name in names):
        return Response.error(["Magic parameters are not allowed"], 400, UNFRAMED)
    return Response.json({"ok": True, "unstable": UNSTABLE, "parameters": names}, headers=UNFRAMED)
