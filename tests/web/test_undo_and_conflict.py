"""Taking back a deletion, and updates of rows that somebody else changed meanwhile."""

import json
import sqlite3

import pytest

from vitrina.execute import deleted_rows
from vitrina.facade.datasette import Datasette

ANN, BOB, READER = {"id": "ann"}, {"id": "bob"}, {"id": "reader"}
SCHEMA = """
create table things (id integer primary key, name text, n, data blob, twice integer generated always as (id * 2));
insert into things (id, name, n, data) values
  (1, 'One', 1.5, x'00ff'), (2, '<b>', 9007199254740993, null), (3, '', 9e999, null);
create table plain (a text unique, b integer);
insert into plain values ('x', 1), ('y', 2);
create table pairs (a text, b text, note text, primary key (a, b)) without rowid;
insert into pairs values ('a/b', 'c,d', 'first');
create trigger stays before delete on plain when old.a = 'y' begin select raise(abort, 'y stays'); end;
"""
CONFIG = {
    "databases": {
        "stock": {
            "permissions": {
                "insert-row": {"id": ["ann", "bob", "root"]},
                "update-row": {"id": ["ann", "bob", "blind"]},
                "delete-row": {"id": ["ann", "bob", "reader"]},
            },
            "tables": {"things": {"allow": {"id": ["ann", "bob", "reader"]}}},
        }
    }
}


@pytest.fixture
async def stock(tmp_path):
    path = tmp_path / "stock.db"
    conn = sqlite3.connect(path)
    conn.executescript(SCHEMA)
    conn.close()
    instance = Datasette([str(path)], config=CONFIG, secret="a-test-secret")
    yield instance
    instance.close()


async def post(instance, path, body=None, actor=ANN, status=200):
    response = await instance.client.post(path, json={} if body is None else body, actor=actor)
    assert response.status_code == status, response.text
    return response.json()


async def rows_of(instance, sql):
    return [tuple(row) for row in (await instance.get_database("stock").execute(sql)).rows]


async def test_undo_brings_the_row_back_as_it_was(stock):
    everything = "select *, typeof(n), typeof(data) from things order by id"
    before = await rows_of(stock, everything)
    for key in (1, 2, 3):
        undo = (await post(stock, f"/stock/things/{key}/-/delete?_undo=1"))["undo"]
        assert undo["seconds"] == 600
        assert await rows_of(stock, f"select 1 from things where id = {key}") == []
        assert await post(stock, undo["path"], {"undo": undo["id"]}) == {"ok": True}
    assert await rows_of(stock, everything) == before


async def test_undo_works_once(stock):
    undo = (await post(stock, "/stock/things/1/-/delete?_undo=1"))["undo"]
    await post(stock, undo["path"], {"undo": undo["id"]})
    again = await post(stock, undo["path"], {"undo": undo["id"]}, status=404)
    assert again["error"] == "There is nothing to undo: too late, or done already"


@pytest.mark.parametrize("path", ["/stock/plain/1", "/stock/pairs/a~2Fb,c~2Cd"])
async def test_undo_of_other_kinds_of_keys(stock, path):
    table = path.split("/")[2]
    columns = "rowid, *" if table == "plain" else "*"
    before = await rows_of(stock, f"select {columns} from {table}")
    undo = (await post(stock, f"{path}/-/delete?_undo=1"))["undo"]
    await post(stock, undo["path"], {"undo": undo["id"]})
    assert await rows_of(stock, f"select {columns} from {table}") == before


async def test_without_asking_nothing_is_kept(stock):
    assert await post(stock, "/stock/things/1/-/delete") == {"ok": True}
    internal = stock.get_internal_database()
    assert not (await internal.execute("select 1 from sqlite_master where name = 'vitrina_deleted_rows'")).rows


async def test_a_row_that_stays_is_not_kept(stock):
    assert "y stays" in (await post(stock, "/stock/plain/2/-/delete?_undo=1", status=400))["error"]


async def test_another_actor_cannot_undo_nor_use_it_up(stock):
    undo = (await post(stock, "/stock/things/1/-/delete?_undo=1"))["undo"]
    await post(stock, undo["path"], {"undo": undo["id"]}, actor=BOB, status=404)
    await post(stock, undo["path"], {"undo": undo["id"]}, actor=None, status=403)
    await post(stock, "/stock/plain/-/restore", {"undo": undo["id"]}, status=404)
    await post(stock, undo["path"], {"undo": undo["id"]})


async def test_who_may_not_insert_is_offered_no_undo(stock):
    assert await post(stock, "/stock/things/1/-/delete?_undo=1", actor=READER) == {"ok": True}


