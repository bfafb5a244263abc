"""The write API through a whole instance: rows, tables and SQL."""

import asyncio
import sqlite3

import pytest
from fleet import json_of
from written_instance import ROOT, post, rows

from vitrina.facade.datasette import Datasette

# Rows


def test_insert_and_read_back(instance, path):
    response = post(
        instance, "/data/plain/-/insert", {"row": {"size": 2, "data": {"$base64": True, "encoded": "AAE="}}}
    )
    assert response.status_code == 201
    row = {"id": 3, "name": "none", "size": 2.0, "data": {"$base64": True, "encoded": "AAE="}}
    assert response.json() == {"ok": True, "rows": [row]}
    assert rows(path, "select data from plain where id = 3") == [(b"\x00\x01",)]


def test_rows_that_differ_in_columns(instance, path):
    body = {"rows": [{"name": "a"}, {"name": "b", "size": 3}]}
    assert post(instance, "/data/plain/-/insert", body).json() == {"ok": True}
    assert rows(path, "select name, size from plain where id > 2") == [("a", None), ("b", 3.0)]
    # Rows that are read back are inserted one by one, each with its own defaults.
    body = {"rows": [{"size": 1}, {"name": "c"}], "return": True}
    returned = post(instance, "/data/plain/-/insert", body).json()["rows"]
    assert [(row["name"], row["size"]) for row in returned] == [("none", 1.0), ("c", None)]


def test_a_failing_row_takes_the_others_with_it(instance, path):
    response = post(instance, "/data/guarded/-/insert", {"rows": [{"name": "new"}, {"name": "taken"}]})
    assert (response.status_code, response.json()["error"]) == (400, "UNIQUE constraint failed: guarded.name")
    assert rows(path, "select name from guarded") == [("taken",)]


def test_ignore_and_replace(instance, path):
    body = {"rows": [{"id": 1, "name": "other"}, {"id": 5}], "ignore": True, "return": True}
    assert [row["id"] for row in post(instance, "/data/plain/-/insert", body).json()["rows"]] == [1, 5]
    assert rows(path, "select name from plain where id = 1") == [("one",)]
    post(instance, "/data/plain/-/insert", {"rows": [{"id": 1, "name": "other"}], "replace": True})
    assert rows(path, "select name, size from plain where id = 1") == [("other", None)]


def test_upsert(instance, path):
    body = {"rows": [{"a": "x", "b": 1, "value": "changed"}, {"a": "y", "b": 2, "value": "new"}], "return": True}
    response = post(instance, "/data/pairs/-/upsert", body)
    assert (response.status_code, response.json()) == (200, {"ok": True, "rows": body["rows"]})
    assert post(instance, "/data/loose/-/upsert", {"row": {"rowid": 1, "x": 9}}).json()["rows"] == [
        {"rowid": 1, "x": 9, "y": 2}
    ]


def test_update_and_delete(instance, path):
    response = post(instance, "/data/pairs/x,1/-/update", {"update": {"value": [1]}, "return": True})
    assert response.json() == {"ok": True, "rows": [{"a": "x", "b": 1, "value": "[1]"}]}
    assert post(instance, "/data/pairs/x,1/-/delete").json() == {"ok": True}
    assert post(instance, "/data/pairs/x,1/-/delete").status_code == 404
    assert post(instance, "/data/kept/1/-/delete").json()["error"] == "this stays"
    moved = post(instance, "/data/plain/1/-/update", {"update": {"id": 10}, "return": True}).json()
    assert moved["rows"][0]["id"] == 10


def test_notices_after_a_change(instance):
    response = post(instance, "/data/plain/1/-/delete?_redirect_to_table=1")
    assert response.json() == {"ok": True, "redirect": "/data/plain"}
    signed = response.cookies["ds_messages"]
    assert instance.unsign(signed, "messages") == [["Deleted row 1 (one)", 1]]


# Tables


def test_create_alter_and_drop(instance, path, listener):
    columns = [{"name": "id", "type": "integer"}, {"name": "n", "type": "integer", "default": 5}]
    created = post(instance, "/data/-/create", {"table": "made", "columns": columns, "pk": "id"})
    assert created.status_code == 201
    operations = [
        {"op": "add_column", "args": {"name": "label"}},
        {"op": "rename_column", "args": {"name": "n", "to": "number"}},
        {"op": "rename_table", "args": {"to": "renamed"}},
    ]
    altered = post(instance, "/data/made/-/alter", {"operations": operations}).json()
    assert altered["schema"] == (
        'CREATE TABLE "renamed" (\n   "id" INTEGER PRIMARY KEY,\n   "number" INTEGER DEFAULT \'5\',\n   "label" TEXT\n)'
    )
    assert post(instance, "/data/renamed/-/drop").json()["row_count"] == 0
    assert post(instance, "/data/renamed/-/drop", {"confirm": True}).json() == {"ok": True}
    assert [name for name, _ in listener.events] == ["create-table", "rename-table", "alter-table", "drop-table"]


