"""Telling nobody what exists: 404 for what is hidden as for what is missing, where the configuration asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vitrina.access.resources import DatabaseResource, QueryResource, Resource, TableResource
from vitrina.errors import Forbidden, NotFound
from vitrina.tilde import tilde_decode
from vitrina.web.target import current_catalog

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vitrina.http.request import Request
    from vitrina.web.site import Site


async def refuse_hidden(site: Site, request: Request) -> None:
    """Raise NotFound where the URL names something that the actor may do nothing with, or that is not there.

    Asked before a page of a database runs: what pages say to those who lack a
    permission, and in which order they look at a body, differs from page to page.
    """
    if "database" in request.url_vars and not await _may_do_anything(site, request):
        raise _not_found()


async def conceal(site: Site, request: Request, error: Exception) -> Exception:
    """The error to answer with: what is said of missing things, where a refusal names them; one 404 inside a database.

    A refusal concerning something that the actor may see stays a refusal.
    """
    if isinstance(error, Forbidden) and error.if_missing is not None:
        return error.if_missing
    if not isinstance(error, (Forbidden, NotFound)) or "database" not in request.url_vars:
        return error
    if isinstance(error, Forbidden) and await _may_do_anything(site, request):
        return error
    return _not_found()


def hides_existence(site: Site) -> bool:
    """Whether the configuration asks for it."""
    return bool(site.config.vitrina.get("hide_existence"))


async def visible_configuration(site: Site, request: Request) -> Mapping[str, Any]:
    """The configuration without the databases, tables and queries that the actor may not view."""
    raw = site.config.raw
    if not isinstance(raw.get("databases"), dict):
        return raw
    access = await site.permissions.load(request.actor, ("view-database", "view-table", "view-query"))
    databases = {}
    for database, block in raw["databases"].items():
        if access.allowed("view-database", database):
            databases[database] = dict(block)
            for part, action in (("tables", "view-table"), ("queries", "view-query")):
                if isinstance(block.get(part), dict):
                    kept = {
                        name: value for name, value in block[part].items() if access.allowed(action, database, name)
                    }
                    databases[database][part] = kept
    return {**raw, "databases": databases}


def _not_found() -> NotFound:
    return NotFound("Not found", hint="There is no such page here, or it is not for you to see.")


async def _may_do_anything(site: Site, request: Request) -> bool:
    """Whether some action is allowed on what the URL names: the table or query where it names one, else the database.

    Tokens may be good for inserting into a table and for nothing else.
    """
    route = tilde_decode(request.url_vars["database"])
    database = next((database for database in site.databases.values() if database.route == route), None)
    if database is None:
        return False
    child = request.url_vars.get("table") or request.url_vars.get("query")
    if child is None:
        return await _any_allowed(site, request, DatabaseResource, database.name, None)
    name = tilde_decode(child)
    if site.store.snapshot.query(database.name, name) is not None:
        return await _any_allowed(site, request, QueryResource, database.name, name)
    # Another program may have made the table a moment ago.
    known = (await database.ready()).get(name) or (await current_catalog(database)).get(name)
    return known is not None and await _any_allowed(site, request, TableResource, database.name, name)


async def _any_allowed(site: Site, request: Request, kind: type[Resource], parent: str, child: str | None) -> bool:
    actions = [action.name for action in site.permissions.actions.values() if action.resource_class is kind]
    access = await site.permissions.load_with_own(request.actor, actions, parent, child)
    return any(access.allowed(action, parent, child) for action in actions)
