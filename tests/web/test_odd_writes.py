"""Bodies, values and tables that nobody expects, sent to the write API."""

import asyncio
import json
import sqlite3

import pytest
from fleet import json_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from written_instance import ROOT, post, rows


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


def test_parts_of_virtual_tables_are_left_alone(instance, path):
    operations = {"operations": [{"op": "add_column", "args": {"name": "more"}}]}
    for place, body in (("alter", operations), ("drop", {"confirm": True}), ("drop", {})):
        refused = post(instance, f"/data/words_data/-/{place}", body)
        assert (refused.status_code, refused.json()["error"]) == (400, "words_data is a part of a virtual table")
    assert post(instance, "/data/words/-/drop", {"confirm": True}).json() == {"ok": True}
    assert rows(path, "select name from sqlite_master where name like 'words%'") == []


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
