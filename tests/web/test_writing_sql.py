"""SQL that writes, and the queries that keep it, through a whole instance."""

import asyncio
import sqlite3

import pytest
from fleet import json_of
from written_instance import ROOT, post, rows

from vitrina.facade.datasette import Datasette


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


@pytest.mark.parametrize("sql", ["insert into {} select * from {}", "replace into {} select * from {}"])
@pytest.mark.parametrize("name", ["secrets", "SECRETS", '"secrets"', "main.secrets"])
def test_copying_a_whole_table_reads_it(tmp_path, sql, name):
    """SQLite tells its authorizer nothing of the table that is copied, where both have the same columns."""
    conn = sqlite3.connect(tmp_path / "data.db")
    conn.executescript("create table secrets (a); insert into secrets values ('x'); create table known (a);")
    conn.close()
    permissions = {name: {"id": "clerk"} for name in ("execute-write-sql", "insert-row", "update-row", "delete-row")}
    config = {"permissions": permissions, "databases": {"data": {"tables": {"secrets": {"allow": False}}}}}
    instance = Datasette([tmp_path / "data.db"], config=config)
    refused = post(instance, "/data/-/execute-write", {"sql": sql.format("known", name)}, actor={"id": "clerk"})
    assert refused.json()["error"] == "Permission denied: need view-table on data/secrets"
    copied = post(
        instance, "/data/-/execute-write", {"sql": "insert into known select * from known"}, actor={"id": "clerk"}
    )
    assert copied.json()["ok"] is True
    assert rows(tmp_path / "data.db", "select * from known") == []
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


@pytest.mark.parametrize(
    "place", ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "evil"]
)
def test_queries_of_visitors_lead_to_no_other_site(instance, place):
    places = {"on_success_redirect": place, "on_error_redirect": place}
    query = {"name": "leads", "sql": "update plain set id = :id where id = 1", "is_private": False, **places}
    assert post(instance, "/data/-/queries/store", {"query": query}).status_code == 201
    for value in ("1", "none"):
        answer = post(instance, "/data/leads", {"id": value})
        assert (answer.status_code, answer.headers["location"]) == (302, "/data/leads")
    post(instance, "/data/leads/-/update", {"update": {"on_success_redirect": "/data/plain"}})
    assert post(instance, "/data/leads", {"id": "1"}).headers["location"] == "/data/plain"


@pytest.mark.parametrize(
    ("granted", "warned"), [({}, True), ({"create-table": True}, False), ({"insert-row": True}, False)]
)
def test_the_form_warns_whoever_can_change_nothing(tmp_path, granted, warned):
    path = tmp_path / "data.db"
    with sqlite3.connect(path) as conn:
        conn.execute("create table t (id integer primary key)")
    conn.close()
    config = {"databases": {"data": {"permissions": {"execute-write-sql": True, **granted}}}}
    instance = Datasette([str(path)], config=config)
    page = asyncio.run(instance.client.get("/data/-/execute-write"))
    assert page.status_code == 200
    assert ("There are no tables that you can currently edit." in page.text) is warned
    instance.close()
