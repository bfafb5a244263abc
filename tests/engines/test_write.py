"""Writing: one thread, transactions, what a failure leaves behind; and memory databases."""

import asyncio
import sqlite3
import threading

import pytest

from vitrina.errors import EngineError

run = asyncio.run
ROWS = "create table t (id integer primary key, name text unique); insert into t (name) values ('a');"


@pytest.fixture(params=["file", "memory"])
def database(request, make_file, open_database):
    if request.param == "file":
        return open_database(make_file(ROWS))
    database = open_database(memory_name=f"write-{request.node.name}")
    run(database.write(lambda conn: conn.executescript(ROWS), transaction=False))
    return database


def names(database):
    return [row[0] for row in run(database.read(lambda reader: reader.select("select name from t order by id"))).rows]


def insert(*values):
    def fn(conn):
        for value in values:
            conn.execute("insert into t (name) values (?)", (value,))
        return conn.execute("select changes()").fetchone()[0]

    return fn


def test_a_write_is_committed_when_it_returns(database):
    assert run(database.write(insert("b", "c"))) == 1
    assert names(database) == ["a", "b", "c"]


def test_a_failed_write_leaves_nothing(database):
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        run(database.write(insert("b", "a")))
    assert names(database) == ["a"]
    run(database.write(insert("b")))
    assert names(database) == ["a", "b"]


def test_the_transaction_has_begun_and_rows_have_names(database):
    def fn(conn):
        assert conn.in_transaction
        assert conn.isolation_level == "IMMEDIATE"
        return conn.execute("select name from t").fetchone()["name"]

    assert run(database.write(fn)) == "a"


def test_a_function_may_commit_or_roll_back_itself(database):
    def fn(conn):
        insert("b")(conn)
        conn.commit()
        insert("c")(conn)
        conn.rollback()

    run(database.write(fn))
    assert names(database) == ["a", "b"]


def test_without_transaction(database):
    def fn(conn):
        assert not conn.in_transaction
        conn.execute("vacuum")
        conn.execute("begin")
        insert("b")(conn)

    run(database.write(fn, transaction=False))
    assert names(database) == ["a", "b"]


def test_deferred_constraints_fail_at_the_commit(database):
    def fn(conn):
        conn.execute("pragma defer_foreign_keys = 1")
        conn.execute("insert into child values (99)")

    run(
        database.write(
            lambda conn: conn.executescript(
                "pragma foreign_keys = 1;"
                "create table child (t_id integer references t(id) deferrable initially deferred)"
            ),
            transaction=False,
        )
    )
    with pytest.raises(sqlite3.IntegrityError):
        run(database.write(fn))
    run(database.write(insert("b")))
    assert names(database) == ["a", "b"]


def test_writes_run_one_after_the_other_in_one_thread(database):
    async def main():
        return await asyncio.gather(*[database.write(lambda conn: threading.get_ident()) for _ in range(5)])

    assert len(set(run(main()))) == 1


def test_a_write_that_nobody_waits_for_still_happens(database):
    async def main():
        started, go = threading.Event(), threading.Event()

        def slow(conn):
            started.set()
            go.wait(10)
            insert("b")(conn)

        task = asyncio.ensure_future(database.write(slow))
        await asyncio.to_thread(started.wait, 10)
        task.cancel()
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        await database.write(lambda conn: None)

    run(main())
    assert names(database) == ["a", "b"]


def test_isolated_functions_have_a_connection_of_their_own(database):
    def fn(conn):
        conn.execute("create temp table mine (x)")
        insert("b")(conn)
        conn.commit()
        return id(conn)

    own = run(database.isolated(fn))
    assert run(database.write(id)) != own
    assert names(database) == ["a", "b"]
    with pytest.raises(sqlite3.OperationalError):
        run(database.write(lambda conn: conn.execute("select * from mine")))


def test_an_immutable_file_is_not_written(make_file, open_database):
    database = open_database(make_file(ROWS), is_mutable=False)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        run(database.write(insert("b")))


def test_a_file_that_cannot_be_opened_for_writing(tmp_path, open_database):
    with pytest.raises(EngineError):
        run(open_database(str(tmp_path / "no" / "where.db")).write(insert("b")))


def test_memory_databases_of_one_name_are_one(open_database):
    first = open_database(name="one", memory_name="shared-by-two")
    second = open_database(name="two", memory_name="shared-by-two")
    run(first.write(lambda conn: conn.executescript(ROWS), transaction=False))
    assert names(second) == ["a"]
    assert "t" in run(second.ready()).tables


def test_memory_databases_are_read_and_written_at_the_same_time(open_database):
    database = open_database(memory_name="busy")
    run(database.write(lambda conn: conn.executescript(ROWS), transaction=False))

    async def main():
        jobs = []
        for number in range(60):
            jobs.append(database.write(insert(str(number))))
            jobs.append(database.read(lambda reader: reader.select("select * from t, (select 1 from t limit 20)")))
            jobs.append(database.foreign_read(lambda conn: conn.execute("select count(*) from t").fetchall()))
        await asyncio.gather(*jobs)

    run(main())
    assert len(names(database)) == 61


def test_attached_files(make_file, open_database):
    one, two = make_file(ROWS, name="one.db"), make_file(ROWS, name="two.db")
    database = open_database(
        name="_memory",
        is_memory=True,
        is_mutable=False,
        attach=tuple((name, f"file:{path}?mode=ro") for name, path in (("one", one), ("two", two))),
    )
    assert run(database.ready()).attached == ("one", "two")
    sql = "select count(*) from one.t join two.t using (name)"
    assert run(database.read(lambda reader: reader.select(sql, untrusted=True))).rows == [(1,)]
    generation = run(database.look())
    # Files behind it change unseen, so two looks never promise the same contents.
    assert run(database.look()) > generation
