"""Importing files as tables: the look into them, the job, its report, and a restart."""

import asyncio
import json
import sqlite3

import pytest
from test_file_routes import folder, instance, upload

ROOT = {"id": "root"}
EVERYTHING = dict.fromkeys(
    ("files-browse", "files-upload", "files-edit", "files-delete", "create-table", "insert-row"), True
)


@pytest.fixture(params=["filesystem", "s3"])
async def site(request, tmp_path):
    if request.param == "filesystem":
        sources = folder(tmp_path / "files")
    else:
        from vitrina.files.names import new_ulid

        store = request.getfixturevalue("object_store")
        sources = {"docs": {"storage": "s3", "config": store.options("files", f"run-{new_ulid()}")}}
    made = with_database(sources, tmp_path)
    yield made
    await made.invoke_shutdown()


def with_database(sources, tmp_path, permissions=None, **more):
    path = tmp_path / "data.db"
    sqlite3.connect(path).close()
    return instance(sources, EVERYTHING if permissions is None else permissions, files_given=[str(path)], **more)


@pytest.fixture
async def local(tmp_path):
    made = with_database(folder(tmp_path / "files"), tmp_path)
    yield made
    await made.invoke_shutdown()


async def begin(site, file, table="t", database="data", **fields):
    data = {"table_name": table, "database_name": database, **fields}
    return await site.client.post(f"/-/files/import/{file['id']}", data=data)


async def ended(site, url):
    for _ in range(500):
        told = (await site.client.get(url + ".json")).json()
        if told["status"] in ("finished", "error"):
            return told
        await asyncio.sleep(0.02)
    raise AssertionError(told)


async def imported(site, data, filename, content_type="application/octet-stream", **fields):
    file = await upload(site, data, filename, content_type)
    answer = await begin(site, file, **fields)
    assert answer.status_code == 302, answer.text
    return await ended(site, answer.headers["location"])


async def rows_of(site, sql="select * from t"):
    found = await site.get_database("data").execute(sql)
    return [tuple(row) for row in found.rows]


async def test_a_csv_file(site):
    file = await upload(site, b"id,name,score\n1,Ann,1.5\n\n2,Bob,\n3,Eve\n", "people.2026.csv", "text/csv")
    page = (await site.client.get(file["url"])).text
    assert "Import as table" in page and f"/-/files/import/{file['id']}" in page
    preview = await site.client.get(f"/-/files/import/{file['id']}")
    assert preview.status_code == 200
    for shown in ('value="people.2026"', "<option selected>data</option>", "Ann", "score <small>float</small>"):
        assert shown in preview.text
    answer = await begin(site, file, "people")
    assert answer.status_code == 302 and answer.headers["location"] == f"/-/files/import/{file['id']}/1"
    told = await ended(site, answer.headers["location"])
    assert (told["status"], told["row_count"], told["error"], told["rejected"]) == ("finished", 3, None, 0)
    assert told["import_type"] == "csv" and told["bytes_read"] == told["total_size"] == file["size"]
    assert told["table_url"] == "/data/people" and told["started_at"] and told["finished_at"]
    assert await rows_of(site, "select * from people") == [(1, "Ann", 1.5), (2, "Bob", None), (3, "Eve", None)]
    page = await site.client.get(answer.headers["location"])
    assert page.status_code == 200 and '<import-progress api-url="/-/files/import/' in page.text
    assert 'href="/data/people"' in page.text


@pytest.mark.parametrize(
    ("filename", "data", "expected"),
    [
        ("x.tsv", b"a\tb\n1\tx,y\n", [(1, "x,y")]),
        ("x.csv", b"a;b\n1;2\n", [(1, 2)]),
        ("x.json", b'[{"a": 1, "b": [2]}, {"b": "y"}]', [(1, "[2]"), (None, "y")]),
        ("x.json", b'{"a": 1, "b": "one"}', [(1, "one")]),
        ("x.ndjson", b'{"a": 1, "b": null}\n{"a": 2.5, "b": "z"}\n', [(1.0, None), (2.5, "z")]),
        ("x.jsonl", b'{"a": "007", "b": true}\n', [("007", 1)]),
        ("x.csv", "a,b\n1,é\n".encode("cp1252"), [(1, "é")]),
        ("x.csv", b"\xef\xbb\xbfa,b\n1,2\n", [(1, 2)]),
    ],
)
async def test_formats(local, filename, data, expected):
    told = await imported(local, data, filename)
    assert (told["status"], told["error"]) == ("finished", None)
    assert told["import_type"] == {"tsv": "csv", "jsonl": "ndjson"}.get(filename[2:], filename[2:])
    assert await rows_of(local) == expected


