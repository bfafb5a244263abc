"""The internal database and the store in front of it."""

import asyncio
import os
import sqlite3
import stat

import pytest

from vitrina.catalog.stored import AssignedType, StoredQuery
from vitrina.config.model import Config
from vitrina.execute import internal as internal_module
from vitrina.execute.internal import InternalDatabase
from vitrina.execute.store import Store

run = asyncio.run
CONFIG = {
    "databases": {
        "data": {
            "tables": {"t": {"column_types": {"name": "url", "extra": {"type": "json", "config": {"indent": 2}}}}},
            "queries": {
                "plain": "select 1",
                "full": {
                    "sql": "select :a",
                    "title": "Full",
                    "params": ["a"],
                    "write": True,
                    "is_trusted": False,
                    "hide_sql": True,
                    "fragment": "here",
                    "on_success_redirect": "/x",
                },
            },
        }
    }
}
SERVED = """
create table t (id integer primary key, o references t(id));
create view v as select 1 as one;
create index i on t(o);
"""
METADATA = {
    "title": "All",
    "number": 3,
    "databases": {
        "data": {
            "source": "Somewhere",
            "tables": {"t": {"title": "Things", "list": [1, 2], "columns": {"name": "What it is called"}}},
            "queries": {},
        }
    },
}


@pytest.fixture
def internal(pool):
    database = InternalDatabase(pool=pool)
    yield database
    database.close()


@pytest.fixture
def store(internal):
    return Store(Config(raw=CONFIG, metadata=METADATA), internal)


def rows(internal, sql):
    return run(internal.foreign_read(lambda conn: [tuple(row) for row in conn.execute(sql)]))


def test_the_snapshot_needs_no_database(internal, store):
    snapshot = store.snapshot
    assert snapshot.instance_metadata() == {"title": "All", "number": "3"}
    assert snapshot.database_metadata("data") == {"source": "Somewhere"}
    assert snapshot.resource_metadata("data", "t") == {"title": "Things", "list": "[1, 2]"}
    assert snapshot.column_descriptions("data", "t") == {"name": "What it is called"}
    assert snapshot.types_of("data", "t") == {"name": AssignedType("url"), "extra": AssignedType("json", {"indent": 2})}
    assert [query.name for query in snapshot.queries_of("data")] == ["plain", "full"]
    plain, full = snapshot.queries_of("data")
    assert (plain.is_trusted, plain.is_write, plain.source) == (True, False, "config")
    assert (full.is_trusted, full.is_write, full.parameters, full.hide_sql) == (False, True, ("a",), True)
    assert snapshot.query("data", "none") is None
    assert snapshot.resource_metadata("no", "where") == {}
    assert not os.path.exists(internal.path)


def test_foreign_code_finds_everything_in_the_tables(internal, store, make_file, open_database):
    served = [open_database(make_file(SERVED))]
    internal.served = lambda: served
    assert rows(internal, "select database_name, is_memory from catalog_databases") == [("data", 0)]
    assert rows(internal, "select table_name from catalog_tables") == [("t",)]
    assert rows(internal, "select view_name from catalog_views") == [("v",)]
    assert rows(internal, 'select name, type, "notnull", is_pk from catalog_columns') == [
        ("id", "INTEGER", 0, 1),
        ("o", "", 0, 0),
    ]
    assert rows(internal, 'select name, "unique" from catalog_indexes') == [("i", 0)]
    assert rows(internal, 'select "table", "from", "to" from catalog_foreign_keys') == [("t", "o", "id")]
    assert rows(internal, "select key, value from metadata_instance order by key") == [
        ("number", "3"),
        ("title", "All"),
    ]
    assert rows(internal, "select column_name, column_type, config from column_types order by 1") == [
        ("extra", "json", '{"indent": 2}'),
        ("name", "url", None),
    ]
    assert rows(internal, "select name, options, parameters, is_write, is_trusted, source from queries") == [
        ("plain", "{}", "[]", 0, 1, "config"),
        ("full", '{"fragment": "here", "hide_sql": true, "on_success_redirect": "/x"}', '["a"]', 1, 0, "config"),
    ]
    assert rows(internal, "select migration_set from _sqlite_migrations") == [("datasette_internal",)]


def test_reading_the_tables_is_one_hop_of_the_pool(internal, store, pool, make_file, open_database):
    served = [open_database(make_file("create table t (x);"))]
    internal.served = lambda: served
    rows(internal, "select 1")
    assert pool.hops == 1


def test_the_catalog_follows_the_databases(internal, store, make_file, open_database, monkeypatch):
    monkeypatch.setattr(internal_module, "_LOOK_EVERY_S", 0.0)
    served = [
        open_database(make_file("create table t (x);")),
        open_database(make_file("create table u (x);", name="two.db"), name="two"),
    ]
    internal.served = lambda: served
    sql = "select database_name, table_name from catalog_tables order by 1, 2"
    assert rows(internal, sql) == [("data", "t"), ("two", "u")]
    run(served[0].write(lambda conn: conn.execute("create table more (x)")))
    assert rows(internal, sql) == [("data", "more"), ("data", "t"), ("two", "u")]
    served.pop()
    assert rows(internal, sql) == [("data", "more"), ("data", "t")]


