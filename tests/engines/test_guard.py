"""What people's SQL may not do."""

import asyncio
import sqlite3
import time

import pytest
from endless import ENDLESS

from vitrina.engine.sqlite import memory_limit
from vitrina.engine.sqlite import reader as reader_module
from vitrina.engine.sqlite.guard import TimeLimit
from vitrina.engine.sqlite.watchdog import WATCHDOG
from vitrina.errors import InvalidSQL

SCHEMA = """
create table t (id integer primary key, body text);
insert into t (body) values ('hello world');
create virtual table t_fts using fts5(body, content='t', content_rowid='id');
insert into t_fts(t_fts) values ('rebuild');
create virtual table boxes using rtree(id, x0, x1);
"""


def untrusted(database, sql, **options):
    return asyncio.run(database.read(lambda reader: reader.select(sql, {}, untrusted=True, **options)))


@pytest.fixture(params=["file", "memory"])
def database(request, make_file, open_database):
    if request.param == "file":
        return open_database(make_file(SCHEMA))
    database = open_database(memory_name=f"guard-{request.node.name}")
    asyncio.run(database.write(lambda conn: conn.executescript(SCHEMA), transaction=False))
    return database


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("with x as (select 1) delete from t", "attempt to write a readonly database"),
        ("insert into t (body) values ('x')", "attempt to write a readonly database"),
        ("update t set body = ''", "attempt to write a readonly database"),
        ("insert into t_fts(t_fts) values ('optimize')", "attempt to write a readonly database"),
        ("create table u (a)", "attempt to write a readonly database"),
        ("drop table t", "not authorized"),
        ("alter table t add column c", "not authorized"),
        ("create temp table u (a)", "not authorized"),
        ("create trigger g after insert on t begin select 1; end", "not authorized"),
        ("attach ':memory:' as m", "not authorized"),
        ("attach database '/etc/passwd' as m", "not authorized"),
        ("detach main", "not authorized"),
        ("pragma query_only = 0", "not authorized"),
        ("pragma writable_schema = 1", "not authorized"),
        ("pragma journal_mode = wal", "not authorized"),
        ("select * from pragma_user_version", "not authorized"),
        ("select load_extension('x')", "not authorized"),
        ("select fts3_tokenizer('simple')", "not authorized"),
        ("begin", "not authorized"),
        ("savepoint x", "not authorized"),
        ("reindex", "not authorized"),
        ("select zeroblob(2000000000)", "string or blob too big"),
        ("select hex(zeroblob(100000000))", "string or blob too big"),
        ("select 1 /*" + "x" * 1_000_000 + "*/", "query string is too large"),
    ],
)
def test_refused(database, sql, message):
    with pytest.raises(InvalidSQL) as caught:
        untrusted(database, sql)
    assert caught.value.message == message
    assert untrusted(database, "select body from t").rows == [("hello world",)]


@pytest.mark.parametrize("sql", ["vacuum", "analyze"])
def test_refused_in_whatever_words(database, sql):
    with pytest.raises(InvalidSQL):
        untrusted(database, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "select count(*) from t_fts where t_fts match escape_fts('hello*')",
        "select * from boxes",
        "select * from json_each('[1]')",
        "select * from pragma_table_info('t')",
        "select * from pragma_table_list",
        "explain query plan select * from t",
        "with recursive c(x) as (select 1 union all select x + 1 from c limit 3) select * from c",
        "select type, name from sqlite_master",
    ],
)
def test_allowed(database, sql):
    assert untrusted(database, sql).columns


@pytest.mark.parametrize("sql", ["select sql from sqlite_stmt", "select count(*) from SQLITE_STMT"])
def test_nobody_reads_the_statements_of_others(database, sql):
    untrusted(database, "select 'somebody elses'")
    with pytest.raises(InvalidSQL) as caught:
        untrusted(database, sql)
    # Not every SQLite has the table.
    assert "prohibited" in caught.value.message or "not authorized" in caught.value.message or "no such" in str(caught)


def test_memory_leaves_room_for_the_copies_that_the_driver_makes(monkeypatch, tmp_path):
    for memory, heap in (("536870912", 128), ("4294967296", 1024), ("max", None)):
        (tmp_path / "max").write_text(memory, encoding="ascii")
        monkeypatch.setattr(memory_limit, "_CGROUP", tmp_path / "max")
        found = memory_limit.heap_limit_bytes.__wrapped__()
        assert found == heap * 1024 * 1024 if heap else found >= 128 * 1024 * 1024
        # One row in SQLite, once more in the driver, and three whole results.
        assert 2 * found + 3 * (memory_limit.available_bytes() // 16) <= memory_limit.available_bytes()


def test_a_result_larger_than_the_limit_is_not_collected(make_file, open_database, monkeypatch):
    monkeypatch.setattr(reader_module, "MAX_RESULT_BYTES", 1000)
    database = open_database(make_file(SCHEMA))
    many = "with recursive c(x) as (select 1 union all select x + 1 from c limit 50) select hex(zeroblob(20)) from c"
    assert len(untrusted(database, many, max_rows=10).rows) == 10
    with pytest.raises(InvalidSQL) as caught:
        untrusted(database, many)
    assert caught.value.message == "string or blob too big"


def test_the_watchdog_ends_what_never_looks_at_the_clock():
    conn = sqlite3.connect(":memory:", check_same_thread=False)
    limit = TimeLimit(conn, steps=2**30)
    limit.start(10)
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        conn.execute(ENDLESS)
    limit.stop()
    # A deadline that is over and done with interrupts nothing.
    deadline = time.monotonic() - 1
    limit.interrupt(deadline)
    assert conn.execute("select 1").fetchone() == (1,)
    assert limit not in WATCHDOG._running
    conn.close()