async def test_types_are_those_that_every_value_fits(local):
    lines = "".join(f"{number},{number},{number}\n" for number in range(6000))
    told = await imported(local, f"a,b,c\n{lines}x,1.5,7\n".encode(), "late.csv")
    assert (told["row_count"], told["rejected"]) == (6001, 0)
    assert await rows_of(local, "select typeof(a), typeof(b), typeof(c), count(*) from t group by 1, 2, 3") == [
        ("text", "real", "integer", 6001)
    ]


async def test_rows_that_are_refused_are_reported(local):
    told = await imported(local, b"id,b\n1,2\n1,3\n4,5,6\n7,8\n", "x.csv", pk="id")
    assert (told["status"], told["row_count"], told["rejected"]) == ("finished", 2, 2)
    report = (await local.client.get(told["rejected_url"])).text
    assert {line.partition(",")[0] for line in report.splitlines()} == {"row", "2", "3"}
    assert "3 cells instead of 2" in report
    assert await rows_of(local) == [(1, 2), (7, 8)]
    other = (await local.client.get(f"/-/files/import/{told['file_id']}/1.json", actor={"id": "eve"})).json()
    assert other["rejected"] == 2 and other["rejected_url"] is None and other["cancel_url"] is None


@pytest.mark.parametrize(
    ("filename", "data", "said"),
    [
        ("x.json", b'[{"a": 1}, {"a"', "not JSON"),
        ("x.ndjson", b'{"a": 1}\nnonsense\n', "Line 2"),
        ("x.csv", b"", "no rows"),
        ("x.json", b"[[[1]]]", None),
    ],
)
async def test_files_that_cannot_be_read_leave_no_table(local, filename, data, said):
    told = await imported(local, data, filename)
    if said is None:
        return
    assert told["status"] == "error" and said in told["error"]
    assert await rows_of(local, "select name from sqlite_master") == []
    preview = await local.client.get(f"/-/files/import/{told['file_id']}")
    assert preview.status_code == 200
    page = await local.client.get(f"/-/files/import/{told['file_id']}/{told['id']}")
    assert page.status_code == 200 and said.split()[0] in page.text


async def test_refusals(tmp_path):
    permissions = {
        **EVERYTHING,
        "create-table": {"id": ["ann", "bob"]},
        "insert-row": {"id": ["ann"]},
        "files-browse": {"unauthenticated": True, "id": "*"},
    }
    site = with_database(folder(tmp_path / "files"), tmp_path, permissions)
    file = await upload(site, b"a\n1\n", "x.csv", "text/csv")
    text = await upload(site, b"words", "x.txt", "text/plain")
    path = f"/-/files/import/{file['id']}"
    ann = {"id": "ann"}
    cases = [
        ({"database_name": "data"}, ann, 400, "table_name"),
        ({"table_name": "t", "database_name": "none"}, ann, 400, "none"),
        ({"table_name": "t"}, ann, 400, "database_name"),
        ({"table_name": "sqlite_x", "database_name": "data"}, ann, 400, "name"),
        ({"table_name": "t", "database_name": "__INTERNAL__"}, ann, 400, "not found"),
        ({"table_name": "t", "database_name": "data"}, {"id": "eve"}, 403, "create-table"),
        ({"table_name": "t", "database_name": "data"}, {"id": "bob"}, 403, "insert-row"),
    ]
    for data, actor, status, said in cases:
        answer = await site.client.post(path, data=data, actor=actor)
        assert answer.status_code == status and list(answer.json()) == ["error"] and said in answer.json()["error"]
    answer = await site.client.post(f"/-/files/import/{text['id']}", data=cases[-1][0], actor=ann)
    assert answer.status_code == 400 and "CSV" in answer.json()["error"]
    await site.get_database("data").execute_write("create table T (a)")
    answer = await site.client.post(path, data=cases[-1][0], actor=ann)
    assert answer.status_code == 400 and "exists" in answer.json()["error"]
    page = (await site.client.get(path, actor={"id": "eve"})).text
    assert 'name="table_name"' in page and "may not" in page
    assert "not a file of rows" in (await site.client.get(f"/-/files/import/{text['id']}", actor=ann)).text
    for missing in ("/-/files/import/df-zz", f"{path}/1", f"{path}/x.json", f"{path}/{'9' * 30}"):
        assert (await site.client.get(missing)).status_code == 404, missing
    await site.invoke_shutdown()


