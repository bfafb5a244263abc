"""Counting rows for lists of tables."""

import asyncio
import sqlite3

import pytest

from vitrina.execute import counts
from vitrina.execute.counts import TableCount, database_counts, home_counts, known_counts_of

run = asyncio.run
MANY = """
create table few (x); insert into few values (1), (2);
create table none_at_all (x);
create table "odd ""name" (x); insert into "odd ""name" values (1);
create table many (x);
with recursive c(i) as (select 1 union all select i + 1 from c limit 10050) insert into many select i from c;
create table edge (x);
with recursive c(i) as (select 1 union all select i + 1 from c limit 10000) insert into edge select i from c;
"""
BROKEN = MANY + "create virtual table broken using fts5(y, content=few);"


@pytest.fixture(autouse=True)
def enough_time(monkeypatch):
    # Only the tests that are about time have little of it.
    monkeypatch.setattr(counts, "HOME_LIMIT_MS", 5000.0)
    monkeypatch.setattr(counts, "DATABASE_LIMIT_MS", 5000.0)
    monkeypatch.setattr(counts, "TOTAL_LIMIT_MS", 20000.0)


def test_database_counts(make_file, open_database, pool):
    database = open_database(make_file(MANY))
    catalog, found = run(database_counts(database))
    assert catalog is database.catalog
    assert found == {
        "few": TableCount(2),
        "none_at_all": TableCount(0),
        'odd "name': TableCount(1),
        "many": TableCount(10001, truncated=True),
        "edge": TableCount(10000),
    }
    assert pool.hops == 1


def test_a_table_that_cannot_be_counted_is_missing(make_file, open_database):
    _, found = run(database_counts(open_database(make_file(BROKEN))))
    assert "broken" not in found
    assert found["many"].truncated
    assert found["few"] == TableCount(2)
    assert found["broken_data"]


def test_the_home_page_has_all_counts_or_none(make_file, open_database):
    assert run(home_counts(open_database(make_file(MANY))))[1]["few"] == 2
    assert run(home_counts(open_database(make_file(BROKEN, name="broken.db"))))[1] == {}


def test_the_home_page_does_not_count_in_large_files(make_file, open_database, monkeypatch):
    monkeypatch.setattr(counts, "HOME_MAX_BYTES", 1000)
    path = make_file(MANY)
    assert run(home_counts(open_database(path)))[1] == {}
    frozen = open_database(path, is_mutable=False)
    assert run(home_counts(frozen))[1]["few"] == 2


def test_no_time_no_counts(make_file, open_database, monkeypatch):
    monkeypatch.setattr(counts, "TOTAL_LIMIT_MS", 0.0)
    assert run(database_counts(open_database(make_file(MANY))))[1] == {}


def test_counts_are_kept_until_the_database_changes(make_file, open_database):
    path = make_file(MANY)
    database = open_database(path)
    run(database_counts(database))
    seen = []

    def spy(reader):
        reader.conn.set_trace_callback(seen.append)

    async def again():
        await asyncio.gather(*[database.read(spy) for _ in range(4)])
        return (await database_counts(database))[1]

    assert run(again())["few"] == TableCount(2)
    assert seen == []
    other = sqlite3.connect(path)
    other.execute("insert into few values (3)")
    other.commit()
    other.close()
    assert run(again())["few"] == TableCount(3)


def test_many_tables_are_counted_with_few_statements(make_file, open_database, pool):
    database = open_database(make_file("".join(f"create table t{i} (x);" for i in range(120))))
    seen = []

    def job(reader):
        reader.conn.set_trace_callback(seen.append)
        return counts.count_tables(reader, database, 5000.0)

    assert len(run(database.read(job))) == 120
    assert len(seen) == 3


def test_an_immutable_database_knows_exactly(make_file, open_database, pool):
    database = open_database(make_file(MANY), is_mutable=False)
    run(database.ready())
    hops = pool.hops
    _, found = run(database_counts(database))
    assert found["many"] == TableCount(10050)
    assert pool.hops == hops


@pytest.mark.parametrize(("count", "found"), [(database_counts, TableCount(7)), (home_counts, 7)])
def test_counts_that_are_given_spare_the_first_page_the_counting(make_file, open_database, count, found):
    database = open_database(make_file(MANY), is_mutable=False, counts={"many": 7})
    assert run(count(database))[1] == {"many": found}


def test_counts_of_an_inspect_file():
    assert known_counts_of({"tables": {"t": {"count": 4}, "u": {}}}) == {"t": 4}
    assert known_counts_of({"hash": "x"}) is None
    assert known_counts_of(None) is None
