"""The plugin manager, with flags that make a hook nobody implements cost nothing."""

from __future__ import annotations

import importlib.util
import inspect
import logging
import os
import sys
import weakref
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pluggy

from vitrina.errors import PluginError, StartupError
from vitrina.hooks import old_spec, spec
from vitrina.hooks.blame import blame_plugin, ignores_plugin_errors
from vitrina.hooks.calling import Named, checked, named_results, settled
from vitrina.hooks.markers import PROJECT

log = logging.getLogger("vitrina.plugins")

#: every hook's name, in the order of the specifications
HOOK_NAMES = tuple(name for name in vars(spec) if hasattr(getattr(spec, name), f"{PROJECT}_spec"))

# plugins whose own import made the manager, and those that need one of these, until that import has ended:
# (plugin or None, entry point, distribution)
_half_imported: weakref.WeakKeyDictionary[pluggy.PluginManager, list[Any]] = weakref.WeakKeyDictionary()


# Hooks that are called while an instance is made and started: a plugin that fails in one of them can be left out.
_STARTING = frozenset(
    (
        "asgi_wrapper",
        "canned_queries",
        "get_metadata",
        "prepare_jinja2_environment",
        "publish_subcommand",
        "register_actions",
        "register_column_types",
        "register_commands",
        "register_events",
        "register_facet_classes",
        "register_files_storage_types",
        "register_magic_parameters",
        "register_output_renderer",
        "register_permissions",
        "register_routes",
        "register_thumbnail_generators",
        "register_token_handler",
        "startup",
    )
)

#: distributions that were installed and stayed out, by their name in lower case
left_out: set[str] = set()


class Hooks:
    """Calls hooks on behalf of the core.

    ``pm`` is pluggy's manager, which plugins know.
    """

    def __init__(self, pm: pluggy.PluginManager | None = None) -> None:
        self.pm = pm or new_manager()

    @property
    def plugins_registered(self) -> int:
        """How many plugins there are; changes when one comes or goes."""
        return len(self.pm._name2plugin)

    def has(self, name: str) -> bool:
        """True when at least one plugin implements the hook."""
        caller = getattr(self.pm.hook, name, None)
        return bool(caller is not None and caller.get_hookimpls())

    def call(self, name: str, **arguments: Any) -> list[Any]:
        """Results of all implementations that are not None, in pluggy's order; nothing is awaited.

        What one of them raises is passed on, with a note that names plugin and
        hook. Raises PluginError for what the hook cannot use.
        """
        return [value for _, value in self.call_named(name, **arguments)]

    def call_named(self, name: str, **arguments: Any) -> list[Named]:
        """As :meth:`call`, each result with the name of the plugin it came from."""
        found = []
        for plugin, value in self.call_unsettled(name, **arguments):
            try:
                found.append((plugin, checked(name, plugin, value)))
            except PluginError as error:
                self.refuse(plugin, name, error)
        return found

    def call_unsettled(self, name: str, **arguments: Any) -> list[Named]:
        """As :meth:`call_named`, for results that are still to be given to :func:`settled`."""
        if not self.has(name):
            return []
        tolerate = self._leave_out if name in _STARTING and ignores_plugin_errors() else None
        return named_results(self.pm, name, arguments, tolerate)

    def refuse(self, plugin: str, hook: str, error: Exception) -> None:
        """Raise the error of a plugin's hook, or leave the plugin out where the start goes on without such plugins."""
        blame_plugin(plugin, hook, error)
        if hook not in _STARTING or not ignores_plugin_errors():
            raise error
        self._leave_out(plugin, hook, error)

    def _leave_out(self, plugin: str, hook: str, error: Exception) -> None:
        log.error("The plugin %s cannot start and is left out (hook %s)", plugin, hook, exc_info=error)
        for name in plugin.split(", "):
            if self.pm.has_plugin(name):
                self.pm.unregister(name=name)

    async def gather(self, name: str, **arguments: Any) -> list[Any]:
        """As :meth:`call`, with each result called and awaited by the contract's rule; Nones are dropped."""
        if not self.has(name):
            return []
        return [value for _, value in await self.gather_named(name, **arguments)]

    async def gather_named(self, name: str, **arguments: Any) -> list[Named]:
        """As :meth:`gather`, each value with the name of the plugin it came from."""
        gathered = []
        waiting = self.call_unsettled(name, **arguments)
        try:
            while waiting:
                plugin, result = waiting.pop(0)
                try:
                    value = await settled(name, plugin, result)
                except Exception as error:  # noqa: BLE001 - a plugin call: raised again, or the plugin is left out
                    self.refuse(plugin, name, error)
                    continue
                if value is not None:
                    gathered.append((plugin, value))
        finally:
            # One failed: what the others returned is not awaited any more.
            for _, result in waiting:
                if inspect.iscoroutine(result):
                    result.close()
        return gathered

    def before_built_in(self, name: str) -> frozenset[str]:
        """Plugins whose implementation comes before the core's own.

        Those of a plugins directory, and those that ask to be first: installed
        plugins are called after what is built in.
        """
        installed = {id(plugin) for plugin, _ in self.pm.list_plugin_distinfo()}
        return frozenset(
            str(each.plugin_name)
            for each in getattr(self.pm.hook, name).get_hookimpls()
            if each.tryfirst or (id(each.plugin) not in installed and not each.trylast)
        )

    async def first(self, name: str, **arguments: Any) -> Any:
        """The first result that is not None, after calling and awaiting; every implementation is called."""
        values = await self.gather(name, **arguments)
        return values[0] if values else None

    async def lists(self, name: str, **arguments: Any) -> list[Any]:
        """Results that may each be one item or a list, flattened."""
        flat: list[Any] = []
        for value in await self.gather(name, **arguments):
            flat.extend(items_of(value))
        return flat

    async def lists_named(self, name: str, **arguments: Any) -> list[Named]:
        """As :meth:`lists`, each item with the name of the plugin it came from."""
        found = await self.gather_named(name, **arguments)
        return [(plugin, item) for plugin, value in found for item in items_of(value)]


