"""Hooks of earlier releases that plugins still implement; who does is named in the log."""

from __future__ import annotations

import logging
from typing import Any

import pluggy

from vitrina.hooks.markers import hookspec

log = logging.getLogger("vitrina.deprecated")


@hookspec
def permission_allowed(datasette: Any, actor: Any, action: Any, resource: Any) -> Any:
    """Return True, False or None for one action on one resource; may be awaitable."""


@hookspec
def register_permissions(datasette: Any) -> Any:
    """Return a list of permissions in their old form."""


@hookspec
def canned_queries(datasette: Any, database: Any, actor: Any) -> Any:
    """Return an object name → query for one database; may be awaitable."""


@hookspec
def skip_csrf(datasette: Any, scope: Any) -> Any:
    """Return True for a request whose origin is not to be checked."""


@hookspec
def get_metadata(datasette: Any, key: Any, database: Any, table: Any) -> Any:
    """Return metadata as the configuration would give it."""


#: old hook → what plugins should do
ADVICE = {
    "permission_allowed": "implement permission_resources_sql",
    "register_permissions": "implement register_actions",
    "canned_queries": "call datasette.add_query() at start-up",
    "skip_csrf": "remove it: requests with a token are not checked",
    "get_metadata": "call datasette.set_instance_metadata() and its siblings at start-up",
}


def report_old_hooks(pm: pluggy.PluginManager) -> None:
    """One line in the log for each plugin that implements an old hook."""
    for name, advice in ADVICE.items():
        for implementation in getattr(pm.hook, name).get_hookimpls():
            log.warning("%s implements the old hook %s: %s", implementation.plugin_name, name, advice)
