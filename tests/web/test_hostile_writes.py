"""Every write endpoint, with bodies that are meant to hurt, and with files that cannot be written to."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess

import pytest
from other_process import held
from written_instance import ROOT, SCHEMA, post, rows

from vitrina.engine.sqlite import connections
from vitrina.facade.datasette import Datasette
from vitrina.tilde import tilde_encode
from vitrina.web.openapi.operations import OPERATIONS

# Route → address, and a body that it takes.
ENDPOINTS = {
    "insert": ("/data/plain/-/insert", {"row": {"name": "new"}}),
    "upsert": ("/data/plain/-/upsert", {"row": {"id": 1, "name": "new"}}),
    "update-row": ("/data/plain/1/-/update", {"update": {"name": "new"}}),
    "delete-row": ("/data/plain/1/-/delete", {}),
    "restore": ("/data/plain/-/restore", {"undo": "unknown"}),
    "alter": ("/data/plain/-/alter", {"operations": [{"op": "drop_column", "args": {"name": "size"}}]}),
    "drop": ("/data/plain/-/drop", {"confirm": True}),
    "set-column-type": ("/data/plain/-/set-column-type", {"column": "name", "column_type": None}),
    "create": ("/data/-/create", {"table": "made", "row": {"a": 1}}),
    "execute-write": ("/data/-/execute-write", {"sql": "delete from plain"}),
    "store-query": ("/data/-/queries/store", {"query": {"name": "stored", "sql": "select 1"}}),
    "update-query": ("/data/kept_query/-/update", {"update": {"title": "x"}}),
    "import-run": ("/data/-/import/run", {"upload": "unknown", "table": "plain"}),
    "count": ("/data/plain/-/count", {}),
    "job-cancel": ("/data/-/jobs/unknown/cancel", {}),
}
# These look at the address alone.
BODILESS = {"delete-row", "count", "job-cancel"}
# An empty list of a million is no body of any of them.
MILLION = b"[" + b"0," * 999_999 + b"0]"
HOSTILE = {
    "too long": b'{"row": {"name": "' + b"x" * 3_000_000 + b'"}}',
    "nested": b'{"row": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "nested objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "a million elements": MILLION,
    "a million rows": b'{"rows": ' + MILLION + b"}",
    "a million operations": b'{"operations": ' + MILLION + b"}",
    "a million digits": b'{"row": {"id": ' + b"9" * 1_000_000 + b"}}",
    "not a number": b"NaN",
    "infinity": b"[-Infinity]",
    "no UTF-8": b'{"row": {"name": "\xff\xfe"}}',
    "half a character": b'{"row": {"\\ud800": "\\udfff"}}',
    "a mark of byte order": b'\xef\xbb\xbf{"row": {}}'[:-1],
    "cut off": b'{"row": {"name": "x',
    "two values": b"{} {}",
    "nothing": b"",
    "zero bytes": b"\x00" * 1000,
    "a number": b"5",
    "a text": b'"text"',
    "null": b"null",
}


def test_every_endpoint_with_a_body_is_here():
    described = {name for name, operation in OPERATIONS.items() if operation.body is not None}
    # Reports of browsers change nothing; test_page_frame sends bad ones.
    assert described - {"csp-reports"} == set(ENDPOINTS)


@pytest.fixture
def before(instance, path):
    stored = {"query": {"name": "kept_query", "sql": "select 1"}}
    assert post(instance, "/data/-/queries/store", stored).status_code == 201
    return dump(path)


def dump(path):
    conn = sqlite3.connect(path)
    try:
        return list(conn.iterdump())
    finally:
        conn.close()


@pytest.mark.parametrize("name", [name for name in ENDPOINTS if name not in BODILESS])
def test_hostile_bodies_are_refused_and_change_nothing(instance, path, before, name):
    address, _ = ENDPOINTS[name]
    for what, body in HOSTILE.items():
        response = post(instance, address, body)
        if name == "drop" and response.status_code == 200:
            # What is not a confirmation asks for one.
            assert "confirm" in response.json()["message"], what
            continue
        expected = {413} if what == "too long" else {400, 404}
        assert response.status_code in expected, (what, response.status_code, response.text[:200])
        if "application/json" in response.headers["content-type"]:
            assert response.json()["ok"] is False, what
            # At most an echo, no amplification.
            assert len(response.text) < 300_000 + 3 * len(body)
    assert dump(path) == before


@pytest.mark.parametrize("kind", ["text/html", "multipart/form-data; boundary=x", "application/xml", "", "\x7f"])
def test_content_types_are_not_looked_at(instance, path, kind):
    for number in (10, 11):
        body = {"row": {"id": number, "name": "typed"}}
        assert post(instance, "/data/plain/-/insert", body, headers={"content-type": kind}).status_code in (201, 400)
    assert rows(path, "select count(*) from plain where name = 'typed'") == [(2,)]


@pytest.mark.parametrize("name", ENDPOINTS)
def test_an_immutable_file_is_not_written_to(path, name):
    instance = Datasette(immutables=[str(path)], secret="a-test-secret")
    instance.root_enabled = True
    unchanged = path.read_bytes()
    address, body = ENDPOINTS[name]
    response = post(instance, address, body)
    # What is kept in the internal database goes on working.
    expected = {200, 201, 404} if name in ("set-column-type", "store-query", "count", "job-cancel") else {400, 403, 404}
    assert response.status_code in expected, response.text
    assert path.read_bytes() == unchanged
    instance.close()


WRITING = ("insert", "upsert", "update-row", "delete-row", "alter", "drop", "create", "execute-write")


def test_a_locked_file_is_told_from_a_refusal(instance, path, before, monkeypatch):
    monkeypatch.setattr(connections, "WRITE_TIMEOUT_S", 0.1)
    with held(path, "immediate"):
        for name in WRITING:
            response = post(instance, *ENDPOINTS[name])
            assert response.status_code == 503, (name, response.text)
            assert int(response.headers["retry-after"]) >= 1
            assert "locked" in response.json()["error"]
    assert dump(path) == before
    assert post(instance, *ENDPOINTS["insert"]).status_code == 201


@pytest.fixture
def read_only_disk(tmp_path):
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(place)], capture_output=True).returncode:
        pytest.skip("only root can mount a file system")
    conn = sqlite3.connect(place / "data.db")
    conn.executescript(SCHEMA)
    conn.close()
    subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_disk_that_cannot_be_written_to(read_only_disk):
    instance = Datasette(files=[str(read_only_disk / "data.db")], secret="a-test-secret")
    instance.root_enabled = True
    for name in WRITING:
        response = post(instance, *ENDPOINTS[name])
        assert response.status_code in (400, 500, 503), (name, response.text)
        assert response.json()["ok"] is False
        assert "Traceback" not in response.text
    assert asyncio.run(instance.client.get("/data/plain.json")).status_code == 200
    instance.close()


KINDS = {
    "compound": ("create table k (a text, b integer, v, primary key (a, b))", {"a": "x,y/z", "b": -1}, "v"),
    "without rowid": ("create table k (a text primary key, v) without rowid", {"a": "~é %.\n"}, "v"),
    "no key": ("create table k (a text, v)", {"a": "x"}, "v"),
    "an empty key": ("create table k (a text primary key, v)", {"a": "é"}, "v"),
    "generated": (
        "create table k (id integer primary key, a text, v, u as (v || '!'), s as (a || '?') stored)",
        {"id": 2**63 - 1, "a": "x"},
        "v",
    ),
    "a key that is generated": ("create table k (a text, v, g text as (a) unique, primary key (a))", {"a": "g"}, "v"),
    "odd names": ('create table k ("a b" integer primary key, "sel""ect" text)', {"a b": -5}, 'sel"ect'),
    "nocase": ("create table k (a text collate nocase primary key, v)", {"a": "MiXeD"}, "v"),
    "a blob as a key": ("create table k (a blob primary key, v)", {"a": "text"}, "v"),
    "strict": ("create table k (id integer primary key, v text) strict", {"id": 1}, "v"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_of_every_kind_of_table(tmp_path, kind):
    schema, key, column = KINDS[kind]
    path = tmp_path / "kinds.db"
    conn = sqlite3.connect(path)
    conn.execute(schema)
    conn.close()
    instance = Datasette(files=[str(path)], secret="a-test-secret")
    instance.root_enabled = True
    inserted = post(instance, "/kinds/k/-/insert", {"row": {**key, column: "one"}})
    assert inserted.status_code == 201, inserted.text
    row = inserted.json()["rows"][0]
    assert row[column] == "one"
    place = (
        "1" if kind == "no key" else ",".join(tilde_encode(str(value)) for value in key.values() if value != "x" or 0)
    )
    if kind == "generated":
        place = str(key["id"])
    changed = post(instance, f"/kinds/k/{place}/-/update", {"update": {column: "two"}, "return": True})
    assert (changed.status_code, changed.json()["rows"][0][column]) == (200, "two")
    keys = {"rowid": 1} if kind == "no key" else {name: value for name, value in key.items() if name in row}
    if kind != "generated":
        upserted = post(instance, "/kinds/k/-/upsert", {"rows": [{**keys, column: "three"}], "return": True})
        assert (upserted.status_code, upserted.json()["rows"][0][column]) == (200, "three")
    deleted = post(instance, f"/kinds/k/{place}/-/delete?_undo=1").json()
    assert post(instance, f"/kinds/k/{place}/-/delete").status_code == 404
    undo = deleted["undo"]
    assert post(instance, undo["path"], {"undo": undo["id"]}).json() == {"ok": True}
    assert post(instance, f"/kinds/k/{place}/-/delete").json() == {"ok": True}
    assert rows(path, "select count(*) from k") == [(0,)]
    instance.close()


@pytest.mark.parametrize("column", ["u", "s", "nowhere"])
def test_values_that_sqlite_computes_are_refused(tmp_path, column):
    path = tmp_path / "kinds.db"
    conn = sqlite3.connect(path)
    conn.execute(KINDS["generated"][0])
    conn.execute("insert into k (id, a, v) values (1, 'x', 'one')")
    conn.commit()
    conn.close()
    instance = Datasette(files=[str(path)], secret="a-test-secret")
    instance.root_enabled = True
    for address, body in (
        ("/kinds/k/-/insert", {"row": {column: "x"}}),
        ("/kinds/k/-/upsert", {"row": {"id": 1, column: "x"}}),
        ("/kinds/k/1/-/update", {"update": {column: "x"}}),
    ):
        refused = post(instance, address, body)
        assert (refused.status_code, refused.json()["ok"]) == (400, False), refused.text
    assert rows(path, "select v, u, s from k") == [("one", "one!", "x?")]
    instance.close()


def test_integers_at_the_border(instance, path):
    for number, status in ((2**63 - 1, 201), (-(2**63), 201), (2**63, 400), (-(2**63) - 1, 400), (10**400, 400)):
        answer = post(instance, "/data/loose/-/insert", json.dumps({"row": {"x": number}}))
        assert answer.status_code == status, (number, answer.text)
    assert rows(path, "select x from loose where typeof(x) = 'integer' and abs(x / 2) > 5") == [
        (2**63 - 1,),
        (-(2**63),),
    ]


def test_triggers_that_refuse(instance, path):
    conn = sqlite3.connect(path)
    conn.executescript(
        "create trigger aborts before insert on plain when new.name = 'abort' begin select raise(abort, 'no'); end;"
        "create trigger fails before insert on plain when new.name = 'fail' begin select raise(fail, 'no'); end;"
        "create trigger undoes before insert on plain when new.name = 'rollback'"
        " begin select raise(rollback, 'no'); end;"
        "create trigger ignores before insert on plain when new.name = 'ignore' begin select raise(ignore); end;"
    )
    conn.close()

    async def all_at_once():
        def send(name):
            body = json.dumps({"rows": [{"name": f"before {name}"}, {"name": name}]})
            return instance.client.post("/data/plain/-/insert", content=body, **ROOT)

        return await asyncio.gather(*[send(name) for name in ("abort", "fail", "rollback", "ignore", "fine") * 4])

    answers = asyncio.run(all_at_once())
    assert [answer.status_code for answer in answers] == [400, 400, 400, 201, 201] * 4
    found = dict(rows(path, "select name, count(*) from plain where id > 2 group by name"))
    assert found == {"before ignore": 4, "before fine": 4, "fine": 4}
