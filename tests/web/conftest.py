"""Fixtures of the tests of pages."""

from __future__ import annotations

import sqlite3

import pytest
from fleet import CONFIG, METADATA, SCHEMA
from small_application import files, make, site  # noqa: F401 - fixtures
from written_instance import instance, listener, path  # noqa: F401 - fixtures

from vitrina.facade.datasette import Datasette


@pytest.fixture
def open_fleet(tmp_path):
    opened = []

    def open_one(*, immutable=False, **options):
        file = tmp_path / "fleet.db"
        if not file.exists():
            conn = sqlite3.connect(file)
            conn.executescript(SCHEMA)
            conn.close()
        given = {"immutables": [str(file)]} if immutable else {"files": [str(file)]}
        fleet = Datasette(**given, **{"config": CONFIG, "metadata": METADATA, "secret": "a-test-secret", **options})
        opened.append(fleet)
        return fleet

    yield open_one
    for each in opened:
        each.close()


@pytest.fixture
def fleet(open_fleet):
    return open_fleet()


@pytest.fixture
def with_plugin(open_fleet):
    """Opens an instance for a plugin of a test, which no other instance has."""
    registered = []

    def open_one(plugin, **options):
        opened = open_fleet(**options)
        opened.pm.register(plugin, name=f"plugin-{len(registered)}")
        registered.append((opened, plugin))
        return opened

    yield open_one
    for opened, plugin in registered:
        opened.pm.unregister(plugin)
