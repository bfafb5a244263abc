"""Installed plugins, and the folders of templates and static files they bring."""

from __future__ import annotations

import importlib.resources
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pluggy

from vitrina.hooks.call_report import report_calls, reports_calls
from vitrina.hooks.calling import named_results
from vitrina.hooks.manager import Hooks, load_directory, load_entry_points, new_manager, register_half_imported
from vitrina.hooks.twins import TWINS
from vitrina.web.plugin_list import listed_name

_shared: pluggy.PluginManager | None = None


def shared_manager() -> pluggy.PluginManager:
    """The plugin manager of this process, with installed plugins; plugins know it as ``pm``."""
    global _shared
    if _shared is None:
        _shared = new_manager()
        if reports_calls():
            report_calls(_shared)
        load_entry_points(_shared, skip=TWINS)
    register_half_imported(_shared)
    return _shared


def __getattr__(name: str) -> Any:
    # Plugins know the manager as a module's attribute; it is made when first asked for.
    if name == "pm":
        return shared_manager()
    raise AttributeError(name)


def get_plugins() -> list[dict[str, Any]]:
    """Registered plugins as ``{name, static_path, templates_path, hooks}``, with ``version`` for installed ones."""
    pm = shared_manager()
    folders = {each.name: each for each in plugin_folders(pm)}
    distributions = {id(plugin): dist for plugin, dist in pm.list_plugin_distinfo()}
    found = []
    for plugin in pm.get_plugins():
        distribution = distributions.get(id(plugin))
        name = listed_name(plugin, distribution)
        folder = folders.get(name)
        entry: dict[str, Any] = {
            "name": name,
            "static_path": str(folder.static) if folder and folder.static else None,
            "templates_path": str(folder.templates) if folder and folder.templates else None,
            "hooks": [caller.name for caller in pm.get_hookcallers(plugin) or ()],
        }
        if distribution:
            entry["version"] = distribution.version
        found.append(entry)
    return found


def add_commands(hook: str, **arguments: Any) -> None:
    """Let installed plugins add commands to a group; one that fails is named on stderr, all others work."""
    named_results(shared_manager(), hook, arguments, _tell_failed)


def _tell_failed(plugin: str, hook: str, error: Exception) -> None:
    sys.stderr.write(f"The plugin {plugin} failed in the hook {hook}: {type(error).__name__}: {error}\n")


def open_hooks(plugins_dir: str | Path | None) -> Hooks:
    """Hooks with installed plugins and those of a directory. Raises StartupError, PluginError."""
    pm = shared_manager()
    if plugins_dir is not None:
        load_directory(pm, plugins_dir)
    return Hooks(pm)


@dataclass(frozen=True, slots=True)
class PluginFolders:
    """Folders of one plugin; None where it has none."""

    name: str
    templates: Path | None
    static: Path | None


def plugin_folders(pm: pluggy.PluginManager) -> list[PluginFolders]:
    """Folders of every registered plugin that is a package, by the name of its distribution."""
    distributions = {id(plugin): dist.project_name for plugin, dist in pm.list_plugin_distinfo()}
    found = []
    for plugin in pm.get_plugins():
        root = _package_root(plugin)
        if root is None:
            continue
        name = distributions.get(id(plugin), getattr(plugin, "__name__", ""))
        templates, static = root / "templates", root / "static"
        found.append(
            PluginFolders(name, templates if templates.is_dir() else None, static if static.is_dir() else None)
        )
    return found


def _package_root(plugin: Any) -> Path | None:
    name = getattr(plugin, "__name__", None)
    if not isinstance(name, str) or ("." in name and name.endswith(".py")):
        return None
    spec = getattr(plugin, "__spec__", None)
    if spec is None or not spec.submodule_search_locations:
        return None
    root = importlib.resources.files(name)
    return Path(str(root))
