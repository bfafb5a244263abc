"""The home page: every database with its first tables, as HTML and JSON."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from vitrina.errors import EngineError, Forbidden, Unavailable
from vitrina.http.response import Response
from vitrina.version import REFERENCE_VERSION
from vitrina.web.absolute import alternate_json
from vitrina.web.action_menu import plugin_actions, slot
from vitrina.web.database_summary import summarize, summarize_unread
from vitrina.web.file_links import homepage_files
from vitrina.web.page import render_page
from vitrina.web.reuse import reusable
from vitrina.web.unstable import UNSTABLE

if TYPE_CHECKING:
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.execute.permissions import Access
    from vitrina.http.request import Request
    from vitrina.web.site import Site

logger = logging.getLogger("vitrina.web")

_ACTIONS = ("view-instance", "view-database", "view-table")


async def home_page(site: Site, request: Request) -> Response:
    """``/``: the databases the actor may view."""
    return await _home(site, request, ["index.html"], noindex=False)


async def built_in_home_page(site: Site, request: Request) -> Response:
    """``/-/``: the same with the built-in template, for when ``index.html`` was replaced."""
    return await _home(site, request, ["default:index.html"], noindex=True)


def _item(site: Site, access: Access, database: SqliteDatabase, found: Any) -> dict[str, Any]:
    """One file that is broken or locked must not take the way to the others away."""
    if isinstance(found, EngineError | Unavailable):
        logger.warning("The home page goes without a part: %s", found.message)
        return summarize_unread(site, access, database)
    if isinstance(found, BaseException):
        raise found
    item: dict[str, Any] = found
    return item


async def _home(site: Site, request: Request, templates: list[str], *, noindex: bool) -> Response:
    access = await site.permissions.load(request.actor, _ACTIONS)
    if not access.allowed("view-instance"):
        raise Forbidden("view-instance")
    by_relationships = request.args.get("_sort") == "relationships"
    visible = [site.databases[name] for name in sorted(site.databases) if access.allowed("view-database", name)]
    read = await asyncio.gather(
        *(summarize(site, access, database, by_relationships=by_relationships) for database in visible),
        return_exceptions=True,
    )
    databases = [_item(site, access, database, found) for database, found in zip(visible, read, strict=True)]
    metadata = dict(site.store.snapshot.instance_metadata())
    if databases == read:
        reusable(request)
    if request.path.endswith(".json"):
        return Response.json({"ok": True, "unstable": UNSTABLE, "databases": databases, "metadata": metadata})
    context: dict[str, Any] = {
        "databases": databases,
        "metadata": metadata,
        "datasette_version": REFERENCE_VERSION,
        "private": access.private("view-instance"),
        "top_homepage": slot(site, "top_homepage", request=request),
        "homepage_actions": [
            *await homepage_files(site, request.actor),
            *await plugin_actions(site, request, "homepage_actions"),
        ],
        "noindex": noindex,
        "alternate_url_json": alternate_json(site, request),
    }
    return await render_page(site, request, templates, context, view_name="index")
