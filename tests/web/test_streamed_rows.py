"""Inserting and upserting files sent as the body of a request."""

from __future__ import annotations

import json
import sqlite3

import pytest

from vitrina.facade.datasette import Datasette

ROOT = {"id": "root"}
CONFIG = {
    "databases": {
        "shop": {
            "permissions": {"create-table": {"id": "root"}},
            "tables": {
                "items": {
                    "permissions": {
                        "insert-row": {"id": ["root", "clerk"]},
                        "update-row": {"id": "root"},
                    },
                }
            },
        }
    }
}


@pytest.fixture
def shop(tmp_path):
    path = tmp_path / "shop.db"
    conn = sqlite3.connect(path)
    conn.execute(
        "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL, n INTEGER CHECK (n < 100))"
    )
    conn.close()
    instance = Datasette(files=[str(path)], config=CONFIG, secret="a-test-secret")
    instance.path = path
    yield instance
    instance.close()


def rows_of(shop):
    conn = sqlite3.connect(shop.path)
    try:
        return conn.execute("SELECT * FROM items ORDER BY id").fetchall()
    finally:
        conn.close()


async def send(shop, body, *, path="/shop/items/-/insert", kind="text/csv", actor=ROOT, query=""):
    headers = {"content-type": kind}
    return await shop.client.post(path + query, content=body, headers=headers, actor=actor)


async def test_csv_is_inserted_with_the_types_of_the_table(shop):
    response = await send(shop, 'id,name,price,n\n1,one,1.5,\n2,"two, too",2,7\n')
    assert response.status_code == 201
    assert response.json() == {
        "ok": True,
        "read": 2,
        "written": 2,
        "skipped": 0,
        "rejected": 0,
        "rejected_rows": [],
    }
    assert rows_of(shop) == [(1, "one", 1.5, None), (2, "two, too", 2.0, 7)]


async def test_tsv_and_ndjson(shop):
    response = await send(shop, "id\tname\n1\ta,b\n", kind="text/tab-separated-values; charset=utf-8")
    assert response.status_code == 201
    lines = "\n".join(json.dumps(row) for row in [{"id": 2, "name": "b"}, {"id": 3, "name": {"a": [1]}}])
    assert (await send(shop, lines, kind="application/x-ndjson")).status_code == 201
    assert rows_of(shop) == [(1, "a,b", None, None), (2, "b", None, None), (3, '{"a": [1]}', None, None)]


async def test_refused_rows_are_reported_and_the_others_written(shop):
    body = "id,name,n\n1,a,5\n2,b\n1,again,6\n4,d,100\n5,e,many\n6,f,7\n"
    response = await send(shop, body)
    assert response.status_code == 201
    found = response.json()
    assert (found["read"], found["written"], found["rejected"]) == (6, 2, 4)
    assert [each["row"] for each in found["rejected_rows"]] == [2, 5, 3, 4]
    assert "2 cells instead of 3" in found["rejected_rows"][0]["reason"]
    assert [row[0] for row in rows_of(shop)] == [1, 6]


async def test_strict_writes_all_or_nothing(shop):
    response = await send(shop, "id,name\n1,a\n1,b\n", query="?_strict=1")
    assert response.status_code == 400
    assert response.json()["written"] == 0
    assert rows_of(shop) == []


async def test_batches_before_a_failure_stay(shop):
    body = "id,name\n" + "".join(f"{number},x\n" for number in (1, 2, 3, 4, 4, 5))
    response = await send(shop, body, query="?_batch=2&_strict=1")
    assert response.status_code == 400
    assert response.json()["written"] == 4
    assert [row[0] for row in rows_of(shop)] == [1, 2, 3, 4]


async def test_upsert_ignore_and_replace(shop):
    await send(shop, "id,name,n\n1,a,5\n")
    response = await send(shop, "id,name\n1,b\n2,c\n", path="/shop/items/-/upsert")
    assert (response.status_code, rows_of(shop)) == (200, [(1, "b", None, 5), (2, "c", None, None)])
    response = await send(shop, "id,name\n1,z\n3,d\n", query="?_ignore=1")
    assert (response.json()["written"], response.json()["skipped"]) == (1, 1)
    response = await send(shop, "id,name\n1,z\n", query="?_replace=1")
    assert rows_of(shop)[0] == (1, "z", None, None)


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        ("", "text/csv", "no rows"),
        ("id,colour\n1,red\n", "text/csv", "no column colour"),
        ('{"id": 1\n', "application/x-ndjson", "Line 1 is not JSON"),
        ("id,name\n1,\xff\n".encode("latin-1"), "text/csv; charset=utf-8", "UTF-8"),
        ("id\n1\n", "text/csv; charset=klingon", "Unknown encoding"),
    ],
)
async def test_bodies_that_cannot_be_read(shop, body, kind, message):
    response = await send(shop, body, kind=kind)
    assert response.status_code == 400
    assert message in response.json()["error"]
    assert rows_of(shop) == []


async def test_permissions_are_those_of_json(shop):
    body = "id,name\n1,a\n"
    assert (await send(shop, body, actor=None)).status_code == 403
    assert (await send(shop, body, actor={"id": "clerk"}, query="?_replace=1")).status_code == 403
    assert (await send(shop, body, actor={"id": "clerk"}, path="/shop/items/-/upsert")).status_code == 403
    assert rows_of(shop) == []
    assert (await send(shop, body, actor={"id": "clerk"})).status_code == 201


async def test_more_than_the_limit_of_json_bodies(shop):
    body = "id,name\n" + "".join(f"{number},{'x' * 100}\n" for number in range(30_000))
    assert len(body) > 2 * 1024 * 1024
    response = await send(shop, body)
    assert response.json()["written"] == 30_000


async def test_nothing_is_written_when_the_client_goes_away(shop):
    parts = [b"id,name\n1,a\n2,b\n"]

    async def receive():
        if parts:
            return {"type": "http.request", "body": parts.pop(), "more_body": True}
        return {"type": "http.disconnect"}

    sent = []

    async def send_message(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/shop/items/-/insert",
        "raw_path": b"/shop/items/-/insert",
        "query_string": b"_batch=1",
        "headers": [(b"content-type", b"text/csv"), (b"host", b"localhost")],
        "scheme": "http",
        "http_version": "1.1",
        "actor": ROOT,
    }
    await shop.app()(scope, receive, send_message)
    assert sent[0]["status"] == 400
    assert rows_of(shop) == []


async def test_json_still_goes_its_own_way(shop):
    response = await shop.client.post("/shop/items/-/insert", json={"row": {"id": 1, "name": "a"}}, actor=ROOT)
    assert response.status_code == 201
    assert response.json()["rows"][0]["id"] == 1
