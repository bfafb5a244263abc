"""Reading: rows, limits, errors, catalogs and generations."""

import asyncio
import sqlite3
import threading

import pytest
from endless import ENDLESS

from vitrina.engine.protocols import CatalogChanged
from vitrina.engine.sqlite.connections import ConnectionSetup
from vitrina.errors import DatabaseClosed, InvalidSQL, QueryInterrupted

run = asyncio.run
THREE = "create table t (id integer primary key, name text); insert into t (name) values ('a'), ('b'), ('c');"


def select(database, sql, params=(), **options):
    return run(database.read(lambda reader: reader.select(sql, params, **options)))


def test_rows_come_as_tuples_with_their_columns(make_file, open_database):
    rows = select(open_database(make_file(THREE)), "select id, name as label from t where id < :top", {"top": 3})
    assert rows.columns == ("id", "label")
    assert rows.rows == [(1, "a"), (2, "b")]
    assert not rows.truncated


@pytest.mark.parametrize(("most", "expected", "truncated"), [(2, 2, True), (3, 3, False), (0, 0, True)])
@pytest.mark.parametrize("untrusted", [False, True])
def test_max_rows(make_file, open_database, most, expected, truncated, untrusted):
    rows = select(open_database(make_file(THREE)), "select id from t", max_rows=most, untrusted=untrusted)
    assert (len(rows.rows), rows.truncated) == (expected, truncated)


def test_an_endless_statement_ends(make_file, open_database):
    database = open_database(make_file(THREE))
    with pytest.raises(QueryInterrupted) as caught:
        select(database, ENDLESS, time_limit_ms=20)
    assert caught.value.sql == ENDLESS
    assert "sql_time_limit_ms" in caught.value.message
    # and the connection is good for the next one
    assert select(database, "select count(*) from t", time_limit_ms=1000).rows == [(3,)]


def test_no_time_left_means_no_statement(make_file, open_database):
    with pytest.raises(QueryInterrupted):
        select(open_database(make_file(THREE)), "select 1", time_limit_ms=0)


@pytest.mark.parametrize(
    ("sql", "params", "message"),
    [
        ("select from", (), 'near "from": syntax error'),
        ("select * from nope", (), "no such table: nope"),
        ("select 1; select 2", (), "You can only execute one statement at a time."),
        ("select :a", {}, "You did not supply a value for binding parameter :a."),
        ("select 'a\x00b'", (), "the query contains a null character"),
        ("select abs(-9223372036854775808)", (), "integer overflow"),
        ("select ?", (2**70,), "Python int too large to convert to SQLite INTEGER"),
    ],
)
def test_errors_carry_the_engines_text(make_file, open_database, sql, params, message):
    with pytest.raises(InvalidSQL) as caught:
        select(open_database(make_file(THREE)), sql, params)
    assert caught.value.message == message


def test_text_that_is_not_utf8_gets_replacement_characters(make_file, open_database):
    database = open_database(make_file("create table t (x); insert into t values (cast(x'61ff62' as text)), ('c');"))
    assert select(database, "select x from t").rows == [("a\ufffdb",), ("c",)]

    def job(reader):
        return list(reader.iterate("select x from t")[1])

    assert run(database.read(job)) == [("a\ufffdb",), ("c",)]


def test_iterate_stops_at_its_time_limit(make_file, open_database):
    def job(reader):
        columns, rows = reader.iterate(ENDLESS.replace("count(*)", "x"), time_limit_ms=20)
        assert columns == ("x",)
        for _ in rows:
            pass

    with pytest.raises(QueryInterrupted):
        run(open_database(make_file()).read(job))


def test_each_read_is_one_hop(make_file, open_database, pool):
    database = open_database(make_file(THREE))
    for expected in (1, 2, 3):
        select(database, "select 1")
        assert pool.hops == expected


def test_a_new_schema_is_published_and_the_old_plan_refused(make_file, open_database):
    path = make_file(THREE)
    database = open_database(path)
    old = run(database.ready())
    other = sqlite3.connect(path)
    other.execute("create table later (id integer)")
    other.close()
    with pytest.raises(CatalogChanged):
        run(database.read(lambda reader: None, catalog=old))
    assert "later" in database.catalog.tables
    assert database.catalog.serial > old.serial
    assert run(database.read(lambda reader: reader.catalog, catalog=database.catalog)) is database.catalog


