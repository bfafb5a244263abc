"""Fixtures of the tests with plugins: instances whose plugin is a class of the test."""

from __future__ import annotations

import sqlite3

import pytest

from vitrina.facade.datasette import Datasette
from vitrina.facade.plugins import shared_manager


@pytest.fixture
def with_plugin(tmp_path):
    """Makes an instance with a database of two tables, while a plugin is registered."""
    pm = shared_manager()
    registered, opened = [], []

    def make(plugin=None, **options):
        if plugin is not None:
            pm.register(plugin, name=f"test-plugin-{len(registered)}")
            registered.append(plugin)
        path = tmp_path / "shop.db"
        if not path.exists():
            conn = sqlite3.connect(path)
            conn.executescript(
                "create table goods (id integer primary key, name text); create table bills (id integer primary key);"
                "insert into goods values (1, 'Tea'), (2, 'Rice');"
            )
            conn.close()
        instance = Datasette([str(path)], secret="a-test-secret", **options)
        opened.append(instance)
        return instance

    yield make
    for plugin in registered:
        if pm.is_registered(plugin):
            pm.unregister(plugin)
    for instance in opened:
        instance.close()
