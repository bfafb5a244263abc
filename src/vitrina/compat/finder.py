"""The import finder that serves ``datasette`` and everything below it, and its installation."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.metadata
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from vitrina.compat.names import NAMES, PACKAGES
from vitrina.version import REFERENCE_VERSION

NAME = "datasette"


class _AliasModule(ModuleType):
    """A module whose names are looked up in ours when they are first asked for.

    Looking them up late keeps an import of one name from importing everything.
    """

    def __getattr__(self, name: str) -> Any:
        target = NAMES.get(self.__name__, {}).get(name)
        if target is None:
            child = f"{self.__name__}.{name}"
            if child in NAMES:
                return importlib.import_module(child)
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        module_name, _, attribute = target.partition(":")
        module = importlib.import_module(module_name)
        value = getattr(module, attribute) if attribute else module
        setattr(self, name, value)
        return value

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *NAMES.get(self.__name__, {})})


class AliasFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds ``datasette`` and its modules before any installed copy of the reference is looked at."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in NAMES:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=fullname in PACKAGES)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        module = _AliasModule(spec.name)
        names = NAMES[spec.name]
        if names:
            module.__dict__["__all__"] = [name for name in names if not name.startswith("_")]
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run: names are looked up when asked for."""


_finder = AliasFinder()
_real_version = importlib.metadata.version


def _version(distribution_name: str) -> str:
    """The reference's version under the reference's name; every other distribution as it is."""
    return REFERENCE_VERSION if distribution_name == NAME else _real_version(distribution_name)


def install() -> None:
    """Serve the import name in this process from now on. Idempotent.

    Modules of the reference that were already imported are forgotten.
    """
    if _finder in sys.meta_path:
        return
    sys.meta_path.insert(0, _finder)
    for name in [name for name in sys.modules if name == NAME or name.startswith(f"{NAME}.")]:
        del sys.modules[name]
    importlib.metadata.version = _version


def uninstall() -> None:
    """Undo :func:`install`, for tests."""
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
    for name in [name for name in sys.modules if name == NAME or name.startswith(f"{NAME}.")]:
        del sys.modules[name]
    importlib.metadata.version = _real_version
