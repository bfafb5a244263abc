"""Wires files into an instance; where no source is configured nothing of theirs is even imported."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vitrina.hooks import file_spec
from vitrina.web.column_types import REGISTRY_KEY
from vitrina.web.credentials import offer_credentials

if TYPE_CHECKING:
    from vitrina.http.router import Route
    from vitrina.web.site import Site

_KEY = "files"
_UPLOADS_KEY = "files-resumable"
_PLUGIN = "datasette-files"


def _mentioned(site: Site) -> bool:
    plugins = site.config.raw.get("plugins")
    return "files" in site.config.vitrina or (isinstance(plugins, Mapping) and _PLUGIN in plugins)


def open_files(site: Site) -> None:
    """Read the configuration of files; called when the instance is assembled. Raises ConfigError."""
    if not _mentioned(site):
        return
    config = importlib.import_module("vitrina.files.configuration").parse_files_config(site.config)
    if config is None:
        return
    access = importlib.import_module("vitrina.files.access")
    site.state[_KEY] = importlib.import_module("vitrina.files.service").Files(config, site.internal)
    offer_credentials(site, site.state[_KEY].credential_uses)
    for action in access.FILE_ACTIONS:
        site.permissions.actions.register(action)
    site.permissions.decisions.add_blocks(access.source_blocks(site.config.raw))
    owners = {access.EDIT: config.owners_can_edit, access.DELETE: config.owners_can_delete}
    rules = access.owner_rules(site.state[_KEY].records)
    site.permissions.own_rules.update({action: rules for action, wanted in owners.items() if wanted})
    pm = site.hooks.pm
    known = getattr(pm.hook, "file_actions", None)
    if known is None or not known.has_spec():
        pm.add_hookspecs(file_spec)


def file_routes(site: Site) -> tuple[Route, ...]:
    """The routes of files, none where there are none."""
    if _KEY not in site.state:
        return ()
    routes: tuple[Route, ...] = importlib.import_module("vitrina.web.files.routes").FILE_ROUTES
    return routes


async def start_files(site: Site, datasette: Any) -> None:
    """Open the storages, and register the column type. Raises ConfigError."""
    files = site.state.get(_KEY)
    if files is None:
        return
    kind = importlib.import_module("vitrina.web.files.column_type").file_column_type(site.urls)
    site.state[REGISTRY_KEY].setdefault(kind.name, kind)
    await files.start(
        await site.hooks.lists("register_files_storage_types", datasette=datasette),
        await site.hooks.lists("register_thumbnail_generators", datasette=datasette),
    )
    await importlib.import_module("vitrina.files.import_rows").ImportRows(files.records).end_interrupted()


async def close_files(site: Site) -> None:
    """Close the storages."""
    for key in (_UPLOADS_KEY, _KEY):
        opened = site.state.get(key)
        if opened is not None:
            await opened.close()
