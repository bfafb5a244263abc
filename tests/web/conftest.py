"""Fixtures of the tests of pages."""

from __future__ import annotations

import sqlite3

import pytest
from fleet import CONFIG, METADATA, SCHEMA
from small_application import files, make, site  # noqa: F401 - fixtures

from vitrina.facade.datasette import Datasette


@pytest.fixture
def open_fleet(tmp_path):
    opened = []

    def open_one(*, immutable=False, **options):
        path = tmp_path / "fleet.db"
        if not path.exists():
            conn = sqlite3.connect(path)
            conn.executescript(SCHEMA)
            conn.close()
        given = {"immutables": [str(path)]} if immutable else {"files": [str(path)]}
        instance = Datasette(**given, config=CONFIG, metadata=METADATA, secret="a-test-secret", **options)
        opened.append(instance)
        return instance

    yield open_one
    for instance in opened:
        instance.close()


@pytest.fixture
def fleet(open_fleet):
    return open_fleet()
