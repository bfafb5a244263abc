"""Databases on disk for the tests of engines."""

import sqlite3

import pytest

from vitrina.engine.protocols import DatabaseSpec
from vitrina.engine.sqlite.connections import ConnectionSetup
from vitrina.engine.sqlite.database import SqliteDatabase
from vitrina.engine.sqlite.readers import ReaderPool


@pytest.fixture
def make_file(tmp_path):
    """Write a database file with this SQL; returns its path."""

    def make(sql="", name="data.db"):
        path = tmp_path / name
        conn = sqlite3.connect(path)
        conn.executescript(sql)
        conn.commit()
        conn.close()
        return str(path)

    return make


@pytest.fixture
def pool():
    pool = ReaderPool(2)
    yield pool
    pool.close()


@pytest.fixture
def open_database(pool):
    """Open a database; everything opened is closed after the test."""
    opened = []

    def open_one(path=None, name="data", *, setup=None, attach=(), counts=None, **spec):
        database = SqliteDatabase(
            DatabaseSpec(name, name, path=path, **spec),
            pool=pool,
            setup=setup or ConnectionSetup(),
            attach=attach,
            counts=counts,
        )
        opened.append(database)
        return database

    yield open_one
    for database in opened:
        database.close()
