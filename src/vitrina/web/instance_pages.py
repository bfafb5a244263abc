"""The pages below ``/-/`` that show one JSON document about this instance."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vitrina.config.secrets import redact
from vitrina.http.response import Response
from vitrina.web.absolute import alternate_json
from vitrina.web.concealment import hides_existence, visible_configuration
from vitrina.web.page import render_page
from vitrina.web.permission_pages.tabs import debug_tabs
from vitrina.web.plugin_list import plugin_list
from vitrina.web.target import format_of
from vitrina.web.versions import versions

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site


async def versions_page(site: Site, request: Request) -> Response:
    """``/-/versions``."""
    await site.permissions.ensure(request.actor, "view-instance")
    asgi_version = request.scope.get("asgi", {}).get("version", "3.0")
    return await _document(site, request, "versions", {"ok": True, **versions(asgi_version, site.version_note)})


async def plugins_page(site: Site, request: Request) -> Response:
    """``/-/plugins``: a list; ``?all=1`` includes what is built in."""
    await site.permissions.ensure(request.actor, "view-instance")
    plugins = plugin_list(site.hooks.pm, with_built_in=bool(request.args.get("all")))
    return await _document(site, request, "plugins", plugins)


async def settings_page(site: Site, request: Request) -> Response:
    """``/-/settings``."""
    await site.permissions.ensure(request.actor, "view-instance")
    return await _document(site, request, "settings", {"ok": True, **site.settings.as_dict()})


async def config_page(site: Site, request: Request) -> Response:
    """``/-/config``: the configuration with its secrets hidden."""
    await site.permissions.ensure(request.actor, "view-instance")
    shown = await visible_configuration(site, request) if hides_existence(site) else site.config.raw
    return await _document(site, request, "config", {"ok": True, **redact(shown)})


async def databases_page(site: Site, request: Request) -> Response:
    """``/-/databases``: those the actor may view."""
    await site.permissions.ensure(request.actor, "view-instance")
    access = await site.permissions.load(request.actor, ("view-database",))
    for database in site.databases.values():
        if not database.is_mutable and database.hash is None:
            # Hashes of small files are made when the file is first looked at.
            await database.ready()
    databases = [
        {
            "name": database.name,
            "route": database.route,
            "path": database.path,
            "size": database.size or 0,
            "is_mutable": database.is_mutable,
            "is_memory": database.is_memory,
            "hash": database.hash,
        }
        for database in site.databases.values()
        if access.allowed("view-database", database.name)
    ]
    return await _document(site, request, "databases", {"ok": True, "databases": databases})


async def actor_page(site: Site, request: Request) -> Response:
    """``/-/actor``: who is asking; needs no permission."""
    return await _document(site, request, "actor", {"ok": True, "actor": request.actor})


async def threads_page(site: Site, request: Request) -> Response:
    """``/-/threads``: threads and tasks of this process."""
    await site.permissions.ensure(request.actor, "permissions-debug")
    threads = threading.enumerate()
    tasks = asyncio.all_tasks()
    body = {
        "ok": True,
        "num_threads": len(threads),
        "threads": [{"name": thread.name, "ident": thread.ident, "daemon": thread.daemon} for thread in threads],
        "num_tasks": len(tasks),
        "tasks": [repr(task) for task in tasks],
    }
    return await _document(site, request, "threads", body)


async def tasks_page(site: Site, request: Request) -> Response:
    """``/-/tasks``: background tasks that plugins registered."""
    await site.permissions.ensure(request.actor, "permissions-debug")
    supervisor = site.state.get("background_tasks")
    body = {
        "ok": True,
        "tasks": [_task(task) for task in supervisor.tasks()] if supervisor else [],
        "launched": supervisor.launched if supervisor else True,
    }
    return await _document(site, request, "tasks", body)


def _task(task: Any) -> dict[str, Any]:
    return {
        "name": task.name,
        "state": task.state,
        "function": task.function,
        "started_at": task.started_at,
        "exception": repr(task.exception) if task.exception else None,
    }


async def actions_page(site: Site, request: Request) -> Response:
    """``/-/actions``: every action that permissions can be given for."""
    await site.permissions.ensure(request.actor, "permissions-debug")
    actions = sorted(site.permissions.actions.values(), key=lambda action: action.name)
    body = [
        {
            "name": action.name,
            "abbr": action.abbr,
            "description": action.description,
            "takes_parent": action.takes_parent,
            "takes_child": action.takes_child,
            "resource_class": action.resource_class.__name__ if action.resource_class else None,
            "also_requires": action.also_requires,
        }
        for action in actions
    ]
    document = {"ok": True, "actions": body}
    if format_of(request) == "json":
        return Response.json(document)
    context = {
        **debug_tabs(site, request, "actions"),
        "title": "Registered actions",
        "data": body,
        "alternate_url_json": alternate_json(site, request),
    }
    return await render_page(site, request, ["debug_actions.html"], context, view_name="debug_actions")


async def _document(site: Site, request: Request, name: str, document: dict[str, Any] | Sequence[Any]) -> Response:
    if format_of(request) == "json":
        return Response.json(document, default=repr)
    # The page shows the document itself: its "ok" is for programs.
    shown = {key: value for key, value in document.items() if key != "ok"} if isinstance(document, dict) else document
    context = {
        "filename": f"{name}.json",
        "data": shown,
        "data_json": json.dumps(shown, indent=4, default=repr),
        "alternate_url_json": alternate_json(site, request),
    }
    return await render_page(site, request, ["show_json.html"], context, view_name="json_data")
