"""Files over which another one is copied while they are served, with numbers that look as if nothing had happened."""

import os
import shutil
import sqlite3

import pytest
from raw_request import raw_request

from vitrina.facade.datasette import Datasette
from vitrina.web.table import csv_page

ROOT = {"id": "root"}


def run(path, *statements):
    conn = sqlite3.connect(path, isolation_level=None)
    for sql in statements:
        found = conn.execute(sql).fetchall()
    conn.close()
    return found


def number_of_commits(path):
    return path.read_bytes()[24:28]


@pytest.fixture
def path(tmp_path):
    """A file and its older copy, of one commit less."""
    path = tmp_path / "data.db"
    run(path, "create table t (id integer primary key, n text)", "insert into t values (1, 'one')")
    shutil.copyfile(path, tmp_path / "older.db")
    run(path, "insert into t values (2, 'two')")
    return path


@pytest.fixture
async def instance(path):
    instance = Datasette([str(path)], settings={"num_sql_threads": 1})
    instance.root_enabled = True
    yield instance
    instance.close()


async def names(instance):
    """What people's SQL finds."""
    sql = "select n from t order by id"
    response = await instance.client.get("/data/-/query.json", params={"sql": sql, "_shape": "arrayfirst"})
    return response.json()


async def put_older_copy_there(instance, path):
    """Copy, be noticed, and commit once: the file has as many commits as the one that was there."""
    commits = number_of_commits(path)
    shutil.copyfile(path.with_name("older.db"), path)
    response = await instance.client.get("/data/t.json?_shape=arrayfirst&_col=n")
    assert response.json() == [1]
    run(path, "insert into t values (3, 'three')")
    assert number_of_commits(path) == commits


async def test_pages_of_a_file_that_was_there_are_not_read(instance, path):
    assert await names(instance) == ["one", "two"]
    await put_older_copy_there(instance, path)
    assert await names(instance) == ["one", "three"]


async def test_pages_of_a_file_that_was_there_are_not_written(instance, path):
    async def insert(key):
        body = {"row": {"id": key, "n": str(key)}}
        response = await instance.client.post("/data/t/-/insert", json=body, actor=ROOT)
        assert response.status_code == 201, response.text

    shutil.copyfile(path, path.with_name("older.db"))
    await insert(4)
    commits = number_of_commits(path)
    shutil.copyfile(path.with_name("older.db"), path)
    await instance.client.get("/data/t.json")
    run(path, "insert into t values (3, 'three')")
    assert number_of_commits(path) == commits
    await insert(5)
    assert run(path, "select id from t") == [(1,), (2,), (3,), (5,)]
    assert run(path, "pragma integrity_check") == [("ok",)]


@pytest.mark.parametrize("table", ["t (p integer, q text)", "t (n text primary key, id text) without rowid"])
async def test_another_schema_with_the_same_number(instance, path, tmp_path, table):
    assert await names(instance) == ["one", "two"]
    other = tmp_path / "other.db"
    run(other, f"create table {table}", "insert into t values (7, 'a')", "insert into t values (8, 'b')")
    run(other, "insert into t values (9, 'c')")
    assert run(other, "pragma schema_version") == run(path, "pragma schema_version")
    shutil.copyfile(other, path)
    with_table = (await instance.client.get("/data/t.json?_shape=array")).json()
    with_sql = (await instance.client.get("/data/-/query.json?sql=select+*+from+t&_shape=array")).json()
    assert [[value for key, value in row.items() if key != "rowid"] for row in with_table] == [
        list(row.values()) for row in with_sql
    ]
    assert set(with_sql[0]) == ({"p", "q"} if "p integer" in table else {"n", "id"})
    assert len(with_sql) == 3


async def test_an_export_does_not_go_on_in_another_file(instance, path, monkeypatch):
    monkeypatch.setattr(csv_page, "_BATCH", 10)
    run(
        path,
        "with recursive i (x) as (select 9 union all select x + 1 from i limit 90) insert into t select x, x from i",
    )

    async def overwrite():
        other = path.with_name("other.db")
        run(other, "create table t (id integer primary key, n text, check (1))", "insert into t select 50, 'another'")
        shutil.copyfile(other, path)

    answer = await raw_request(instance, b"/data/t.csv", b"_stream=1", when_begun=overwrite)
    assert answer.text.endswith("Database data: the file was overwritten while it was read")
    assert "another" not in answer.text


async def test_a_pipe_in_the_place_of_a_file_keeps_nobody_waiting(instance, path):
    assert await names(instance) == ["one", "two"]
    path.unlink()
    os.mkfifo(path)
    response = await instance.client.get("/data/t.json")
    assert response.status_code == 500
    assert response.json()["error"] == f"Database data: {path} is not a file any more"
    path.unlink()
    shutil.copyfile(path.with_name("older.db"), path)
    assert await names(instance) == ["one"]