def test_a_broken_database_does_not_close_the_tables(internal, store, tmp_path, make_file, open_database):
    path = tmp_path / "bad.db"
    path.write_bytes(b"not a database" * 100)
    served = [open_database(str(path), name="bad"), open_database(make_file("create table t (x);"))]
    internal.served = lambda: served
    assert rows(internal, "select table_name from catalog_tables") == [("t",)]


def test_changes_are_published_and_written(internal, store):
    generation = store.snapshot.generation

    async def change():
        await store.set_instance_metadata("title", "New")
        await store.set_database_metadata("data", "about", ["x"])
        await store.set_resource_metadata("data", "t", "title", "Renamed")
        await store.set_column_metadata("data", "t", "name", "unit", "m")
        await store.set_column_type("data", "t", "name", "email", {"a": 1})
        await store.remove_column_type("data", "t", "extra")
        await store.save_query(StoredQuery("data", "mine", "select 2", is_private=True, owner_id="ines"))

    run(change())
    snapshot = store.snapshot
    assert snapshot.generation > generation
    assert snapshot.instance["title"] == "New"
    assert snapshot.database_metadata("data") == {"source": "Somewhere", "about": '["x"]'}
    assert snapshot.resource_metadata("data", "t")["title"] == "Renamed"
    assert snapshot.column_metadata("data", "t")["name"] == {"description": "What it is called", "unit": "m"}
    assert snapshot.types_of("data", "t") == {"name": AssignedType("email", {"a": 1})}
    query = snapshot.query("data", "mine")
    assert (query.is_private, query.owner_id) == (True, "ines")
    assert rows(internal, "select value from metadata_instance where key = 'title'") == [("New",)]
    assert rows(internal, "select is_private, owner_id from queries where name = 'mine'") == [(1, "ines")]


def test_updating_and_removing_queries(store):
    async def change():
        await store.save_query(StoredQuery("data", "mine", "select 2", title="Old"))
        changed = await store.update_query("data", "mine", title="New", parameters=["x"])
        assert await store.update_query("data", "none", title="New") is None
        await store.remove_query("data", "plain", source="user")
        return changed

    assert run(change()).title == "New"
    assert store.snapshot.query("data", "mine").parameters == ("x",)
    assert store.snapshot.query("data", "mine").sql == "select 2"
    assert store.snapshot.query("data", "plain") is not None
    run(store.remove_query("data", "plain"))
    assert store.snapshot.query("data", "plain") is None


def test_what_a_plugin_writes_is_published(internal, store):
    def fn(conn):
        conn.execute("insert into queries (database_name, name, sql) values ('data', 'theirs', 'select 3')")
        conn.execute("create table their_own (x)")

    run(internal.write(fn))
    assert store.snapshot.query("data", "theirs").sql == "select 3"
    generation = store.snapshot.generation
    run(internal.write(lambda conn: conn.execute("insert into their_own values (1)")))
    # Nothing the store holds has changed, so nothing compiled from it is thrown away.
    assert store.snapshot.generation == generation


def test_the_temporary_file_is_private_and_goes(internal, store):
    rows(internal, "select 1")
    assert stat.S_IMODE(os.stat(internal.path).st_mode) == 0o600
    internal.close()
    assert not os.path.exists(internal.path)
    assert not os.path.exists(internal.path + "-wal")


def test_a_persistent_one_keeps_what_did_not_come_from_the_configuration(pool, tmp_path):
    path = str(tmp_path / "internal.db")

    async def first():
        internal = InternalDatabase(pool=pool, path=path)
        store = Store(Config(raw=CONFIG, metadata=METADATA), internal)
        await store.load()
        await store.save_query(StoredQuery("data", "mine", "select 2"))
        await store.set_instance_metadata("kept", "yes")
        internal.close()

    async def second():
        internal = InternalDatabase(pool=pool, path=path)
        config = {"databases": {"data": {"queries": {"other": "select 9"}}}}
        store = Store(Config(raw=config), internal)
        snapshot = await store.load()
        internal.close()
        return snapshot

    run(first())
    snapshot = run(second())
    assert {query.name for query in snapshot.queries_of("data")} == {"mine", "other"}
    assert snapshot.instance["kept"] == "yes"
    assert os.path.exists(path)


def test_another_process_writes_to_a_persistent_one(pool, tmp_path):
    path = str(tmp_path / "internal.db")

    async def main():
        internal = InternalDatabase(pool=pool, path=path)
        store = Store(Config(), internal)
        await store.load()
        other = sqlite3.connect(path)
        other.execute("insert into queries (database_name, name, sql) values ('data', 'theirs', 'select 3')")
        other.commit()
        other.close()
        snapshot = await store.refresh()
        internal.close()
        return snapshot

    assert run(main()).query("data", "theirs") is not None
