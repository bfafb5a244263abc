"""Which tables a statement reads, and which a change of rows may touch."""

import asyncio
import sqlite3

import pytest

from vitrina.engine import observed
from vitrina.engine.sqlite.changes import Changes
from vitrina.engine.sqlite.introspect import introspect

SCHEMA = """
create table a (id integer primary key, n integer, b_id integer references b(id));
create table b (id integer primary key, label text);
create table "C d" (id integer primary key, items text);
create view v as select * from a;
create virtual table f using fts5(label, content="b");
"""
READS = {
    "select * from a": {"a"},
    "select 1 from a limit 3": {"a"},
    "select count(*) from a": {"a"},
    "select count(*) from (select 1 from a limit 3)": {"a"},
    "select rowid from b": {"b"},
    "select id from a where b_id in (select id from b where label = 'x')": {"a", "b"},
    "select exists(select 1 from b)": {"b"},
    "select a.id from a left join b on 1": {"a", "b"},
    "with x as (select n from a) select * from x": {"a"},
    'select j.value from "C d", json_each(items) as j': {"C d"},
    "select cast('1' as real)": set(),
    "select * from A": {"a"},
    "select * from v": None,
    "select rowid from f where f match 'x'": None,
    "select id from b where id in (select rowid from f where f match 'x')": None,
    "select name from pragma_table_info('a')": None,
    "select name from sqlite_master": set(),
}


@pytest.fixture
def database(make_file, open_database):
    return open_database(make_file(SCHEMA))


def tables_of(database, *statements):
    async def run():
        observed.begin()
        for sql in statements:
            await database.read(lambda reader, sql=sql: reader.select(sql))
        return observed.observed()

    ((found, seen),) = asyncio.run(run())
    assert found is database
    return seen.known_tables()


@pytest.mark.parametrize("sql", READS)
def test_tables_of_a_statement(database, sql):
    for _ in range(3):
        # Prepared now, or kept by the driver from the last time.
        assert tables_of(database, sql) == READS[sql]


def test_tables_of_several_statements(database):
    assert tables_of(database, "select * from a", "select * from b", "select * from a") == {"a", "b"}
    assert tables_of(database, "select * from a", "select * from v") is None


def test_statements_of_people_may_read_anything(database):
    async def run():
        observed.begin()
        await database.read(lambda reader: reader.select("select * from a", untrusted=True))
        return observed.observed()[0][1].known_tables()

    assert asyncio.run(run()) is None


def test_a_table_that_becomes_a_view_is_told(database):
    assert tables_of(database, "select * from b") == {"b"}
    conn = sqlite3.connect(database.path)
    conn.executescript("drop table b; create view b as select id, n as label from a;")
    conn.close()
    assert tables_of(database, "select * from b") is None


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", set()),
        ("create trigger t after insert on A begin delete from b; end", {"a"}),
        ("create trigger t instead of insert on v begin delete from b; end", set()),
        ("create table d (id integer references B(id) on delete cascade)", {"b"}),
        ("create table d (id integer references b(id) on update set null)", {"b"}),
        ("create table d (id integer references b(id) on delete restrict)", set()),
    ],
)
def test_tables_whose_changes_change_others(more, expected):
    conn = sqlite3.connect(":memory:")
    conn.executescript(SCHEMA + more)
    catalog = introspect(conn, "data", 1)
    conn.close()
    assert {name for name, table in catalog.tables.items() if table.changes_others} == expected


def test_changes_by_table():
    changes = Changes()
    assert not changes.since(0, None)
    changes.note(1, frozenset({"a"}))
    assert changes.since(0, frozenset({"a", "b"}))
    assert changes.since(0, None)
    assert not changes.since(0, frozenset({"b"}))
    assert not changes.since(1, frozenset({"a"}))
    changes.note(2, None)
    assert changes.since(1, frozenset({"b"}))
    assert changes.since(1, frozenset())
    assert not changes.since(2, frozenset({"a"}))
    assert not changes.since(2, None)
