"""Serving the hooks of earlier releases: permissions, queries and metadata that plugins still give in the old way."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vitrina.access.actions import Action
from vitrina.execute.configured import parse_query

if TYPE_CHECKING:
    from vitrina.catalog.stored import StoredQuery
    from vitrina.web.site import Site

log = logging.getLogger("vitrina.deprecated")

QUERY_SOURCE = "canned_queries"


async def register_old_permissions(site: Site, datasette: Any) -> None:
    """Register what ``register_permissions`` gives as actions; one that is there already stays as it is."""
    for permission in await site.hooks.lists("register_permissions", datasette=datasette):
        action = permission if isinstance(permission, Action) else permission.as_action()
        if action.name not in site.permissions.actions:
            site.permissions.actions.register(action)
            if getattr(permission, "default", False) and site.permissions.plugins is not None:
                site.permissions.plugins.old_defaults.add(action.name)


async def adopt_old_metadata(site: Site, datasette: Any) -> None:
    """Keep what ``get_metadata`` gives now; what it gives later is not seen."""
    for metadata in await site.hooks.gather("get_metadata", datasette=datasette, key=None, database=None, table=None):
        if not isinstance(metadata, Mapping):
            continue
        store = site.store
        for key, value in metadata.items():
            if key not in ("databases", "plugins", "allow"):
                await store.set_instance_metadata(key, value)
        for database, block in (metadata.get("databases") or {}).items():
            for key, value in block.items():
                if key not in ("tables", "queries", "plugins", "allow"):
                    await store.set_database_metadata(database, key, value)
            for table, values in (block.get("tables") or {}).items():
                for key, value in values.items():
                    if isinstance(value, str):
                        await store.set_resource_metadata(database, table, key, value)


async def refresh_old_queries(site: Site, datasette: Any) -> None:
    """Store what ``canned_queries`` gives now for every database, and drop what it gives no more.

    It is asked as for the anonymous: queries that depend on the actor cannot be served.
    """
    snapshot = site.store.snapshot
    for name in list(site.databases):
        wanted: dict[str, StoredQuery] = {}
        for answer in await site.hooks.gather("canned_queries", datasette=datasette, database=name, actor=None):
            for query_name, block in answer.items():
                query = _query(name, query_name, block)
                if query is not None:
                    wanted[query_name] = query
        known = {query.name: query for query in snapshot.queries_of(name)}
        for query_name, query in wanted.items():
            current = known.get(query_name)
            if current != query and (current is None or current.source == QUERY_SOURCE):
                await site.store.save_query(query)
        for query_name, query in known.items():
            if query.source == QUERY_SOURCE and query_name not in wanted:
                await site.store.remove_query(name, query_name, QUERY_SOURCE)


def _query(database: str, name: str, block: Any) -> StoredQuery | None:
    if isinstance(block, Mapping) and "allow" in block:
        # Who may run it cannot be kept with it: better not there than open to everybody.
        log.warning("The query %s of %s is left out: its allow block belongs into the configuration", name, database)
        return None
    values = {"sql": block} if isinstance(block, str) else block
    return replace(parse_query(database, name, values), source=QUERY_SOURCE)