async def test_who_may_not_browse_sees_nothing_of_an_import(tmp_path):
    site = with_database(folder(tmp_path / "files"), tmp_path, {**EVERYTHING, "files-browse": {"id": "ann"}})
    ann = {"id": "ann"}
    file = await upload(site, b"a\n1\n", "x.csv", "text/csv")
    data = {"table_name": "t", "database_name": "data"}
    path = f"/-/files/import/{file['id']}"
    assert (await site.client.post(path, data=data)).status_code == 403
    assert (await site.client.post(path, data=data, actor=ann)).status_code == 302
    for each in (path, f"{path}/1", f"{path}/1.json"):
        assert (await site.client.get(each)).status_code == 403
        assert (await site.client.get(each, actor=ann)).status_code == 200
    await site.invoke_shutdown()


async def test_cancelling_leaves_no_table(local):
    file = await upload(local, b"a,b\n" + b"1,2\n" * 300_000, "big.csv", "text/csv")
    urls = [(await begin(local, file, table)).headers["location"] for table in ("first", "second")]
    # The second one waits for the first.
    told = (await local.client.get(urls[1] + ".json")).json()
    assert told["status"] == "pending" and told["cancel_url"]
    for url in reversed(urls):
        told = (await local.client.get(url + ".json")).json()
        assert (await local.client.post(told["cancel_url"])).json()["ok"]
    for url in urls:
        told = await ended(local, url)
        assert (told["status"], told["error"], told["cancel_url"]) == ("error", "The import was cancelled", None)
    assert await rows_of(local, "select name from sqlite_master") == []


async def test_after_a_restart_nothing_is_running(tmp_path):
    internal = str(tmp_path / "internal.db")
    site = with_database(folder(tmp_path / "files"), tmp_path, internal=internal)
    told = await imported(site, b"a\n1\n", "x.csv")
    await site.invoke_shutdown()
    conn = sqlite3.connect(internal)
    conn.execute("update _datasette_files_imports set status = 'running', finished_at = null")
    conn.execute("insert into _datasette_files_imports (file_id, database_name, table_name) values ('df-1', 'd', 't')")
    conn.commit()
    conn.close()
    site = instance(folder(tmp_path / "files"), EVERYTHING, internal=internal)
    await site.invoke_startup()
    again = (await site.client.get(f"/-/files/import/{told['file_id']}/{told['id']}.json")).json()
    assert again["status"] == "error" and "stopped" in again["error"] and again["finished_at"]
    left = await site.get_internal_database().execute(
        "select count(*) from _datasette_files_imports where status in ('pending', 'running')"
    )
    assert left.first()[0] == 0
    await site.invoke_shutdown()


async def test_content_that_vanished(local, tmp_path):
    file = await upload(local, b"a\n1\n", "x.csv", "text/csv")
    for path in (tmp_path / "files").rglob("*.csv"):
        path.unlink()
    assert "is missing" in (await local.client.get(f"/-/files/import/{file['id']}")).text
    answer = await begin(local, file)
    assert "is missing" in (await ended(local, answer.headers["location"]))["error"]


async def test_table_urls_are_escaped_and_below_the_base(tmp_path):
    site = with_database(folder(tmp_path / "files"), tmp_path, settings={"base_url": "/under/"})
    answer = await site.client.post(
        "/-/files/upload/docs/-/file?filename=x.json", content=json.dumps([{"a": 1}]).encode()
    )
    file = answer.json()["files"][0]
    answer = await begin(site, file, "a/b ü")
    assert answer.headers["location"].startswith("/under/-/files/import/")
    told = await ended(site, answer.headers["location"].removeprefix("/under"))
    assert told["table_url"].startswith("/under/data/a~2Fb")
    assert (await site.client.get(told["table_url"].removeprefix("/under") + ".json")).status_code == 200
    await site.invoke_shutdown()
