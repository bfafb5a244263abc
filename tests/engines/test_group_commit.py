"""Writes that share a commit: twenty at once with every kind of fault among them."""

import asyncio
import sqlite3
import threading

import pytest

from vitrina.engine.sqlite.group_commit import run_together
from vitrina.errors import EngineError, InvalidSQL, Unavailable

CLIENTS = 20
TABLES = frozenset({"t"})
TABLE = "create table t (id integer primary key, name text unique check (name <> 'checked'));"
FAULTS = {
    "unique": ("insert into t values (1, 'taken');", "taken", InvalidSQL),
    "check": ("", "checked", InvalidSQL),
    "raise-abort": (
        "create trigger r before insert on t when new.name = 'bad' begin select raise(abort, 'refused'); end;",
        "bad",
        InvalidSQL,
    ),
    "raise-rollback": (
        "create trigger r before insert on t when new.name = 'bad' begin select raise(rollback, 'refused'); end;",
        "bad",
        InvalidSQL,
    ),
    "conflict-rollback": (
        "drop table t; create table t (id integer primary key, name text unique on conflict rollback);"
        "insert into t values (1, 'taken');",
        "taken",
        InvalidSQL,
    ),
}


def insert(value):
    def fn(conn):
        conn.execute("insert into t (name) values (?)", (value,))
        return value

    return fn


async def together(database, functions):
    """Let all of them wait behind a write that is under way, so that they share one transaction."""
    held, go = threading.Event(), threading.Event()

    def hold(conn):
        held.set()
        go.wait(10)

    first = asyncio.ensure_future(database.write(hold))
    await asyncio.to_thread(held.wait, 10)
    waiting = [asyncio.ensure_future(database.write_for_request(fn, shared=True, tables=TABLES)) for fn in functions]
    await asyncio.sleep(0.05)
    go.set()
    await first
    return await asyncio.gather(*waiting, return_exceptions=True)


def names(database):
    rows = asyncio.run(database.read(lambda reader: reader.select("select name from t order by id"))).rows
    return [row[0] for row in rows]


@pytest.fixture
def make_database(make_file, open_database):
    def make(sql=""):
        return open_database(make_file(TABLE + sql))

    return make


def test_waiting_writes_share_a_transaction(make_database):
    database = make_database()
    results = asyncio.run(together(database, [insert(f"n{at}") for at in range(CLIENTS)]))
    assert results == [f"n{at}" for at in range(CLIENTS)]
    assert names(database) == results
    assert (database._writer.shared_commits, database._writer.shared_writes) == (1, CLIENTS)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("place", [0, 7, CLIENTS - 1])
def test_only_the_guilty_one_fails(make_database, fault, place):
    sql, bad, kind = FAULTS[fault]
    database = make_database(sql)
    values = [bad if at == place else f"n{at}" for at in range(CLIENTS)]
    results = asyncio.run(together(database, [insert(value) for value in values]))
    assert isinstance(results[place], kind)
    good = [value for value in values if value != bad]
    assert [value for value in results if isinstance(value, str)] == good
    assert [name for name in names(database) if name != "taken"] == good


def test_a_deferred_constraint_fails_its_own_write_only(make_database):
    database = make_database("create table child (t_id integer references t(id) deferrable initially deferred);")

    def orphan(conn):
        conn.execute("insert into child values (12345)")

    async def main():
        await database.write(lambda conn: conn.execute("pragma foreign_keys = 1"), transaction=False)
        functions = [insert(f"n{at}") for at in range(CLIENTS)]
        functions[5] = orphan
        return await together(database, functions)

    results = asyncio.run(main())
    assert isinstance(results[5], InvalidSQL)
    assert "FOREIGN KEY" in results[5].message
    assert names(database) == [f"n{at}" for at in range(CLIENTS) if at != 5]


def test_a_full_file_fails_what_does_not_fit(make_database):
    database = make_database()

    def large(conn):
        conn.execute("insert into t (name) values (hex(zeroblob(400000)))")

    async def main():
        await database.write(lambda conn: conn.execute("pragma max_page_count = 40"), transaction=False)
        functions = [insert(f"n{at}") for at in range(CLIENTS)]
        functions[9] = large
        return await together(database, functions)

    results = asyncio.run(main())
    assert isinstance(results[9], EngineError)
    assert results[9].status == 507
    assert names(database) == [f"n{at}" for at in range(CLIENTS) if at != 9]


def test_a_python_error_fails_its_own_write_only(make_database):
    database = make_database()

    def broken(conn):
        insert("half")(conn)
        raise KeyError("no")

    functions = [insert(f"n{at}") for at in range(CLIENTS)]
    functions[3] = broken
    results = asyncio.run(together(database, functions))
    assert isinstance(results[3], KeyError)
    assert names(database) == [f"n{at}" for at in range(CLIENTS) if at != 3]