def items_of(value: Any) -> Iterable[Any]:
    """A plugin's list, the one thing that it returned in place of a list, or nothing for an empty value."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return cast(Iterable[Any], value)
    return (value,) if value else ()


def new_manager() -> pluggy.PluginManager:
    """A plugin manager that knows every hook and has no plugin yet."""
    pm = pluggy.PluginManager(PROJECT)
    pm.add_hookspecs(spec)
    pm.add_hookspecs(old_spec)
    return pm


def load_directory(pm: pluggy.PluginManager, directory: str | Path) -> list[ModuleType]:
    """Import and register each ``*.py`` of a plugins directory under its file name.

    Raises StartupError naming the file that cannot be imported.
    """
    modules = []
    for path in sorted(Path(directory).glob("*.py")):
        if pm.has_plugin(path.name):
            continue
        try:
            module = _import_file(path)
            _add(pm, module, path.name)
        except (StartupError, PluginError):
            if not ignores_plugin_errors():
                raise
            log.exception("The plugin %s is left out", path.name)
            continue
        modules.append(module)
    return modules


def _import_file(path: Path) -> ModuleType:
    module_spec = importlib.util.spec_from_file_location(path.name, path)
    if module_spec is None or module_spec.loader is None:
        raise StartupError(f"The plugin {path} cannot be imported")
    module = importlib.util.module_from_spec(module_spec)
    module.__dict__["__file__"] = str(path)
    try:
        module_spec.loader.exec_module(module)
    except (Exception, SystemExit) as exc:  # a plugin call: whatever a plugin raises is reported under its name
        raise StartupError(f"The plugin {path.name} cannot be imported: {type(exc).__name__}: {exc}") from exc
    return module


def wanted_distributions() -> list[str] | None:
    """Distributions named by VITRINA_LOAD_PLUGINS or DATASETTE_LOAD_PLUGINS; None: all of them."""
    value = os.environ.get("VITRINA_LOAD_PLUGINS", os.environ.get("DATASETTE_LOAD_PLUGINS"))
    if value is None:
        return None
    return [name.strip() for name in value.split(",") if name.strip()]


def load_entry_points(pm: pluggy.PluginManager, skip: Iterable[str] = ()) -> None:
    """Load installed plugins of the entry-point group, all or those that the environment names.

    ``skip`` are distributions that stay out. Raises PluginError naming the
    distribution whose plugin cannot be imported.
    """
    if getattr(sys, "_called_from_test", False):
        # Set by test suites that want no installed plugins.
        return
    wanted = wanted_distributions()
    unwanted = {_plain(name) for name in skip}
    if wanted is not None:
        left_out.update(unwanted & {_plain(name) for name in wanted})
        for name in wanted:
            if _plain(name) not in unwanted:
                _load_named(pm, name)
        return
    for distribution in list(metadata.distributions()):
        name = _plain(distribution.metadata["Name"] or "")
        if name in unwanted:
            left_out.add(name)
        else:
            load_distribution(pm, distribution)


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")


def _load_named(pm: pluggy.PluginManager, name: str) -> None:
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        sys.stderr.write(f"Plugin {name} could not be found\n")
        return
    load_distribution(pm, distribution)


def load_distribution(pm: pluggy.PluginManager, distribution: metadata.Distribution) -> None:
    """Load and register the plugins of one distribution; what is registered already stays. Raises PluginError."""
    for entry_point in distribution.entry_points:
        if entry_point.group != PROJECT or pm.get_plugin(entry_point.name) or pm.is_blocked(entry_point.name):
            continue
        try:
            plugin = entry_point.load()
        except (Exception, SystemExit) as exc:  # a plugin call: whatever a plugin raises is reported under its name
            name = distribution.metadata["Name"]
            if isinstance(exc, ImportError) and _names_half_imported(exc):
                _half_imported.setdefault(pm, []).append((None, entry_point, distribution))
                continue
            if ignores_plugin_errors():
                log.exception("The plugin %s cannot be imported and is left out", name)
                continue
            raise PluginError(f"The plugin {name} cannot be imported: {type(exc).__name__}: {exc}") from exc
        if getattr(getattr(plugin, "__spec__", None), "_initializing", False):
            # The plugin itself asked for the manager while it is imported: its hooks are not there yet.
            _half_imported.setdefault(pm, []).append((plugin, entry_point, distribution))
        else:
            _register(pm, plugin, entry_point.name, distribution)


def register_half_imported(pm: pluggy.PluginManager) -> None:
    """Register plugins that were still being imported when entry points were loaded."""
    waiting = _half_imported.pop(pm, [])
    for plugin, entry_point, distribution in waiting:
        if plugin is None:
            # Waits again where the other plugin is not there yet.
            load_distribution(pm, distribution)
        elif plugin.__spec__._initializing:
            _half_imported.setdefault(pm, []).append((plugin, entry_point, distribution))
        elif not pm.has_plugin(entry_point.name) and not pm.is_registered(plugin):
            _register(pm, plugin, entry_point.name, distribution)


def _names_half_imported(error: ImportError) -> bool:
    """Whether a name was missing from a module that is still being imported."""
    module = sys.modules.get(error.name or "")
    return bool(getattr(getattr(module, "__spec__", None), "_initializing", False))


def _add(pm: pluggy.PluginManager, plugin: Any, name: str) -> None:
    """Register a plugin. Raises PluginError for one whose hooks have arguments that they cannot have."""
    try:
        pm.register(plugin, name=name)
    except (pluggy.PluginValidationError, ValueError) as error:
        if pm.get_plugin(name) is plugin:
            # Some of its hooks may be there already.
            pm.unregister(name=name)
        raise PluginError(f"The plugin {name} cannot be used: {_one_line(error)}") from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _register(pm: pluggy.PluginManager, plugin: Any, name: str, distribution: metadata.Distribution) -> None:
    try:
        _add(pm, plugin, name)
    except PluginError:
        if not ignores_plugin_errors():
            raise
        log.exception("The plugin %s is left out", distribution.metadata["Name"])
        return
    # pluggy's own list, from which distributions of plugins are read
    pm._plugin_distinfo.append((plugin, cast(metadata.Distribution, _DistFacade(distribution))))


class _DistFacade:
    """What pluggy keeps beside a plugin: the distribution, with ``project_name`` and ``version``."""

    def __init__(self, distribution: metadata.Distribution) -> None:
        self._distribution = distribution

    @property
    def project_name(self) -> str:
        return str(self._distribution.metadata["Name"])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._distribution, name)
