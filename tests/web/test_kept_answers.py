"""Kept answers are never older than what was acknowledged, whoever wrote and whatever it was."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import sqlite3
from contextlib import suppress

import pytest

from vitrina.facade.datasette import Datasette

SCHEMA = """
create table labels (id integer primary key, label text);
create table own (id integer primary key, n integer, label_id integer references labels(id));
create table theirs (id integer primary key, n integer);
create table source (id integer primary key, n integer);
create table target (id integer primary key, n integer);
create trigger copies after update on source begin update target set n = new.n; end;
create table counted (id integer primary key autoincrement, n integer);
create view shown as select id, n from own;
insert into labels values (1, 'zero');
insert into own values (1, 0, 1);
insert into theirs values (1, 0);
insert into source values (1, 0);
insert into target values (1, 0);
insert into counted values (1, 0);
"""
ROOT = {"id": "root"}
WRITES = 25
TRIGGER = "create trigger t{} after insert on own begin delete from theirs; end"


def write_from_outside(path, pipe, acknowledged):
    """The other process: one statement for each number that comes in; says so when it is committed."""
    conn = sqlite3.connect(path, timeout=30, isolation_level=None)
    while (sql := pipe.recv()) is not None:
        conn.execute(sql)
        acknowledged.value += 1
        pipe.send(acknowledged.value)
    conn.close()


@pytest.fixture
def outside(tmp_path):
    """Another process that writes to the file: ``run(sql)`` blocks until it is committed."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    acknowledged = context.Value("q", 0)
    process = context.Process(target=write_from_outside, args=(str(tmp_path / "data.db"), there, acknowledged))
    process.start()
    # So that its death ends the waiting for it.
    there.close()

    def run(sql):
        here.send(sql)
        return here.recv()

    run.acknowledged = acknowledged
    yield run
    with suppress(BrokenPipeError):
        here.send(None)
    process.join(10)


@pytest.fixture(params=[(3, "delete"), (3, "wal"), (1, "delete"), (0, "wal"), (0, "truncate")], ids=str)
def instance(request, tmp_path):
    threads, journal = request.param
    conn = sqlite3.connect(tmp_path / "data.db")
    conn.execute(f"pragma journal_mode={journal}")
    conn.executescript(SCHEMA)
    conn.close()
    # Readers may wait for a lock for long where so many write.
    settings = {"num_sql_threads": threads, **PATIENT}
    served = Datasette([str(tmp_path / "data.db")], settings=settings, secret="s")
    served.root_enabled = True
    yield served
    served.close()


async def update(instance, table, n):
    path = f"/data/{table}/1/-/update"
    answer = await instance.client.post(path, json={"update": {"n": n}}, actor=ROOT)
    assert answer.status_code == 200, answer.text


async def number(instance, table):
    """What the page of a table says."""
    answer = await instance.client.get(f"/data/{table}.json?_size=1")
    assert answer.status_code == 200, answer.text
    return answer.json()["rows"][0]["n"]


async def test_no_read_is_older_than_what_was_acknowledged(instance, outside):
    """Two writers that go on, one of them another process: a read shows at least what it could know of before."""
    written = {"own": 0, "theirs": 0, "target": 0}
    going = True

    async def write_own():
        nonlocal going
        for n in range(1, WRITES + 1):
            await update(instance, "own", n)
            written["own"] = n
            await update(instance, "source", n)
            written["target"] = n
        going = False

    async def write_theirs():
        while going:
            n = written["theirs"] + 1
            await asyncio.to_thread(outside, f"update theirs set n = {n}")
            written["theirs"] = n

    async def read(tables):
        while going:
            for table, same in tables.items():
                # What the other process has acknowledged counts from that moment, not from when it was told here.
                known = max(written[same], outside.acknowledged.value if same == "theirs" else 0)
                assert await number(instance, table) >= known, table
                # Without threads for SQL a request lets nobody else in.
                await asyncio.sleep(0)

    pages = {"own": "own", "theirs": "theirs", "target": "target", "shown": "own"}
    readers = [read(pages), read(pages), read({"own": "own"}), read({"theirs": "theirs"}), read({"target": "target"})]
    await asyncio.wait_for(asyncio.gather(write_own(), write_theirs(), *readers), 120)
    assert await number(instance, "own") == WRITES
    assert instance.site.state["answers"].hits > 0


PAGES = (
    "/data/own.json?_extra=count",
    "/data/own.json?_label=label_id&_labels=on",
    "/data/own/1.json",
    "/data/own/1.json?_extra=foreign_key_tables",
    "/data/labels/1.json?_extra=foreign_key_tables",
    "/data/own.json?_facet=label_id",
    "/data/theirs.json",
    "/data/source.json",
    "/data/target.json?_extra=count",
    "/data/shown.json",
    "/data/counted.json",
    "/data/sqlite_sequence.json",
    "/data.json",
    "/.json",
    "/data/own",
    "/data/labels/1",
)
# What is left out for want of time would differ from one moment to the next.
PATIENT = dict.fromkeys(("sql_time_limit_ms", "facet_time_limit_ms", "facet_suggest_time_limit_ms"), 30000)


async def fresh_answers(path, tmp_path):
    """What a server says that has only just looked."""
    other = Datasette([str(path)], secret="s", settings=PATIENT)
    try:
        return [comparable(await other.client.get(page)) for page in PAGES]
    finally:
        other.close()