def test_a_rebuilt_table_keeps_what_it_had(instance, path):
    conn = sqlite3.connect(path)
    conn.executescript(
        """
        create table full (id integer primary key autoincrement, a text collate nocase unique, b int check (b > 0),
          c generated always as (b * 2), d default (1 + 1), e, f integer references plain(id) on delete cascade);
        create index full_b on full (b) where b > 1;
        create trigger full_t after insert on full begin update full set e = new.b where id = new.id; end;
        create view full_view as select a, b from full;
        create table child (full_id integer references full(id));
        insert into full (id, a, b, e) values (7, 'x', 3, 4);
        delete from full; insert into full (a, b) values ('y', 4);
        """
    )
    conn.close()
    body = {"operations": [{"op": "rename_column", "args": {"name": "b", "to": "amount"}}]}
    assert post(instance, "/data/full/-/alter", body).status_code == 200
    assert rows(path, "select id, a, amount, c, d, e from full") == [(8, "y", 4, 8, 2, 4)]
    assert rows(path, "select * from full_view") == [("y", 4)]
    names = {row[0] for row in rows(path, "select name from sqlite_master where tbl_name = 'full' and sql not null")}
    assert names == {"full", "full_b", "full_t"}
    inserted = post(instance, "/data/full/-/insert", {"row": {"a": "z", "amount": 9}}).json()["rows"][0]
    assert (inserted["id"], inserted["e"]) == (9, 9)
    refused = post(instance, "/data/full/-/insert", {"row": {"a": "Z", "amount": 9}})
    assert refused.json()["error"] == "UNIQUE constraint failed: full.a"
    assert rows(path, "pragma foreign_key_list(full)")[0][2:7] == ("plain", "f", "id", "NO ACTION", "CASCADE")


def test_a_failed_alter_changes_nothing(instance, path):
    before = rows(path, "select sql from sqlite_master order by name")
    operations = [
        {"op": "add_column", "args": {"name": "more"}},
        {"op": "alter_column", "args": {"name": "size", "not_null": True}},
    ]
    assert post(instance, "/data/plain/-/alter", {"operations": operations}).status_code == 400
    assert rows(path, "select sql from sqlite_master order by name") == before


def test_a_table_is_rebuilt_while_foreign_keys_are_enforced(instance, path):
    conn = sqlite3.connect(path)
    conn.executescript(
        "create table child (id integer primary key, plain_id integer references plain(id) on delete cascade);"
        "insert into child values (1, 1);"
    )
    conn.close()
    database = instance.get_database("data")
    asyncio.run(database.execute_write_fn(lambda conn: conn.execute("pragma foreign_keys = 1"), transaction=False))
    body = {"operations": [{"op": "rename_column", "args": {"name": "name", "to": "label"}}]}
    assert post(instance, "/data/plain/-/alter", body).status_code == 200
    assert rows(path, "select id, plain_id from child") == [(1, 1)]
    assert post(instance, "/data/child/-/insert", {"row": {"plain_id": 99}}).json()["error"] == (
        "FOREIGN KEY constraint failed"
    )


# SQL


def test_writing_sql(instance, path):
    body = {"sql": "update plain set name = :n where id = :id returning id", "params": {"n": "new", "id": 2}}
    answer = post(instance, "/data/-/execute-write", body).json()
    assert (answer["message"], answer["rows"]) == ("Query executed, 1 row affected", [{"id": 2}])
    assert rows(path, "select name from plain where id = 2") == [("new",)]


@pytest.mark.parametrize(
    ("sql", "status"),
    [
        ("select 1", 400),
        ("vacuum", 403),
        ("pragma user_version = 5", 403),
        ("attach ':memory:' as other", 403),
        ("create trigger t after insert on plain begin select 1; end", 403),
        ("insert into words values ('x')", 403),
        ("create temp table t (a)", 403),
        ("delete from plain; delete from pairs", 400),
        ("insert into plain (id) values (:_actor_id)", 400),
        ("with recursive c(x) as (select 1 union all select x + 1 from c) insert into loose select x, 1 from c", 400),
    ],
)
def test_sql_that_is_not_run(instance, path, sql, status, monkeypatch):
    monkeypatch.setattr("vitrina.execute.write_sql.TIME_LIMIT_MS", 50.0)
    assert post(instance, "/data/-/execute-write", {"sql": sql}).status_code == status
    assert rows(path, "select count(*) from plain") == [(2,)]
    assert rows(path, "pragma user_version") == [(0,)]


def test_a_view_does_not_show_more_than_its_maker_may_see(path):
    permissions = {name: {"id": "maker"} for name in ("execute-write-sql", "create-view")}
    config = {"databases": {"data": {"permissions": permissions, "tables": {"plain": {"allow": False}}}}}
    instance = Datasette(files=[str(path)], config=config, secret="a-test-secret")
    maker = {"actor": {"id": "maker"}}
    refused = post(instance, "/data/-/execute-write", {"sql": "create view v as select * from plain"}, **maker)
    assert refused.json()["error"] == "Permission denied: need view-table on data/plain"
    allowed = post(instance, "/data/-/execute-write", {"sql": "create view v as select * from pairs"}, **maker)
    assert allowed.json()["ok"] is True
    instance.close()


def test_stored_queries_are_kept_changed_and_deleted(instance):
    body = {"query": {"name": "renamed", "sql": "update plain set name = :n", "is_private": False}}
    assert post(instance, "/data/-/queries/store", body).status_code == 201
    assert post(instance, "/data/renamed?_json=1", {"n": "all"}).json()["message"] == "Query executed, 2 rows affected"
    assert post(instance, "/data/renamed?_json=1", {"n": "all"}, actor={"id": "other"}).status_code == 403
    body = {"update": {"sql": "select 1 as one"}, "return": True}
    assert post(instance, "/data/renamed/-/update", body).json()["query"]["is_write"] is False
    assert asyncio.run(json_of(instance, "/data/renamed.json?_shape=array", **ROOT)) == [{"one": 1}]
    assert post(instance, "/data/renamed/-/delete", {}).json() == {"ok": True}
    assert post(instance, "/data/renamed/-/delete", {}).status_code == 404