def test_a_schema_that_changes_inside_the_job_is_noticed_too(make_file, open_database):
    path = make_file(THREE)
    database = open_database(path)
    catalog = run(database.ready())

    def job(reader):
        other = sqlite3.connect(path)
        other.execute("alter table t rename to u")
        other.close()
        return reader.select("select * from t")

    with pytest.raises(CatalogChanged):
        run(database.read(job, catalog=catalog))
    assert "u" in database.catalog.tables


def test_generation_rises_with_commits_only(make_file, open_database):
    path = make_file(THREE)
    database = open_database(path)
    first = run(database.look())
    assert run(database.look()) == first
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("begin")
    other.execute("insert into t (name) values ('d')")
    assert run(database.look()) == first
    other.execute("commit")
    other.close()
    second = run(database.look())
    assert second > first
    run(database.write(lambda conn: conn.execute("delete from t")))
    assert run(database.look()) > second
    assert run(database.read(lambda reader: reader.generation)) == database.generation


def test_memo_holds_for_one_generation(make_file, open_database):
    database = open_database(make_file(THREE))
    now = run(database.look())
    database.memo(now)["key"] = 1
    assert database.memo(now) == {"key": 1}
    assert database.memo(now - 1) == {}
    assert database.memo(now + 1) == {}
    assert database.memo(now) == {}


def test_foreign_connections_are_prepared_and_core_ones_are_not(make_file, open_database):
    def prepare(conn, database_name):
        conn.create_function("shout", 1, lambda text: f"{database_name}:{text}!")

    database = open_database(make_file(THREE), setup=ConnectionSetup(prepare=(prepare,)))

    def foreign(conn):
        conn.execute("create temp table mine as select 1 as a")
        row = conn.execute("select shout('x') as s, (select a from mine) as a").fetchone()
        assert isinstance(row, sqlite3.Row)
        return tuple(row)

    assert run(database.foreign_read(foreign)) == ("data:x!", 1)
    with pytest.raises(sqlite3.OperationalError):
        run(database.foreign_read(lambda conn: conn.execute("insert into t (name) values ('no')")))
    # People's SQL may call it, and so may a view that core reads.
    assert select(database, "select shout('y')", untrusted=True).rows == [("data:y!",)]
    assert select(database, "select shout('z')").rows == [("data:z!",)]
    assert run(database.read(lambda reader: reader.conn.row_factory)) is None


def test_a_transaction_that_a_plugin_leaves_open_is_ended(make_file, open_database):
    database = open_database(make_file(THREE))

    def leave_open(conn):
        conn.execute("begin")
        return conn.execute("select count(*) from t").fetchone()[0]

    async def main():
        await asyncio.gather(*[database.foreign_read(leave_open) for _ in range(4)])
        await database.write(lambda conn: conn.execute("insert into t (name) values ('d')"))
        return await asyncio.gather(*[database.foreign_read(leave_open) for _ in range(4)])

    assert run(main()) == [4, 4, 4, 4]


def test_closing(make_file, open_database):
    database = open_database(make_file(THREE))
    select(database, "select 1")
    run(database.write(lambda conn: None))
    database.close()
    database.close()
    for call in (database.look, lambda: database.read(lambda reader: 1), lambda: database.write(lambda conn: 1)):
        with pytest.raises(DatabaseClosed):
            run(call())


def test_closing_interrupts_a_running_statement(make_file, open_database):
    database = open_database(make_file())
    begun = threading.Event()

    async def main():
        def job(reader):
            begun.set()
            return reader.select(ENDLESS)

        task = asyncio.ensure_future(database.read(job))
        await asyncio.to_thread(begun.wait, 10)
        await asyncio.to_thread(database.close)
        with pytest.raises(QueryInterrupted):
            await task

    run(main())


def test_without_threads_everything_runs_in_the_caller(make_file):
    from vitrina.engine.protocols import DatabaseSpec
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.engine.sqlite.readers import ReaderPool

    pool = ReaderPool(0)
    database = SqliteDatabase(DatabaseSpec("data", "data", path=make_file(THREE)), pool=pool)
    here = threading.get_ident()
    assert run(database.read(lambda reader: threading.get_ident())) == here
    assert run(database.write(lambda conn: threading.get_ident())) == here
    assert pool.hops == 0
    database.close()