def comparable(answer):
    if answer.headers["content-type"].startswith("application/json"):
        data = answer.json()
        return answer.status_code, {key: value for key, value in data.items() if key != "query_ms"}
    lines = answer.text.splitlines()
    return answer.status_code, [line for line in lines if "ms" not in line]


async def test_every_page_is_as_one_made_afresh(instance, outside, tmp_path, request):
    """After each of a mixture of changes, own and foreign, of rows and of the schema."""
    chance = random.Random(request.node.name)
    client = instance.client

    async def own(path, body):
        answer = await client.post(path, json=body, actor=ROOT)
        assert answer.status_code in (200, 201), answer.text

    for step in range(8):
        changes = [
            lambda n: own("/data/own/-/insert", {"row": {"n": n, "label_id": 1}}),
            lambda n: own("/data/own/1/-/update", {"update": {"n": n}}),
            lambda n: own("/data/labels/1/-/update", {"update": {"label": f"label {n}"}}),
            lambda n: own("/data/source/1/-/update", {"update": {"n": n}}),
            lambda n: own("/data/counted/-/insert", {"rows": [{"n": n}, {"n": n}]}),
            lambda n: own("/data/own/-/upsert", {"rows": [{"id": 1, "n": -n}]}),
            lambda n: own("/data/-/create", {"table": f"made{n}", "row": {"n": n}}),
            lambda n: own("/data/own/-/insert", {"row": {f"more{n}": n}, "alter": True}),
            lambda n: own("/data/-/execute-write", {"sql": f"update theirs set n = {n}"}),
            lambda n: asyncio.to_thread(outside, f"update labels set label = 'their {n}'"),
            lambda n: asyncio.to_thread(outside, f"insert into own (n) values ({n})"),
            lambda n: asyncio.to_thread(outside, f"create table their{n} (id integer primary key)"),
            lambda n: asyncio.to_thread(
                outside, f"create trigger t{n} after insert on own begin delete from theirs; end"
            ),
        ]
        for change in chance.sample(changes, chance.choice((1, 1, 2))):
            await change(step)
        expected = await fresh_answers(tmp_path / "data.db", tmp_path)
        for _ in range(2):
            for page, what in zip(PAGES, expected, strict=True):
                assert comparable(await client.get(page)) == what, (step, page)


async def test_a_write_leaves_the_answers_of_other_tables(instance):
    """Own writes outdate what was made from their table, from the tables of its triggers, and from anything."""
    await number(instance, "own")
    await number(instance, "theirs")
    await number(instance, "target")
    engine = instance.get_database("data").engine
    generation = engine.generation
    await update(instance, "own", 1)
    assert await engine.holds(generation, frozenset({"theirs", "target"}))
    assert not await engine.holds(generation, frozenset({"own"}))
    assert not await engine.holds(generation, None)
    generation = await engine.look()
    await update(instance, "source", 1)
    assert not await engine.holds(generation, frozenset({"theirs"}))


async def test_changes_from_outside_outdate_everything(instance, outside):
    await number(instance, "own")
    engine = instance.get_database("data").engine
    generation = engine.generation
    await asyncio.to_thread(outside, "update theirs set n = 1")
    assert not await engine.holds(generation, frozenset({"own"}))


async def test_a_foreign_commit_beside_an_own_one_outdates_everything(instance, outside):
    """Neither before the own commit nor at once after it may a foreign one pass for a part of it."""
    await number(instance, "own")
    engine = instance.get_database("data").engine
    generation = engine.generation
    outside("update theirs set n = 1")
    await update(instance, "own", 1)
    assert not await engine.holds(generation, frozenset({"theirs"}))
    generation = await engine.look()
    await update(instance, "own", 2)
    outside("update theirs set n = 2")
    assert not await engine.holds(generation, frozenset({"theirs"}))


async def test_a_foreign_commit_that_nobody_looked_at_is_no_part_of_an_own_one(instance, outside):
    await number(instance, "own")
    engine = instance.get_database("data").engine
    generation = await engine.look()

    def write(conn):
        conn.execute("update own set n = 5")

    outside("update theirs set n = 1")
    await engine.write_for_request(write, shared=True, tables=frozenset({"own"}))
    assert not await engine.holds(generation, frozenset({"theirs"}))
    generation = await engine.look()
    await engine.write_for_request(write, shared=True, tables=frozenset({"own"}))
    assert await engine.holds(generation, frozenset({"theirs"}))


async def test_requests_for_an_outdated_answer_share_one(instance, monkeypatch):
    """A commit has one request compute the page anew, however many ask for it."""
    engine = instance.get_database("data").engine
    await number(instance, "own")
    reads = 0
    read = engine.read

    async def counted(*args, **kwargs):
        nonlocal reads
        reads += 1
        # Every other request comes while this one is answered.
        await asyncio.sleep(0.05)
        return await read(*args, **kwargs)

    monkeypatch.setattr(engine, "read", counted)
    await update(instance, "own", 1)
    assert await asyncio.gather(*(number(instance, "own") for _ in range(8))) == [1] * 8
    # One for those that came before it was begun, at most one more for those that came after.
    assert reads <= 2
