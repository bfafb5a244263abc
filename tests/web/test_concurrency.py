"""Many requests at once, while other programs write to the same file and change its schema."""

from __future__ import annotations

import asyncio
import random
import sqlite3

import pytest

from vitrina.execute.stream import open_stream
from vitrina.facade.datasette import Datasette
from vitrina.http import streaming

ROUNDS = 40
PAGES = [
    "/data/t.json?_size=5",
    "/data/t/1.json?_extra=columns",
    "/data/t.json?_facet=n&_extra=count",
    "/data.json",
    "/.json",
]


def open_file(path, journal):
    conn = sqlite3.connect(path, isolation_level=None)
    conn.execute(f"pragma journal_mode={journal}")
    conn.execute("create table if not exists t (id integer primary key, n integer)")
    if not conn.execute("select count(*) from t").fetchone()[0]:
        conn.execute("insert into t values (1, 0), (2, 0), (3, 0)")
    return conn


@pytest.fixture(params=[(3, "wal"), (3, "delete"), (1, "wal"), (0, "delete"), (0, "wal")], ids=str)
def served(request, tmp_path):
    threads, journal = request.param
    path = tmp_path / "data.db"
    conn = open_file(path, journal)
    instance = Datasette([str(path)], settings={"num_sql_threads": threads}, secret="s")
    yield instance, conn
    conn.close()
    instance.close()


async def test_no_answer_is_older_than_the_file(served):
    """After every change from outside or through Vitrina, each page says what a direct read says."""
    instance, outside = served
    chance = random.Random(7)
    database = instance.get_database("data")
    for number in range(ROUNDS):
        what = chance.randrange(5)
        if what == 0:
            outside.execute("update t set n = ?", [number])
        elif what == 1:
            outside.execute("insert into t (n) values (?)", [number])
        elif what == 2:
            await database.execute_write("update t set n = n + 1 where id = 1")
        elif what == 3:
            outside.execute("begin")
            outside.execute("delete from t where id > 3")
            outside.execute(chance.choice(("commit", "rollback")))
        else:
            outside.execute(f"create table x{number} (id integer primary key)")
        for _ in range(2):
            answers = await asyncio.gather(*(instance.client.get(page) for page in PAGES * 2))
            assert {answer.status_code for answer in answers} == {200}
            rows = outside.execute("select id, n from t order by id").fetchall()
            tables = [name for (name,) in outside.execute("select name from sqlite_master order by name")]
            for page, answer in zip(PAGES * 2, answers, strict=True):
                data = answer.json()
                if page.startswith("/data/t.json?_size"):
                    assert [tuple(row.values()) for row in data["rows"]] == rows[:5]
                elif page.startswith("/data/t/1"):
                    assert data["rows"][0]["n"] == rows[0][1]
                elif page.startswith("/data/t.json"):
                    assert data["count"] == len(rows)
                    counts = {item["value"]: item["count"] for item in data["facet_results"]["results"]["n"]["results"]}
                    values = [n for _, n in rows]
                    assert counts == {value: values.count(value) for value in set(values)}
                elif page == "/data.json":
                    assert sorted(table["name"] for table in data["tables"]) == tables
                    assert {table["name"]: table["count"] for table in data["tables"]}["t"] == len(rows)
                else:
                    assert data["databases"][0]["tables_count"] == len(tables)
    assert instance.site.state["answers"].hits > 0


async def test_a_writer_at_full_speed(served):
    """Values only rise: an answer made after another one is never older, and each is as new as the last known write."""
    instance, outside = served
    if outside.execute("pragma journal_mode").fetchone() != ("wal",):
        pytest.skip("with a rollback journal readers and writers wait for each other")
    database = instance.get_database("data")
    written = 0

    async def write():
        nonlocal written
        for number in range(1, 41):
            if number % 2:
                await database.execute_write("update t set n = n + 1")
            else:
                outside.execute("update t set n = n + 1")
            written = number
            if number % 10 == 0:
                outside.execute(f"create table y{number} (id integer primary key)")
            await asyncio.sleep(0)

    async def read():
        last = 0
        while written < 40:
            known = written
            response = await instance.client.get("/data/t/1.json")
            value = response.json()["rows"][0]["n"]
            assert value >= max(last, known)
            last = value
            await asyncio.sleep(0)

    await asyncio.gather(write(), *(read() for _ in range(5)))
    assert (await instance.client.get("/data/t/1.json")).json()["rows"][0]["n"] == 40


async def test_fifty_slow_queries_at_once(served):
    instance, _ = served
    sql = "with+recursive+n(i)+as+(select+1+union+all+select+i%2B1+from+n+limit+20000)+select+count(*)+from+n"
    answers = await asyncio.gather(*(instance.client.get(f"/data/-/query.json?sql={sql}&_x={x}") for x in range(50)))
    assert [answer.json()["rows"] for answer in answers] == [[{"count(*)": 20000}]] * 50


async def test_exports_are_limited_and_say_when_to_come_back(tmp_path, monkeypatch):
    path = tmp_path / "data.db"
    open_file(path, "wal").close()
    instance = Datasette([str(path)], settings={"num_sql_threads": 2}, secret="s")
    monkeypatch.setitem(open_stream.__wrapped__.__kwdefaults__, "wait_s", 0.05)
    permits = instance.site.databases["data"].pool.streams
    await permits.acquire()
    assert (await instance.client.get("/data/t.csv?_stream=on")).status_code == 200
    await permits.acquire()
    response = await instance.client.get("/data/t.csv?_stream=on")
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) >= 1
    # Pages go on meanwhile, and exports do when one has ended.
    assert (await instance.client.get("/data/t.csv")).status_code == 200
    permits.release()
    assert (await instance.client.get("/data/t.csv?_stream=on")).text.startswith("id,n\r\n1,0")
    permits.release()
    instance.close()


async def test_a_client_that_stops_reading_gives_its_export_back(tmp_path, monkeypatch):
    path = tmp_path / "data.db"
    open_file(path, "wal").close()
    instance = Datasette([str(path)], settings={"num_sql_threads": 1}, secret="s")
    monkeypatch.setattr(streaming, "UNREAD_S", 0.05)
    await instance.invoke_startup()

    async def stays_connected():
        await asyncio.Event().wait()

    async def reads_the_head_only(message):
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/data/t.csv",
        "raw_path": b"/data/t.csv",
        "query_string": b"_stream=on",
        "headers": [],
    }
    await instance.app()(scope, stays_connected, reads_the_head_only)
    assert (await instance.client.get("/data/t.csv?_stream=on")).text.startswith("id,n\r\n1,0")
    instance.close()
