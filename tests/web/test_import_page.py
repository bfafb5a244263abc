"""The import page: an upload, its run as a job, and what others may see of it."""

from __future__ import annotations

import asyncio
import io
import sqlite3

import openpyxl
import pyarrow
import pyarrow.parquet
import pytest

from vitrina.facade.datasette import Datasette

ROOT = {"id": "root"}
CLERK = {"id": "clerk"}
CONFIG = {
    "databases": {
        "shop": {
            "permissions": {action: {"id": "root"} for action in ("create-table", "insert-row", "update-row")},
            "tables": {"items": {"permissions": {"insert-row": {"id": ["root", "clerk"]}}}},
        }
    }
}


@pytest.fixture
async def shop(tmp_path):
    path = tmp_path / "shop.db"
    conn = sqlite3.connect(path)
    conn.execute("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT)")
    conn.close()
    instance = Datasette(files=[str(path)], config=CONFIG, secret="a-test-secret")
    instance.path = path
    yield instance
    await instance.invoke_shutdown()


async def upload(shop, content, name, actor=ROOT):
    return await shop.client.post(f"/shop/-/import?name={name}", content=content, actor=actor)


async def run(shop, body, actor=ROOT):
    return await shop.client.post("/shop/-/import/run", json=body, actor=actor)


async def ended(shop, job, actor=ROOT):
    for _ in range(500):
        job = (await shop.client.get(f"/shop/-/jobs/{job['id']}", actor=actor)).json()["job"]
        if job["state"] not in ("waiting", "running"):
            return job
        await asyncio.sleep(0.01)
    raise AssertionError("The job did not end")


def query(shop, sql):
    conn = sqlite3.connect(shop.path)
    try:
        return conn.execute(sql).fetchall()
    finally:
        conn.close()


async def test_upload_says_what_is_in_the_file(shop):
    response = await upload(shop, "zip, name ,n\n01234,a,5\n94103,b,\n", "People 2024.csv")
    assert response.status_code == 201
    found = response.json()
    assert [(each["name"], each["type"]) for each in found["columns"]] == [
        ("zip", "text"),
        ("name", "text"),
        ("n", "integer"),
    ]
    assert found["rows"][0] == ["01234", "a", "5"]
    assert (found["format"], found["complete"]) == ("csv", True)


async def test_a_table_is_created_with_what_was_chosen(shop):
    found = (await upload(shop, "a,b,c\n1,x,9\n2,y\n1,z,8\n", "t.csv")).json()
    columns = [{"source": 2, "name": "see", "type": "text"}, {"source": 0, "name": "id", "type": "integer"}]
    response = await run(shop, {"upload": found["upload"], "table": "fresh", "columns": columns, "pks": ["id"]})
    assert response.status_code == 202
    job = await ended(shop, response.json()["job"])
    assert (job["state"], job["error"]) == ("done", None)
    assert query(shop, "SELECT * FROM fresh") == [("9", 1)]
    assert [each["row"] for each in job["report"]["rejected_rows"]] == [2, 3]
    rejected = await shop.client.get(f"/shop/-/jobs/{job['id']}/rejected", actor=ROOT)
    assert rejected.text.splitlines()[:2] == ["row,reason,a,b,c", "2,has 2 cells instead of 3,2,y"]
    assert (await shop.client.get("/shop/fresh.json")).json()["rows"] == [{"see": "9", "id": 1}]


async def test_excel_and_parquet(shop):
    book = openpyxl.Workbook()
    for row in (["id", "day"], [1, "2024-01-01"], [2, None]):
        book.active.append(row)
    excel = io.BytesIO()
    book.save(excel)
    table = pyarrow.table({"id": [1, 2], "price": [1.5, None], "tags": [["a"], []]})
    parquet = io.BytesIO()
    pyarrow.parquet.write_table(table, parquet)
    for name, content in (("e.xlsx", excel), ("p.parquet", parquet)):
        found = (await upload(shop, content.getvalue(), name)).json()
        response = await run(shop, {"upload": found["upload"], "table": name[0]})
        assert (await ended(shop, response.json()["job"]))["state"] == "done"
    assert query(shop, "SELECT * FROM e") == [(1, "2024-01-01"), (2, None)]
    assert query(shop, "SELECT * FROM p") == [(1, 1.5, '["a"]'), (2, None, "[]")]


