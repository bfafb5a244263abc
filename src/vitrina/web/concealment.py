"""Telling nobody what exists: 404 for what is hidden as for what is missing, where the configuration asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vitrina.errors import Forbidden, NotFound
from vitrina.tilde import tilde_decode

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site

#: key of the configuration's ``vitrina`` block
KEY = "hide_existence"

_ACTIONS = ("view-database", "view-table", "view-query")


async def conceal(site: Site, request: Request, error: Exception) -> Exception:
    """The error to answer with: for a URL inside a database, one 404 for hidden and missing alike.

    A refusal concerning something that the actor may view stays a refusal.
    """
    if not isinstance(error, (Forbidden, NotFound)) or "database" not in request.url_vars:
        return error
    if isinstance(error, Forbidden) and await _may_view(site, request):
        return error
    return NotFound("Not found", hint="There is no such page here, or it is not for you to see.")


async def _may_view(site: Site, request: Request) -> bool:
    """Whether the actor may view what the URL names: the table or query where it names one, else the database."""
    route = tilde_decode(request.url_vars["database"])
    database = next((database for database in site.databases.values() if database.route == route), None)
    if database is None:
        return False
    catalog = await database.ready()
    access = await site.permissions.load(request.actor, _ACTIONS)
    child = request.url_vars.get("table") or request.url_vars.get("query")
    if child is None:
        return access.allowed("view-database", database.name)
    name = tilde_decode(child)
    if catalog.get(name) is not None:
        return access.allowed("view-table", database.name, name)
    known = site.store.snapshot.query(database.name, name) is not None
    return known and access.allowed("view-query", database.name, name)
