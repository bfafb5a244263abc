"""The jump menu: what the actor may go to whose name matches."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vitrina.hooks.blame import blaming
from vitrina.http.response import Response
from vitrina.web.jump_items import JumpItem, best_matches, child_item, database_item, debug_items
from vitrina.web.jump_sql import JumpSQL
from vitrina.web.target import current_catalog

if TYPE_CHECKING:
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.execute.permissions import Access
    from vitrina.http.request import Request
    from vitrina.web.site import Site

LIMIT = 100
_HOOK = "jump_items_sql"
_ACTIONS = ("view-database", "view-table", "view-query", "debug-menu")
# The builders of URLs that an item of a plugin may name.
_BUILDERS = frozenset(("path", "instance", "static", "logout", "database", "database_query", "table", "query", "row"))


async def jump_page(site: Site, request: Request) -> Response:
    """``/-/jump``: up to 100 places, as JSON."""
    q = (request.args.get("q") or "").strip()
    access = await site.permissions.load(request.actor, _ACTIONS)
    items: list[JumpItem] = []
    for found in await asyncio.gather(*(_items_of(site, access, each) for each in site.databases.values())):
        items += found
    if access.allowed("debug-menu"):
        items += debug_items()
    asked = {"datasette": site.facade, "actor": request.actor, "request": request}
    for plugin, entry in await site.hooks.lists_named(_HOOK, **asked):
        if entry is not None:
            with blaming(plugin, _HOOK):
                items += await _plugin_items(site, entry)
    matches = best_matches(items, q, LIMIT + 1)
    body = [_as_json(site, item) for item in matches[:LIMIT]]
    return Response.json({"ok": True, "matches": body, "truncated": len(matches) > LIMIT})


async def _items_of(site: Site, access: Access, database: SqliteDatabase) -> list[JumpItem]:
    name = database.name
    items = [database_item(name)] if access.allowed("view-database", name) else []
    catalog = await current_catalog(database)
    items += [child_item("table", name, table) for table in access.children("view-table", name, catalog.tables)]
    items += [child_item("view", name, view) for view in access.children("view-table", name, catalog.views)]
    queries = [query.name for query in site.store.snapshot.queries_of(name)]
    items += [child_item("query", name, query) for query in access.children("view-query", name, queries)]
    return items


async def _plugin_items(site: Site, entry: JumpSQL) -> list[JumpItem]:
    database = site.databases[entry.database] if entry.database else site.internal
    params = dict(entry.params or {})

    def select(conn: Any) -> list[JumpItem]:
        cursor = conn.execute(entry.sql, params)
        names = [column[0] for column in cursor.description]
        return [_item_of_row(dict(zip(names, row, strict=True))) for row in cursor]

    return await database.foreign_read(select)


def _item_of_row(row: Mapping[str, Any]) -> JumpItem:
    label = str(row.get("label") or "")
    return JumpItem(
        type=str(row.get("type") or ""),
        label=label,
        search_text=str(row.get("search_text", label) or ""),
        target=(str(row.get("url") or ""),),
        description=row.get("description"),
        display_name=row.get("display_name"),
    )


def _as_json(site: Site, item: JumpItem) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "name": item.label,
        "url": _url(site, item),
        "type": item.type,
        "description": item.description,
    }
    if item.display_name:
        shown["display_name"] = item.display_name
    return shown


def _url(site: Site, item: JumpItem) -> str:
    urls = site.urls
    match item.type, item.target:
        case ("database", (database,)):
            return urls.database(site.databases[database].route)
        case ("table" | "view" | "query", (database, name)):
            return urls.table(site.databases[database].route, name)
        case (_, (text, *_)) if text.startswith("{"):
            return _built_url(site, text)
        case (_, (path, *_)):
            return urls.path(path)
    return urls.instance()


def _built_url(site: Site, text: str) -> str:
    """The URL of JSON like ``{"method": "table", "database": "d", "table": "t"}``."""
    arguments = json.loads(text)
    method = arguments.pop("method", None)
    if method not in _BUILDERS:
        return site.urls.instance()
    return str(getattr(site.urls, method)(**arguments))
