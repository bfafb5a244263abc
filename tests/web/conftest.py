"""Fixtures of the tests of pages."""

from __future__ import annotations

import sqlite3

import pytest
from fleet import CONFIG, METADATA, SCHEMA

from vitrina.facade.datasette import Datasette


@pytest.fixture
def open_fleet(tmp_path):
    opened = []

    def make(*, immutable=False, **options):
        path = tmp_path / "fleet.db"
        if not path.exists():
            conn = sqlite3.connect(path)
            conn.executescript(SCHEMA)
            conn.close()
        files = {"immutables": [str(path)]} if immutable else {"files": [str(path)]}
        instance = Datasette(**files, config=CONFIG, metadata=METADATA, secret="a-test-secret", **options)
        opened.append(instance)
        return instance

    yield make
    for instance in opened:
        instance.close()


@pytest.fixture
def fleet(open_fleet):
    return open_fleet()
