"""Streams and free queries kept in a file."""

import asyncio
import sqlite3
import threading
from contextlib import asynccontextmanager

import pytest
from endless import ENDLESS

from vitrina.engine.sqlite.readers import ReaderPool
from vitrina.errors import InvalidSQL, QueryInterrupted, Unavailable
from vitrina.execute.inspect import inspect_databases
from vitrina.execute.stream import open_stream, spool_query

run = asyncio.run
ROWS = "create table t (id integer primary key, name text); insert into t (name) values ('a'), ('b');"
UP_TO = (
    "with recursive c(x) as (select 1 union all select x + 1 from c limit {}) select x, 'text', 1.5, x'00', null from c"
)


async def collect(spooled):
    return [row async for batch in spooled.batches() for row in batch]


def test_a_free_query_comes_back_whole(make_file, open_database):
    async def main():
        async with open_stream(open_database(make_file(ROWS))) as session:
            spooled = await spool_query(session, UP_TO.format(1234), time_limit_ms=10_000)
            rows = await collect(spooled)
            spooled.close()
            spooled.close()
            return spooled, rows

    spooled, rows = run(main())
    assert spooled.columns[0] == "x"
    assert rows[0] == (1, "text", 1.5, b"\x00", None)
    assert [row[0] for row in rows] == list(range(1, 1235))
    assert not spooled.truncated


def test_rows_before_an_error_are_kept(make_file, open_database):
    sql = UP_TO.format(10**12)

    async def main():
        async with open_stream(open_database(make_file(ROWS))) as session:
            spooled = await spool_query(session, sql, time_limit_ms=60)
            rows = []
            with pytest.raises(QueryInterrupted):
                async for batch in spooled.batches():
                    rows += batch
            return rows

    assert len(run(main())) > 100


def test_the_file_stops_growing(make_file, open_database):
    async def main():
        async with open_stream(open_database(make_file(ROWS))) as session:
            spooled = await spool_query(session, UP_TO.format(10**7), time_limit_ms=20_000, max_bytes=50_000)
            return spooled.truncated, len(await collect(spooled))

    truncated, count = run(main())
    assert truncated
    assert count < 5000


@pytest.mark.parametrize("sql", ["select nope", "attach ':memory:' as m"])
def test_what_cannot_begin_raises_at_once(make_file, open_database, sql):
    async def main():
        async with open_stream(open_database(make_file(ROWS))) as session:
            await spool_query(session, sql)

    with pytest.raises(InvalidSQL):
        run(main())


def test_nothing_is_locked_between_batches(make_file, open_database):
    path = make_file(ROWS)

    async def main():
        async with open_stream(open_database(path)) as session:
            spooled = await spool_query(session, UP_TO.format(5000))
            await session.read(lambda reader: reader.select("select * from t", max_rows=1))
            other = sqlite3.connect(path, timeout=0)
            other.execute("begin exclusive")
            other.execute("rollback")
            other.close()
            return len(await collect(spooled))

    assert run(main()) == 5000


def test_streams_take_turns(make_file, open_database):
    database = open_database(make_file(ROWS))

    async def main():
        async with open_stream(database), open_stream(database):
            with pytest.raises(Unavailable) as caught:
                async with open_stream(database, wait_s=0.01):
                    pass
            assert caught.value.headers["Retry-After"]
        async with open_stream(database, wait_s=0.01) as session:
            return (await session.read(lambda reader: reader.select("select 1"))).rows

    assert run(main()) == [(1,)]


def test_a_stream_closes_its_connections(make_file, open_database):
    database = open_database(make_file(ROWS))

    async def main():
        await database.ready()
        before = database.open_connections
        async with open_stream(database) as session:
            await session.read(lambda reader: reader.select("select 1"))
            assert database.open_connections == before + 1
        assert database.open_connections == before

    run(main())


def test_without_threads_one_stream_runs(make_file):
    assert ReaderPool(0).streams._value == 1


def test_inspect(make_file, open_database):
    path = make_file(ROWS)
    found = inspect_databases([open_database(path).spec])
    assert set(found) == {"data"}
    assert found["data"]["tables"] == {"t": {"count": 2}}
    assert found["data"]["file"] == path
    assert len(found["data"]["hash"]) == 64
    assert found["data"]["size"] == open_database(path).size


@asynccontextmanager
async def stuck_threads(number, run):
    release = threading.Event()
    jobs = [asyncio.ensure_future(run(release.wait)) for _ in range(number)]
    await asyncio.sleep(0)
    try:
        yield
    finally:
        release.set()
        await asyncio.gather(*jobs)


@pytest.mark.parametrize("lane", ["run", "run_export"])
@pytest.mark.parametrize("number", [2, 9])
def test_threads_that_do_not_come_back_are_replaced(lane, number):
    """Also for the only one who waits, when nobody asks for anything any more."""
    pool = ReaderPool(2, stuck_after_s=0.05)

    async def wait():
        async with stuck_threads(number, getattr(pool, lane)):
            return await asyncio.wait_for(getattr(pool, lane)(lambda: "done"), 20)

    assert asyncio.run(wait()) == "done"
    pool.close()
    assert not pool.is_stuck


def test_beside_too_many_stuck_threads_nothing_is_begun_that_may_not_end(make_file, open_database):
    database = open_database(make_file(ROWS))
    database.pool._stuck_after_s = 0.05

    def read(untrusted):
        statement = database.read(lambda reader: reader.select("select count(*) from t", untrusted=untrusted))
        return asyncio.wait_for(statement, 20)

    async def main():
        async with stuck_threads(12, database.pool.run):
            assert (await read(False)).rows == [(2,)]
            with pytest.raises(Unavailable):
                await read(True)
        assert (await read(True)).rows == [(2,)]

    asyncio.run(main())


def test_leaving_ends_the_statement(make_file, open_database):
    database = open_database(make_file("create table t (a)"))

    async def leave() -> None:
        endless = asyncio.ensure_future(
            database.read(lambda reader: reader.select(ENDLESS, time_limit_ms=60_000, untrusted=True))
        )
        await asyncio.sleep(0.2)
        endless.cancel()
        with pytest.raises(asyncio.CancelledError):
            await endless
        # A thread that is still busy would keep some of these waiting.
        await asyncio.wait_for(
            asyncio.gather(*(database.read(lambda reader: reader.select("select 1")) for _ in range(9))), 20
        )

    asyncio.run(leave())
