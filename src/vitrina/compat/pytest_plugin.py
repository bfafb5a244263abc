"""``pytest -p vitrina.compat.pytest_plugin``: a plugin's own tests run on Vitrina, and close what they opened."""

from __future__ import annotations

import functools
from collections.abc import Generator
from typing import Any

import pytest

from vitrina.compat.finder import install
from vitrina.facade.datasette import Datasette
from vitrina.facade.plugins import shared_manager
from vitrina.hooks.twins import prefer_checkout_of_twin
from vitrina.web.content_policy import name_scripts_by_hash

# Before any test module or other pytest plugin imports the reference's name.
install()

_INI = "datasette_autoclose"
_BLOCKED_NAME = "datasette"


class _Instances:
    """The instances that the running test has made; None while nobody counts them."""

    def __init__(self) -> None:
        self.made: list[Any] | None = None

    def watch(self, cls: Any) -> None:
        original = cls.__init__

        def __init__(instance: Any, *args: Any, **kwargs: Any) -> None:
            if self.made is not None:
                self.made.append(instance)
            original(instance, *args, **kwargs)

        functools.update_wrapper(__init__, original)
        cls.__init__ = __init__


_instances = _Instances()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(_INI, "Close instances that a test made when it ends", type="bool", default=True)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """In the checkout of a plugin that Vitrina has built in, its tests are those of the plugin itself."""
    places = {early_config.rootpath, early_config.invocation_params.dir}
    prefer_checkout_of_twin(shared_manager(), [place / part for place in places for part in ("", "src")])


def pytest_configure(config: pytest.Config) -> None:
    name_scripts_by_hash()
    # Installed plugins are imported before test modules import one of them halfway.
    shared_manager()
    if config.getini(_INI) and not config.pluginmanager.is_blocked(_BLOCKED_NAME):
        _instances.watch(Datasette)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Close at the end of the test what it and its own fixtures made."""
    outer, _instances.made = _instances.made, []
    try:
        return (yield)
    finally:
        made, _instances.made = _instances.made, outer
        for instance in reversed(made):
            if hasattr(instance, "site"):
                instance.close()


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
    """What a fixture of a wider scope makes is that fixture's own to close."""
    if fixturedef.scope == "function":
        return (yield)
    outer, _instances.made = _instances.made, None
    try:
        return (yield)
    finally:
        _instances.made = outer