def test_others_keep_transactions_of_their_own_and_the_order(make_database):
    database = make_database()
    order = []

    def note(value):
        def fn(conn):
            order.append((value, conn.in_transaction))
            return insert(value)(conn)

        return fn

    async def main():
        held, go = threading.Event(), threading.Event()
        first = asyncio.ensure_future(database.write(lambda conn: (held.set(), go.wait(10))))
        await asyncio.to_thread(held.wait, 10)
        waiting = []
        for at in range(9):
            if at == 4:
                waiting.append(asyncio.ensure_future(database.write(note("alone"))))
            else:
                waiting.append(asyncio.ensure_future(database.write_for_request(note(f"n{at}"), shared=True)))
            await asyncio.sleep(0)
        go.set()
        await first
        await asyncio.gather(*waiting)

    asyncio.run(main())
    assert order == [(value, True) for value in ["n0", "n1", "n2", "n3", "alone", "n5", "n6", "n7", "n8"]]
    assert database._writer.shared_commits == 2


def test_a_locked_file_is_told_from_a_constraint(make_file, open_database, monkeypatch):
    path = make_file(TABLE)
    database = open_database(path)

    async def main():
        await database.write(lambda conn: conn.execute("pragma busy_timeout = 20"), transaction=False)
        other = sqlite3.connect(path)
        other.execute("begin immediate")
        try:
            return await together_refused(database)
        finally:
            other.rollback()
            other.close()

    async def together_refused(database):
        waiting = [database.write_for_request(insert(f"n{at}"), shared=True) for at in range(CLIENTS)]
        return await asyncio.gather(*waiting, return_exceptions=True)

    results = asyncio.run(main())
    assert all(isinstance(result, Unavailable) for result in results)
    assert results[0].headers["Retry-After"] == "1"
    assert names(database) == []
    asyncio.run(database.write(insert("later")))
    assert names(database) == ["later"]


def test_too_many_waiting_writes_are_refused(make_database, monkeypatch):
    monkeypatch.setattr("vitrina.engine.sqlite.writer.MAX_WAITING", 5)
    database = make_database()
    results = asyncio.run(together(database, [insert(f"n{at}") for at in range(CLIENTS)]))
    refused = [result for result in results if isinstance(result, Unavailable)]
    assert len(refused) == CLIENTS - 5
    assert names(database) == [f"n{at}" for at in range(5)]
    asyncio.run(database.write_for_request(insert("after"), shared=True))


def test_bodies_that_wait_are_bounded_in_bytes(make_database, monkeypatch):
    monkeypatch.setattr("vitrina.engine.sqlite.writer.MAX_WAITING_BYTES", 100)
    database = make_database()

    async def main():
        held, go = threading.Event(), threading.Event()
        first = asyncio.ensure_future(database.write(lambda conn: (held.set(), go.wait(10))))
        await asyncio.to_thread(held.wait, 10)
        large = asyncio.ensure_future(database.write_for_request(insert("large"), shared=True, size=500))
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await database.write_for_request(insert("more"), shared=True, size=10)
        go.set()
        await first
        await large

    asyncio.run(main())
    assert names(database) == ["large"]


def test_closing_finishes_what_was_accepted(make_file, open_database):
    path = make_file(TABLE)
    database = open_database(path)

    async def main():
        waiting = [asyncio.ensure_future(database.write_for_request(insert(f"n{at}"), shared=True)) for at in range(50)]
        await asyncio.sleep(0)
        await asyncio.to_thread(database.close)
        await asyncio.gather(*waiting)

    asyncio.run(main())
    conn = sqlite3.connect(path)
    assert conn.execute("select count(*) from t").fetchone() == (50,)
    conn.close()


def test_a_lost_transaction_leaves_no_trace_before_the_second_try():
    conn = sqlite3.connect(":memory:", isolation_level=None)
    conn.executescript(TABLE)
    seen = []

    def count(conn):
        seen.append(conn.execute("select count(*) from t").fetchone()[0])
        return insert(f"n{len(seen)}")(conn)

    def lose(conn):
        insert("lost")(conn)
        conn.execute("rollback")
        raise KeyError("lost")

    outcomes = run_together(conn, [count, lose, count])
    assert [outcome.error is None for outcome in outcomes] == [True, False, True]
    assert seen == [0, 0, 1]
    assert [row[0] for row in conn.execute("select name from t")] == ["n2", "n3"]
    conn.close()
