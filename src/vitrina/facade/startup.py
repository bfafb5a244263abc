"""What plugins do at the start and the end of an instance, in the contract's order."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from vitrina.errors import StartupError
from vitrina.facade.files import close_files, start_files
from vitrina.facade.lifespan import BackgroundTaskSupervisor
from vitrina.facade.old_hooks import adopt_old_metadata, refresh_old_queries, register_old_permissions
from vitrina.hooks.call import await_me_maybe
from vitrina.hooks.manager import items_of
from vitrina.hooks.old_spec import report_old_hooks
from vitrina.render.column_types import BUILT_IN
from vitrina.tokens.handlers import TokenHandler
from vitrina.web.column_types import REGISTRY_KEY
from vitrina.web.imports.access import close_imports
from vitrina.web.ways_out import LOGIN_KEY

if TYPE_CHECKING:
    from vitrina.execute.own_tokens import OwnTokens
    from vitrina.web.site import Site

log = logging.getLogger("vitrina.startup")


async def run_startup(datasette: Any) -> None:
    """Events, actions, column types, template environment, stored content, then the startup hooks.

    Raises StartupError.
    """
    site: Site = datasette.site
    site.state["events"] = tuple(await site.hooks.lists("register_events", datasette=datasette))
    for plugin, action in await site.hooks.lists_named("register_actions", datasette=datasette):
        try:
            site.permissions.actions.register(action)
        except StartupError as error:
            site.hooks.refuse(plugin, "register_actions", error)
    await register_old_permissions(site, datasette)
    await _register_column_types(site, datasette)
    await site.hooks.gather("prepare_jinja2_environment", env=site.templates.environment, datasette=datasette)
    await register_token_handlers(site, datasette)
    if LOGIN_KEY in site.state:
        site.state[LOGIN_KEY].read()
    await site.store.load()
    await start_files(site, datasette)
    await site.hooks.gather("startup", datasette=datasette)
    if site.hooks.has("get_metadata"):
        await adopt_old_metadata(site, datasette)
    if site.hooks.has("canned_queries"):
        await refresh_old_queries(site, datasette)
    report_old_hooks(site.hooks.pm)


async def register_token_handlers(site: Site, datasette: Any) -> None:
    """Handlers in the order in which they are asked; the built-in one stands before those of installed plugins."""
    hook = "register_token_handler"
    early = site.hooks.before_built_in(hook)
    before: list[TokenHandler] = []
    after: list[TokenHandler] = []
    for plugin, value in await site.hooks.gather_named(hook, datasette=datasette):
        (before if plugin in early else after).extend(items_of(value))
    own: OwnTokens = site.state["tokens"]
    site.state["token_handlers"] = (*before, *own.handlers(), *after)
    await own.start(datasette)


async def _register_column_types(site: Site, datasette: Any) -> None:
    registry = {kind.name: kind for kind in BUILT_IN}
    for plugin, kind in await site.hooks.lists_named("register_column_types", datasette=datasette):
        if kind.name in registry and registry[kind.name] is not kind:
            error = StartupError(f"Duplicate column type name: {kind.name}")
            site.hooks.refuse(plugin, "register_column_types", error)
            continue
        registry[kind.name] = kind
    site.state[REGISTRY_KEY] = registry


async def run_shutdown(datasette: Any, background: BackgroundTaskSupervisor) -> None:
    """Shutdown hooks, whose errors are logged, then the end of background tasks."""
    site: Site = datasette.site
    if site.hooks.has("shutdown"):
        for implementation in reversed(site.hooks.pm.hook.shutdown.get_hookimpls()):
            try:
                names = implementation.argnames
                await await_me_maybe(implementation.function(**({"datasette": datasette} if names else {})))
            except Exception:  # a plugin call: one that fails must not keep the others from ending
                log.exception("The shutdown hook of %s failed", implementation.plugin_name)
    await close_imports(site)
    await background.stop()
    await close_files(site)
