"""``/-/openapi.json``: the description of this instance for the actor who asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

from vitrina.errors import Forbidden
from vitrina.http.response import Response
from vitrina.tilde import tilde_encode
from vitrina.web.openapi.document import Reach, openapi_document
from vitrina.web.openapi.operations import OPERATIONS, level_of
from vitrina.web.target import current_catalog

if TYPE_CHECKING:
    from vitrina.execute.permissions import Access
    from vitrina.http.request import Request
    from vitrina.http.router import Route
    from vitrina.web.site import Site

Names = dict[str, tuple[str, ...]]


def openapi_handler(routes: Callable[[], Iterable[Route]]) -> Callable[..., Awaitable[Response]]:
    """The handler, for the routes that are known once their table is complete."""

    async def openapi_page(site: Site, request: Request) -> Response:
        """``/-/openapi.json``."""
        actions = {operation.action for operation in OPERATIONS.values() if operation.action is not None}
        access = await site.permissions.load(request.actor, (*sorted(actions), "view-table"))
        if not access.allowed("view-instance"):
            raise Forbidden("You do not have permission to view this instance")
        reach = Reach(
            await _reachable(site, access),
            site.settings.max_insert_rows,
            str(site.urls.instance()),
            replicated="replication" in site.state,
        )
        return Response.json(openapi_document(routes(), reach))

    return openapi_page


async def _reachable(site: Site, access: Access) -> dict[str, Names]:
    """Route → names for the variables of its path, where the actor may use it at all."""
    tables: dict[str, dict[str, list[str]]] = {}
    found: dict[str, Names] = {}
    for name, operation in OPERATIONS.items():
        level, action = level_of(name), operation.action
        if level == "instance":
            if action is None or access.allowed(action):
                found[name] = {}
            continue
        if level == "database":
            databases = _databases(site, access, action)
            if databases:
                found[name] = {"database": databases}
            continue
        if level == "query":
            queries = [
                (database, query)
                for database, stored in site.store.snapshot.queries.items()
                for query in stored
                if action is None or access.allowed(action, database, query)
            ]
            names = _names(site, queries, "query")
        else:
            wanted = action or "view-table"
            if wanted not in tables:
                tables[wanted] = await _tables(site, access, wanted)
            names = _names(
                site, [(each, table) for each, listed in tables[wanted].items() for table in listed], "table"
            )
        if names:
            found[name] = names
    return found


def _databases(site: Site, access: Access, action: str | None) -> tuple[str, ...]:
    wanted = action or "view-database"
    return tuple([tilde_encode(each.route) for name, each in site.databases.items() if access.allowed(wanted, name)])


async def _tables(site: Site, access: Access, action: str) -> dict[str, list[str]]:
    """Database → tables that the actor may see and use; views as well where nothing changes them."""
    found: dict[str, list[str]] = {}
    for name, database in site.databases.items():
        catalog = await current_catalog(database)
        reading = action == "view-table"
        if not reading and not database.is_writable:
            continue
        names = [*catalog.tables, *(catalog.views if reading else ())]
        visible = access.children("view-table", name, names)
        listed = list(visible) if reading else list(access.children(action, name, visible))
        if listed:
            found[name] = listed
    return found


def _names(site: Site, pairs: list[tuple[str, str]], variable: str) -> Names:
    if not pairs:
        return {}
    databases = dict.fromkeys([site.databases[name].route for name, _ in pairs if name in site.databases])
    return {
        "database": tuple([tilde_encode(route) for route in databases]),
        variable: tuple(dict.fromkeys([tilde_encode(name) for _, name in pairs])),
    }
