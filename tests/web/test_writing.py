"""The write API through a whole instance: what is written, what is refused, and what plugins hear."""

import asyncio
import json
import sqlite3

import pytest
from fleet import WARDEN, json_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vitrina.facade.datasette import Datasette
from vitrina.hooks.markers import hookimpl

SCHEMA = """
create table plain (id integer primary key, name text not null default 'none', size real, data blob);
create table pairs (a text, b integer, value text, primary key (a, b));
create table loose (x, y);
create table typed (id integer primary key, mail text);
create table guarded (id integer primary key, name text unique check (length(name) < 9));
create table kept (id integer primary key);
create trigger keep before delete on kept begin select raise(abort, 'this stays'); end;
create view seen as select name from plain;
create virtual table words using fts5(text);
insert into plain values (1, 'one', 1.5, null), (2, 'two', null, null);
insert into pairs values ('x', 1, 'x1');
insert into loose values (1, 2);
insert into guarded values (1, 'taken');
insert into kept values (1);
"""
ROOT = {"actor": {"id": "root"}}


class Listener:
    """A plugin that writes down every event, and may wrap writes."""

    def __init__(self):
        self.events = []
        self.wrapper = None

    @hookimpl
    def track_event(self, event):
        self.events.append((event.name, event.properties()))

    @hookimpl
    def write_wrapper(self):
        return self.wrapper


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "data.db"
    conn = sqlite3.connect(path)
    conn.executescript(SCHEMA)
    conn.close()
    return path


@pytest.fixture
def instance(path):
    config = {"databases": {"data": {"tables": {"typed": {"column_types": {"mail": "email"}}}}}}
    instance = Datasette(files=[str(path)], config=config, secret="a-test-secret")
    instance.root_enabled = True
    yield instance
    instance.close()


@pytest.fixture
def listener(instance):
    listener = Listener()
    instance.pm.register(listener, name="listener")
    yield listener
    instance.pm.unregister(listener)


def post(instance, path, body=None, **options):
    options = {**ROOT, **options}
    if body is not None:
        options["content"] = json.dumps(body) if not isinstance(body, (str, bytes)) else body

    async def send():
        return await instance.client.post(path, **options)

    return asyncio.run(send())


def rows(path, sql):
    conn = sqlite3.connect(path)
    try:
        return conn.execute(sql).fetchall()
    finally:
        conn.close()


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


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b"", 400),
        (b"[" * 100_000, 400),
        (b"\xff", 400),
        (b'{"row": {"size": "\\ud800"}}', 400),
        (b'{"row": {"id": 99999999999999999999}}', 400),
        (b'{"row": {"id": "text"}}', 400),
        (b'{"row": {"id": 1}}', 400),
        (b'{"row": {"name": null}}', 400),
        (b'{"row": {"wrong": 1}}', 400),
        (b'{"row": {"data": {"$base64": true, "encoded": "*"}}}', 400),
        (b'{"row": {"id": NaN, "size": NaN}}', 201),
        (b'{"row": {"size": Infinity}}', 201),
        (b'{"row": {"name": "\\u0000"}}', 201),
        (b'{"row": {"name": 1, "name": "last"}}', 201),
        (b'{"row": {"name": ' + b"[" * 200 + b"]" * 200 + b"}}", 201),
        (b'{"rows": [' + b"{}," * 100 + b"{}]}", 400),
        (b'{"row": {"name": "' + b"x" * 3_000_000 + b'"}}', 413),
    ],
)
def test_odd_bodies(instance, content, status):
    response = post(instance, "/data/plain/-/insert", content)
    assert response.status_code == status
    assert response.json()["ok"] is (status == 201)


def test_markup_and_formulas_stay_text(instance, path):
    texts = ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", "'; drop table plain; --"]
    post(instance, "/data/plain/-/insert", {"rows": [{"name": text} for text in texts]})
    assert [row[0] for row in rows(path, "select name from plain where id > 2")] == texts


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
        max_leaves=8,
    )
)
def test_any_body_is_answered(instance, body):
    for place in (
        "/data/plain/-/insert",
        "/data/plain/-/upsert",
        "/data/plain/1/-/update",
        "/data/-/create",
        "/data/plain/-/alter",
        "/data/-/execute-write",
        "/data/-/queries/store",
        "/data/plain/-/set-column-type",
    ):
        assert post(instance, place, json.dumps(body)).status_code in (200, 201, 302, 400), place


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=12), st.text(max_size=12))
def test_any_column_name_is_only_a_name(instance, name, value):
    response = post(instance, "/data/-/create", {"table": "t " + name, "row": {name: value}})
    assert response.status_code in (201, 400)
    if response.status_code == 201:
        table = response.json()["table_api_url"].partition("localhost")[2]
        found = asyncio.run(json_of(instance, table + "?_shape=array", **ROOT))
        assert [row[name] for row in found if name != "rowid"] == [value] * (name != "rowid")
        assert post(instance, table.removesuffix(".json") + "/-/drop", {"confirm": True}).json() == {"ok": True}


def test_unusual_tables(instance):
    assert post(instance, "/data/words/-/insert", {"row": {"text": "x"}}).status_code == 400
    assert post(instance, "/data/seen/-/insert", {"row": {"name": "x"}}).status_code == 404
    assert post(instance, "/data/typed/-/insert", {"row": {"mail": "no"}}).json()["errors"] == [
        "mail: Invalid email address"
    ]


