"""Exports of tables in a file whose schema changes before they end."""

import sqlite3

import pytest
from raw_request import raw_request

from vitrina.facade.datasette import Datasette
from vitrina.web.table import csv_page

ALTERED = "The table was altered while it was exported"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "data.db"
    with sqlite3.connect(path) as conn:
        conn.execute("create table t (id integer primary key, n integer)")
        conn.executemany("insert into t (n) values (?)", [(number,) for number in range(100)])
        conn.execute("create table other (id integer primary key)")
    conn.close()
    return path


async def export_while(path, monkeypatch, *statements, is_noticed=True):
    """The lines of the export of ``t``, which is altered by ``statements`` when its first rows were sent."""
    monkeypatch.setattr(csv_page, "_BATCH", 10)
    instance = Datasette([str(path)])

    async def alter():
        conn = sqlite3.connect(path, isolation_level=None)
        for sql in statements:
            conn.execute(sql)
        conn.close()
        if is_noticed:
            # By somebody else's page.
            await instance.client.get("/data.json")

    try:
        answer = await raw_request(instance, b"/data/t.csv", b"_stream=1", when_begun=alter)
    finally:
        instance.close()
    assert answer.status == 200
    return answer.text.split("\r\n")


@pytest.mark.parametrize(
    "sql", ["alter table other add column x", "create table third (id)", "vacuum", "drop table other"]
)
@pytest.mark.parametrize("is_noticed", [True, False])
async def test_what_is_altered_beside_the_table_is_no_matter(path, monkeypatch, sql, is_noticed):
    lines = await export_while(path, monkeypatch, sql, is_noticed=is_noticed)
    assert lines == ["id,n", *[f"{number + 1},{number}" for number in range(100)], ""]


@pytest.mark.parametrize(
    "statements",
    [
        ["alter table t add column x"],
        ["alter table t rename column n to m"],
        ["drop table t", "create table t (id integer, n integer primary key)"],
    ],
)
async def test_other_columns_end_the_export_with_a_word_about_it(path, monkeypatch, statements):
    lines = await export_while(path, monkeypatch, *statements)
    assert lines[-1] == ALTERED
    assert {line.count(",") for line in lines[:-1]} == {1}
    assert len(lines) < 100


async def test_a_table_that_is_gone_ends_the_export_with_a_word_about_it(path, monkeypatch):
    assert (await export_while(path, monkeypatch, "drop table t"))[-1] == "Table not found"