async def test_permission_counts_at_the_time_of_the_undo(stock):
    undo = (await post(stock, "/stock/things/1/-/delete?_undo=1"))["undo"]
    narrowed = {**ANN, "_r": {"a": ["view-instance"]}}
    await post(stock, undo["path"], {"undo": undo["id"]}, actor=narrowed, status=403)
    assert await rows_of(stock, "select 1 from things where id = 1") == []


async def test_the_row_is_forgotten_after_ten_minutes(stock, monkeypatch):
    undo = (await post(stock, "/stock/things/1/-/delete?_undo=1"))["undo"]
    now = deleted_rows.time.time()
    monkeypatch.setattr(deleted_rows.time, "time", lambda: now + 601)
    await post(stock, undo["path"], {"undo": undo["id"]}, status=404)
    kept = await stock.get_internal_database().execute("select count(*) from vitrina_deleted_rows")
    assert kept.rows[0][0] == 0


async def test_an_actor_keeps_a_limited_number_of_rows(stock, monkeypatch):
    monkeypatch.setattr(deleted_rows, "KEPT_ROWS", 1)
    first = (await post(stock, "/stock/things/1/-/delete?_undo=1"))["undo"]
    second = (await post(stock, "/stock/things/2/-/delete?_undo=1"))["undo"]
    await post(stock, first["path"], {"undo": first["id"]}, status=404)
    await post(stock, second["path"], {"undo": second["id"]})


async def test_the_rows_of_an_actor_have_a_limited_size_together(stock, monkeypatch):
    monkeypatch.setattr(deleted_rows, "KEPT_ROWS_BYTES", 150)
    undos = [(await post(stock, f"/stock/things/{key}/-/delete?_undo=1"))["undo"] for key in (1, 2, 3)]
    await post(stock, undos[0]["path"], {"undo": undos[0]["id"]}, status=404)
    await post(stock, undos[2]["path"], {"undo": undos[2]["id"]})


async def test_a_very_large_row_is_deleted_but_not_kept(stock, monkeypatch):
    monkeypatch.setattr(deleted_rows, "KEPT_BYTES", 20)
    assert await post(stock, "/stock/things/1/-/delete?_undo=1") == {"ok": True}


async def test_an_undo_that_fails_can_be_tried_again(stock):
    undo = (await post(stock, "/stock/plain/1/-/delete?_undo=1"))["undo"]
    await post(stock, "/stock/plain/-/insert", {"row": {"a": "x", "b": 9}}, status=201)
    refused = await post(stock, undo["path"], {"undo": undo["id"]}, status=400)
    assert "UNIQUE constraint failed" in refused["error"]
    await stock.get_database("stock").execute_write("delete from plain where b = 9")
    await post(stock, undo["path"], {"undo": undo["id"]})


async def test_undo_after_the_table_changed(stock):
    undo = (await post(stock, "/stock/plain/1/-/delete?_undo=1"))["undo"]
    await stock.get_database("stock").execute_write("alter table plain add column c text")
    await post(stock, undo["path"], {"undo": undo["id"]})
    undo = (await post(stock, "/stock/plain/1/-/delete?_undo=1"))["undo"]
    await stock.get_database("stock").execute_write("alter table plain rename column b to bb")
    assert "b" in (await post(stock, undo["path"], {"undo": undo["id"]}, status=400))["error"]
    await stock.get_database("stock").execute_write("drop table plain")
    await post(stock, undo["path"], {"undo": undo["id"]}, status=404)


@pytest.mark.parametrize(
    "body", [[], {}, {"undo": 1}, {"undo": None}, {"undo": ["x"]}, {"undo": "x", "more": 1}, "text", 1]
)
async def test_bodies_that_are_no_undo(stock, body):
    await post(stock, "/stock/things/-/restore", body, status=400)


@pytest.mark.parametrize("value", ["", "' or 1=1 --", "\x00", "x" * 100_000, "\ud800"])
async def test_hostile_ids(stock, value):
    body = json.dumps({"undo": value})
    response = await stock.client.post("/stock/things/-/restore", content=body, actor=ANN)
    assert response.status_code == 404


# Conflicts


async def row_of(instance, path):
    return (await instance.client.get(f"{path}.json", actor=ANN)).json()["rows"][0]


@pytest.mark.parametrize("key", [1, 2, 3])
async def test_an_update_of_an_unchanged_row_goes_through(stock, key):
    path = f"/stock/things/{key}"
    expected = await row_of(stock, path)
    await post(stock, f"{path}/-/update", {"update": {"name": "new"}, "expected": expected})
    assert await rows_of(stock, f"select name from things where id = {key}") == [("new",)]