async def test_who_may(shop):
    assert (await shop.client.get("/shop/-/import")).status_code == 403
    assert (await upload(shop, "id\n1\n", "t.csv", actor=None)).status_code == 403
    assert (await shop.client.get("/shop/-/import", actor=CLERK)).status_code == 200
    found = (await upload(shop, "id\n1\n", "t.csv", actor=CLERK)).json()
    # Somebody else's file, a table that may not be created, a mode that needs more.
    assert (await run(shop, {"upload": found["upload"], "table": "items"})).status_code == 404
    assert (await run(shop, {"upload": found["upload"], "table": "new"}, actor=CLERK)).status_code == 403
    wanted = {"upload": found["upload"], "table": "items", "mode": "upsert"}
    assert (await run(shop, wanted, actor=CLERK)).status_code == 403
    response = await run(shop, {"upload": found["upload"], "table": "items"}, actor=CLERK)
    job = await ended(shop, response.json()["job"], actor=CLERK)
    assert (await shop.client.get(f"/shop/-/jobs/{job['id']}", actor=ROOT)).status_code == 404
    assert query(shop, "SELECT id FROM items") == [(1,)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"table": "sqlite_x"}, "Invalid table name"),
        ({"mode": "merge"}, "mode must be one of"),
        ({"columns": [{"source": 7, "name": "a", "type": "text"}]}, "source must be a number below 2"),
        ({"columns": [{"source": 0, "name": "a", "type": "text"}] * 2}, "Duplicate column name"),
        ({"pks": ["nope"]}, "not among the columns"),
        ({"colour": 1, "batch": "5"}, "Invalid key: colour; batch must be an integer"),
    ],
)
async def test_wrong_wishes_are_told_at_once(shop, changes, message):
    found = (await upload(shop, "a,b\n1,2\n", "t.csv")).json()
    response = await run(shop, {"upload": found["upload"], "table": "t", **changes})
    assert response.status_code == 400
    assert message in response.json()["error"]
    # The file is still there for another try.
    assert (await run(shop, {"upload": found["upload"], "table": "t"})).status_code == 202


async def test_cancel_leaves_nothing(shop):
    body = "id,text\n" + "".join(f"{number},{'x' * 200}\n" for number in range(60_000))
    found = (await upload(shop, body, "long.csv")).json()
    job = (await run(shop, {"upload": found["upload"], "table": "long"})).json()["job"]
    response = await shop.client.post(f"/shop/-/jobs/{job['id']}/cancel", actor=ROOT)
    assert response.status_code == 200
    assert (await ended(shop, job))["state"] == "cancelled"
    assert query(shop, "SELECT name FROM sqlite_master WHERE name = 'long'") == []


async def test_failure_is_told_with_its_reason(shop):
    found = (await upload(shop, "id,name\n1,a\n1,b\n", "t.csv")).json()
    job = (await run(shop, {"upload": found["upload"], "table": "items", "strict": True})).json()["job"]
    job = await ended(shop, job)
    assert (job["state"], job["report"]["written"]) == ("failed", 0)
    assert "UNIQUE constraint failed" in job["error"]


async def test_a_file_is_looked_into_again_with_another_encoding_and_delimiter(shop):
    content = "ville;prix\nOrléans;1\n".encode("utf-16")
    found = (await shop.client.post("/shop/-/import?name=a.csv&_encoding=latin-1", content=content, actor=ROOT)).json()
    path = f"/shop/-/import?upload={found['upload']}"
    again = await shop.client.post(path, actor=ROOT)
    assert (again.status_code, again.json()["encoding"], again.json()["delimiter"]) == (200, "utf-16", ";")
    assert again.json()["rows"] == [["Orléans", "1"]]
    whole = await shop.client.post(path + "&_delimiter=%7C", actor=ROOT)
    assert [column["name"] for column in whole.json()["columns"]] == ["ville;prix"]
    for arguments, message in (("_encoding=ascii", "not ASCII"), ("_encoding=x", "Unknown"), ("_delimiter=ab", "one")):
        refused = await shop.client.post(f"{path}&{arguments}", actor=ROOT)
        assert (refused.status_code, message in refused.json()["error"]) == (400, True), arguments
    assert (await shop.client.post("/shop/-/import?upload=other", actor=ROOT)).status_code == 404
    assert (await shop.client.post(path, actor={"id": "clerk"})).status_code in (403, 404)


async def test_a_durable_job_needs_a_replica(shop):
    ready = (await upload(shop, b"name\nmask\n", "items.csv")).json()["upload"]
    body = {"upload": ready, "table": "items", "durable": True}
    answer = await run(shop, body)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("Database shop is not replicated")
    # The upload is still there, and nothing was written.
    assert query(shop, "select count(*) from items") == [(0,)]
    assert (await run(shop, {**body, "durable": False})).status_code == 202
