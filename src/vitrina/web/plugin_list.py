"""The list of loaded plugins with their hooks."""

from __future__ import annotations

import os
from typing import Any

import pluggy

from vitrina.hooks.built_in import BUILT_IN_HOOKS

# Modules of Vitrina itself that take part as plugins.
_BUILT_IN = ("vitrina", "datasette.")


def plugin_list(pm: pluggy.PluginManager, *, with_built_in: bool = False) -> list[dict[str, Any]]:
    """Plugins by name: whether they bring static files or templates, their version and the hooks they implement."""
    distributions = dict(pm.list_plugin_distinfo())
    found = []
    for plugin in pm.get_plugins():
        name = pm.get_name(plugin) or ""
        if _is_built_in(plugin, name):
            continue
        distribution = distributions.get(plugin)
        folder = os.path.dirname(getattr(plugin, "__file__", None) or "")
        found.append(
            {
                "name": listed_name(plugin, distribution),
                "static": bool(folder) and os.path.isdir(os.path.join(folder, "static")),
                "templates": bool(folder) and os.path.isdir(os.path.join(folder, "templates")),
                "version": getattr(distribution, "version", None),
                "hooks": sorted({caller.name for caller in pm.get_hookcallers(plugin) or ()}),
            }
        )
    if with_built_in:
        found += [
            {"name": name, "static": False, "templates": False, "version": None, "hooks": list(hooks)}
            for name, hooks in BUILT_IN_HOOKS.items()
        ]
    return sorted(found, key=lambda item: item["name"])


def listed_name(plugin: object, distribution: object | None) -> str:
    """What a plugin is called in lists: its distribution, else its own name, whatever it was registered as."""
    own = getattr(plugin, "__name__", None) or type(plugin).__name__
    return getattr(distribution, "project_name", None) or own


def _is_built_in(plugin: object, name: str) -> bool:
    module = getattr(plugin, "__name__", "") or type(plugin).__module__
    return name.startswith(_BUILT_IN) or module == "vitrina" or module.startswith("vitrina.")