def test_a_new_column_of_another_process_is_seen(instance, path):
    post(instance, "/data/plain/-/insert", {"row": {}})
    conn = sqlite3.connect(path)
    conn.execute("alter table plain add column added text")
    conn.close()
    response = post(instance, "/data/plain/-/insert", {"row": {"added": "x"}})
    assert response.json()["rows"][0]["added"] == "x"


def test_a_dropped_table_of_another_process_is_not_written(instance, path):
    post(instance, "/data/plain/-/insert", {"row": {}})
    conn = sqlite3.connect(path)
    conn.executescript("drop table plain; create table plain (other text);")
    conn.close()
    assert post(instance, "/data/plain/-/insert", {"row": {"name": "x"}}).status_code == 400
    assert post(instance, "/data/plain/-/insert", {"row": {"other": "x"}}).status_code == 201


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


# Around a write


def test_events_come_after_the_commit(instance, path, listener):
    post(instance, "/data/plain/-/insert", {"rows": [{}, {}]})
    post(instance, "/data/plain/-/insert", {"row": {"id": 1}})
    post(instance, "/data/plain/1/-/update", {"update": {"size": 1}})
    post(instance, "/data/plain/1/-/delete")
    assert listener.events == [
        (
            "insert-rows",
            {"database": "data", "table": "plain", "num_rows": 2, "ignore": False, "replace": False},
        ),
        ("update-row", {"database": "data", "table": "plain", "pks": ["1"]}),
        ("delete-row", {"database": "data", "table": "plain", "pks": ["1"]}),
    ]


def test_wrappers_see_and_refuse_writes(instance, path, listener):
    seen = []

    def watch(conn):
        assert conn.in_transaction
        seen.append((yield))

    listener.wrapper = watch
    post(instance, "/data/plain/-/insert", {"row": {"id": 5}})
    assert seen == [[{"id": 5, "name": "none", "size": None, "data": None}]]

    def refuse(conn):
        yield
        raise ValueError("not today")

    listener.wrapper = refuse
    response = post(instance, "/data/plain/-/insert", {"row": {"id": 6}})
    assert (response.status_code, response.json()["error"]) == (400, "not today")
    assert rows(path, "select count(*) from plain where id = 6") == [(0,)]


def test_a_repeated_request_is_answered_and_not_repeated(instance, path):
    headers = {"Idempotency-Key": "k1"}
    first = post(instance, "/data/loose/-/insert", {"row": {"x": 1}}, headers=headers)
    second = post(instance, "/data/loose/-/insert", {"row": {"x": 1}}, headers=headers)
    assert (second.status_code, second.json()) == (201, first.json())
    assert second.headers["idempotency-replayed"] == "true"
    assert rows(path, "select count(*) from loose") == [(2,)]
    other = post(instance, "/data/loose/-/insert", {"row": {"x": 2}}, headers=headers)
    assert other.status_code == 422
    someone = post(instance, "/data/loose/-/insert", {"row": {"x": 2}}, headers=headers, actor={"id": "visitor"})
    assert someone.status_code == 403


def test_repeated_requests_at_the_same_time(instance, path):
    async def send():
        return await instance.client.post(
            "/data/loose/-/insert", content='{"row": {"x": 1}}', headers={"Idempotency-Key": "k2"}, **ROOT
        )

    async def both():
        return await asyncio.gather(*[send() for _ in range(5)])

    answers = asyncio.run(both())
    assert {answer.status_code for answer in answers} == {201}
    assert rows(path, "select count(*) from loose") == [(2,)]


def test_answers_outlive_the_process_in_a_persistent_internal_database(path, tmp_path):
    for replayed in (False, True):
        instance = Datasette(files=[str(path)], secret="a-test-secret", internal=str(tmp_path / "internal.db"))
        instance.root_enabled = True
        response = post(instance, "/data/loose/-/insert", {"row": {"x": 1}}, headers={"Idempotency-Key": "k9"})
        assert (response.status_code, "idempotency-replayed" in response.headers) == (201, replayed)
        instance.close()
    assert rows(path, "select count(*) from loose") == [(2,)]


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


def test_a_refused_request_may_be_sent_again(instance):
    headers = {"Idempotency-Key": "k3"}
    assert post(instance, "/data/loose/-/insert", {"row": {"z": 1}}, headers=headers).status_code == 400
    assert post(instance, "/data/loose/-/insert", {"row": {"x": 1}}, headers=headers).status_code == 201


def test_many_clients_at_once(instance, path):
    async def send(number):
        body = json.dumps({"row": {"id": number, "name": f"n{number}"}})
        return await instance.client.post("/data/guarded/-/insert", content=body, **ROOT)

    async def all_of_them():
        return await asyncio.gather(*[send(number) for number in range(20)])

    answers = asyncio.run(all_of_them())
    # Number 1 is there already.
    assert [answer.status_code for answer in answers] == [201, 400, *[201] * 18]
    assert rows(path, "select count(*) from guarded") == [(20,)]


def test_who_may_not(instance):
    anonymous = {"actor": None}
    assert post(instance, "/data/plain/-/insert", {"row": {}}, **anonymous).status_code == 403
    assert post(instance, "/data/plain/-/insert", {"row": {}}, actor=WARDEN).status_code == 403
