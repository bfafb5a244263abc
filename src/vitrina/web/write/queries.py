"""Storing, changing and deleting stored queries: who may, and which queries can be changed at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vitrina.errors import Forbidden
from vitrina.http.response import Response
from vitrina.web.page import render_page
from vitrina.web.target import database_of, named
from vitrina.web.unframed import UNFRAMED

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site


async def store_query(site: Site, request: Request) -> Response:
    """``/DB/-/queries/store``: the form, and where it is sent to."""
    database = database_of(site, request)
    missing = await _missing_action(site, request, database.name)
    if request.method == "POST":
        return (
            Response.error([f"Permission denied: need {missing}"], 403)
            if missing
            else Response.error(["This is not available in this version"], 501)
        )
    if missing:
        raise Forbidden(missing)
    sql = request.args.get("sql") or ""
    context = {"database": database.name, "database_color": database.color, "sql": sql}
    return await render_page(site, request, ["query_create.html"], context, view_name="query-create", headers=UNFRAMED)


async def analyze_query(site: Site, request: Request) -> Response:
    """``/DB/-/queries/analyze``: what storing a statement would mean."""
    database = database_of(site, request)
    missing = await _missing_action(site, request, database.name)
    if missing:
        return Response.error([f"Permission denied: need {missing}"], 403, UNFRAMED)
    return Response.error(["This is not available in this version"], 501)


async def _missing_action(site: Site, request: Request, database: str) -> str | None:
    """The first of the actions needed for storing that the actor may not do."""
    actions = ("execute-sql", "store-query")
    access = await site.permissions.load(request.actor, actions)
    return next((action for action in actions if not access.allowed(action, database)), None)


async def edit_query(site: Site, request: Request) -> Response:
    """``/DB/QUERY/-/edit``: a form."""
    return await _change(site, request, "update-query", "Trusted queries cannot be edited")


async def update_query(site: Site, request: Request) -> Response:
    """``/DB/QUERY/-/update``: JSON."""
    return await _change(site, request, "update-query", "Trusted queries cannot be updated using the API")


async def delete_query(site: Site, request: Request) -> Response:
    """``/DB/QUERY/-/delete``: GET asks whether it is meant, POST deletes."""
    return await _change(site, request, "delete-query", "Trusted queries cannot be deleted using the API")


async def _change(site: Site, request: Request, action: str, trusted: str) -> Response:
    database = database_of(site, request)
    name = named(request, "query")
    query = site.store.snapshot.query(database.name, name)
    if query is None:
        return Response.error([f"Query not found: {name}"], 404)
    access = await site.permissions.load(request.actor, (action,))
    if not access.allowed(action, database.name, name):
        if request.method == "GET":
            raise Forbidden(action)
        return Response.error([f"Permission denied: need {action}"], 403)
    if query.is_trusted:
        return Response.error([trusted], 403)
    return Response.error(["This is not available in this version"], 501)