async def test_an_update_of_a_changed_row_shows_what_it_is_now(stock):
    path = "/stock/things/1"
    expected = await row_of(stock, path)
    await post(stock, f"{path}/-/update", {"update": {"name": "Bob's"}}, actor=BOB)
    refused = await post(stock, f"{path}/-/update", {"update": {"name": "Ann's"}, "expected": expected}, status=409)
    assert refused["columns"] == ["name"]
    assert refused["row"]["name"] == "Bob's"
    assert refused["row"]["data"] == {"$base64": True, "encoded": "AP8="}
    assert refused["error"] == "The row was changed by somebody else since you loaded it"
    assert await rows_of(stock, "select name from things where id = 1") == [("Bob's",)]
    await post(stock, f"{path}/-/update", {"update": {"name": "Ann's"}, "expected": refused["row"]})


@pytest.mark.parametrize(
    ("key", "expected", "status"),
    [
        (1, {}, 200),
        (1, {"n": 1.5, "twice": 2}, 200),
        (1, {"n": "1.5"}, 200),
        (1, {"n": 1.25}, 409),
        (1, {"name": None}, 409),
        (1, {"name": ["One"]}, 409),
        (1, {"data": {"$base64": True, "encoded": "AP4="}}, 409),
        (2, {"n": "9007199254740993"}, 200),
        (2, {"n": 9007199254740992}, 200),
        (2, {"n": 9007199254740000}, 409),
        (2, {"n": 10**400}, 409),
        (2, {"data": ""}, 409),
        (3, {"name": None}, 409),
        (3, {"name": ""}, 200),
        (3, {"n": None}, 200),
        (1, {"nope": 1}, 400),
        (1, [], 400),
        (1, "x", 400),
    ],
)
async def test_what_counts_as_expected(stock, key, expected, status):
    body = {"update": {"name": "new"}, "expected": expected}
    await post(stock, f"/stock/things/{key}/-/update", body, status=status)


async def test_who_may_not_look_cannot_guess(stock):
    body = {"update": {}, "expected": {"name": "One"}}
    refused = await post(stock, "/stock/things/1/-/update", body, actor={"id": "blind"}, status=403)
    assert refused["error"] == 'Permission denied: need view-table to use "expected"'
    await post(stock, "/stock/things/1/-/update", {"update": {}}, actor={"id": "blind"})


CASCADES = """
create table parents (id integer primary key, name text);
create table children (id integer primary key, parent integer references parents(id) on delete cascade);
create table orders (id integer primary key);
create table lines (id integer primary key, order_id integer);
create table log (what text);
create virtual table names using fts5 (name, content='indexed', content_rowid='id');
create table indexed (id integer primary key, name text);
create trigger lines_go after delete on orders begin delete from lines where order_id = old.id; end;
create trigger logged after delete on indexed begin
  insert into log values ('gone'); insert into names (names, rowid, name) values ('delete', old.id, old.name);
end;
create trigger added after insert on indexed begin insert into names (rowid, name) values (new.id, new.name); end;
insert into parents values (1, 'with'), (2, 'without');
insert into children values (1, 1), (2, 1);
insert into orders values (1), (2);
insert into lines values (1, 1);
insert into indexed values (1, 'heron');
"""


async def test_no_undo_is_offered_where_more_was_lost_than_the_row(stock):
    database = stock.get_database("stock")
    await database.execute_write_script(CASCADES)
    await database.execute_write_fn(lambda conn: conn.execute("pragma foreign_keys = 1"), transaction=False)
    path = "/stock/{}/-/delete?_undo=1"
    assert await post(stock, path.format("parents/1")) == {"ok": True, "also_changed": 2}
    assert await post(stock, path.format("orders/1")) == {"ok": True, "also_changed": 1}
    assert "undo" in await post(stock, path.format("parents/2"))
    assert "undo" in await post(stock, path.format("orders/2"))


async def test_what_triggers_add_is_no_loss(stock):
    await stock.get_database("stock").execute_write_script(CASCADES)
    undo = (await post(stock, "/stock/indexed/1/-/delete?_undo=1"))["undo"]
    assert await rows_of(stock, "select rowid from names where names match 'heron'") == []
    await post(stock, undo["path"], {"undo": undo["id"]})
    assert await rows_of(stock, "select rowid from names where names match 'heron'") == [(1,)]
    assert await rows_of(stock, "select what from log") == [("gone",)]
