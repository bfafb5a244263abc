"""Files that change, vanish or break while they are served: the server says so, and goes on with the others."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from urllib.parse import quote

import pytest
from other_process import held

from vitrina.engine.sqlite import connections
from vitrina.facade.datasette import Datasette


def make(path, rows, *, journal="delete", extra=""):
    conn = sqlite3.connect(path)
    conn.execute(f"pragma journal_mode={journal}")
    conn.executescript(f"create table t (id integer primary key, n text); {extra}")
    with conn:
        conn.executemany("insert into t (n) values (?)", [(row,) for row in rows])
    conn.close()
    return path


@pytest.fixture
def serve():
    opened = []

    def serve(*paths, **options):
        instance = Datasette([str(path) for path in paths], secret="s", **options)
        opened.append(instance)
        return instance

    yield serve
    for instance in opened:
        instance.close()


async def rows(instance, path="/data/t.json"):
    response = await instance.client.get(path)
    assert response.status_code == 200, response.text
    return [row["n"] for row in response.json()["rows"]]


@pytest.mark.parametrize("other", ["same counter", "other schema", "larger"])
async def test_a_file_copied_over_a_served_one(tmp_path, serve, other):
    path = make(tmp_path / "data.db", ["old"])
    extra = "create table another (id integer primary key);" if other == "other schema" else ""
    new = make(tmp_path / "new.db", ["new"] * (5000 if other == "larger" else 1), extra=extra)
    instance = serve(path)
    assert await rows(instance) == ["old"]
    shutil.copyfile(new, path)
    assert await rows(instance) == ["new"] * min(100, 5000 if other == "larger" else 1)
    tables = (await instance.client.get("/data.json")).json()["tables"]
    assert [table["name"] for table in tables] == (["another", "t"] if extra else ["t"])
    # A write goes to the new file, not to pages of the old one.
    await instance.get_database("data").execute_write("update t set n = 'written' where id = 1")
    with sqlite3.connect(path) as conn:
        assert conn.execute("pragma integrity_check").fetchone() == ("ok",)
        assert conn.execute("select n from t where id = 1").fetchone() == ("written",)
    conn.close()


async def test_a_file_replaced_deleted_and_put_back(tmp_path, serve):
    path = make(tmp_path / "data.db", ["old"])
    instance = serve(path)
    assert await rows(instance) == ["old"]
    os.replace(make(tmp_path / "new.db", ["new"]), path)
    assert await rows(instance) == ["new"]
    path.rename(tmp_path / "away.db")
    for page in ("/data/t.json", "/data/t/1.json", "/data.json", "/data/-/query.json?sql=select+1"):
        response = await instance.client.get(page)
        assert response.status_code == 500, (page, response.text)
        assert "cannot be opened" in response.json()["error"]
    assert (await instance.client.get("/-/versions.json")).status_code == 200
    (tmp_path / "away.db").rename(path)
    assert await rows(instance) == ["new"]


@pytest.mark.parametrize(
    "content", [b"", b"not a database at all" * 100, os.urandom(8192)], ids=["empty", "text", "noise"]
)
async def test_a_file_overwritten_by_something_else(tmp_path, serve, content):
    path, fine = make(tmp_path / "data.db", ["old"]), make(tmp_path / "fine.db", ["fine"])
    instance = serve(path, fine)
    assert await rows(instance) == ["old"]
    path.write_bytes(content)
    for page in ("/data/t.json", "/data/t", "/data", "/data/t.csv", "/data/-/query.json?sql=select+n+from+t"):
        response = await instance.client.get(page)
        assert response.status_code in ((200, 400, 404) if not content else (500,)), (page, response.text)
        assert "Traceback" not in response.text
    assert await rows(instance, "/fine/t.json") == ["fine"]
    # The home page goes on to list both, with what was last seen.
    home = (await instance.client.get("/.json")).json()
    assert [item["name"] for item in home["databases"]] == ["data", "fine"]
    assert (await instance.client.get("/")).status_code == 200
    shutil.copyfile(make(tmp_path / "good.db", ["good"]), path)
    assert await rows(instance) == ["good"]
    home = (await instance.client.get("/.json")).json()
    assert home["databases"][0]["tables_and_views_truncated"][0]["count"] == 1


async def test_pages_of_a_table_that_are_broken(tmp_path, serve):
    path = make(tmp_path / "data.db", ["x" * 500] * 2000, extra="create table fine (id integer primary key);")
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 4)
        file.write(os.urandom(size // 2))
    instance = serve(path)
    for page in (
        "/data/t.json?_size=max",
        "/data/t.csv?_stream=on",
        "/data/-/query.json?sql=select+sum(length(n))+from+t",
    ):
        response = await instance.client.get(page)
        assert "Traceback" not in response.text
        assert "malformed" in response.text, page
    assert (await instance.client.get("/data/fine.json")).json()["rows"] == []
    assert (await instance.client.get("/")).status_code == 200


async def test_a_file_that_another_process_holds(tmp_path, serve, monkeypatch):
    monkeypatch.setattr(connections, "READ_TIMEOUT_S", 0.1)
    path, fine = make(tmp_path / "data.db", ["one"]), make(tmp_path / "fine.db", ["fine"])
    instance = serve(path, fine)
    assert await rows(instance) == ["one"]
    with held(path, "exclusive"):
        for page in ("/data/t.json", "/data/t", "/data/t.csv", "/data/-/query.json?sql=select+n+from+t"):
            response = await instance.client.get(page)
            assert response.status_code == 503, (page, response.text)
            assert int(response.headers["retry-after"]) >= 1
            assert "locked" in response.text
        assert await rows(instance, "/fine/t.json") == ["fine"]
        home = (await instance.client.get("/.json")).json()
        assert [item["tables_count"] for item in home["databases"]] == [1, 1]
        assert [item["show_table_row_counts"] for item in home["databases"]] == [False, True]
    assert await rows(instance) == ["one"]
    home = (await instance.client.get("/.json")).json()
    assert [item["show_table_row_counts"] for item in home["databases"]] == [True, True]


async def test_a_table_dropped_between_two_requests(tmp_path, serve):
    path = make(
        tmp_path / "data.db", ["one"], extra="create table other (id integer primary key, t_id references t(id));"
    )
    instance = serve(path)
    pages = ["/data/t", "/data/t.json", "/data/t.csv", "/data/t/1", "/data/t/1.json", "/data/t.csv?_stream=on"]
    for page in pages:
        assert (await instance.client.get(page)).status_code == 200
    with sqlite3.connect(path) as conn:
        conn.execute("drop table t")
        conn.execute("insert into other values (1, 1)")
    conn.close()
    for page in pages:
        response = await instance.client.get(page)
        assert response.status_code == 404, (page, response.text)
    data = (await instance.client.get("/data/other.json?_labels=on")).json()
    assert data["rows"][0]["t_id"] in (1, {"value": 1, "label": "1"})
    sql = quote("select * from t")
    response = await instance.client.get(f"/data/-/query.json?sql={sql}")
    assert (response.status_code, response.json()["error"]) == (400, "no such table: t")


@pytest.fixture
def small_disk(tmp_path):
    """A file system of one megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(place)], capture_output=True)
    if done.returncode:
        pytest.skip("only root can mount a file system")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("journal", ["delete", "wal"])
async def test_a_full_disk(small_disk, serve, journal):
    path = make(small_disk / "data.db", ["one"], journal=journal)
    instance = serve(path, config={"databases": {"data": {"permissions": {"insert-row": True}}}})
    instance.root_enabled = True
    body = {"rows": [{"n": "x" * 50_000}] * 30}
    actor = {"id": "root"}
    await instance.invoke_startup()
    response = await instance.client.post("/data/t/-/insert", json=body, actor=actor)
    assert response.status_code in (507, 500), response.text
    assert "Traceback" not in response.text
    assert response.json()["ok"] is False
    assert await rows(instance) == ["one"]
    response = await instance.client.post("/data/t/-/insert", json={"row": {"n": "small"}}, actor=actor)
    assert response.status_code == 201, response.text
    assert await rows(instance) == ["one", "small"]


async def test_a_read_only_file(tmp_path, serve):
    path = make(tmp_path / "data.db", ["one"])
    path.chmod(0o444)
    instance = serve(path)
    instance.root_enabled = True
    assert await rows(instance) == ["one"]
    if os.access(path, os.W_OK):
        pytest.skip("this user may write to every file")
    response = await instance.client.post("/data/t/-/insert", json={"row": {"n": "x"}}, actor={"id": "root"})
    assert response.status_code in (400, 500)
    assert "readonly" in response.text


@pytest.mark.parametrize(
    "name",
    ["a.b.db", "a b.db", "a%20b.db", "a?b#c.db", "-.db", "é🎉.db", "a~b.db", ".hidden.db", "'\"<b>.db", "x\ny.db"],
)
async def test_files_with_odd_names(tmp_path, serve, name):
    instance = serve(make(tmp_path / name, ["one"]))
    database = (await instance.client.get("/-/databases.json")).json()["databases"][0]
    home = (await instance.client.get("/")).text
    assert "<b>" not in home
    path = (await instance.client.get("/.json")).json()["databases"][0]["path"]
    assert (await instance.client.get(path)).status_code == 200
    data = (await instance.client.get(path + ".json")).json()
    assert data["database"] == database["name"]
    assert await rows(instance, path + "/t.json") == ["one"]


@pytest.mark.parametrize("lost", ["words_data", "words_config", "words_content", "words_idx"])
async def test_a_virtual_table_that_lost_a_part_of_itself(tmp_path, serve, lost):
    extra = "create virtual table words using fts5 (text); insert into words values ('a'); create table empty (x);"
    path = make(tmp_path / "data.db", ["one"], extra=extra)
    conn = sqlite3.connect(path)
    conn.execute(f"drop table {lost}")
    conn.close()
    instance = serve(path)
    assert await rows(instance) == ["one"]
    for page in ("/", "/.json", "/data", "/data.json", "/data/-/schema.json", "/-/jump.json", "/data/t", "/data/t/1"):
        assert (await instance.client.get(page)).status_code == 200, page
    for page in ("/data/words", "/data/words.json", "/data/words.csv", "/data/words/1", "/data/words/1.json"):
        response = await instance.client.get(page)
        assert response.status_code < 500, (page, response.text)
    root = {"actor": {"id": "root"}}
    instance.root_enabled = True
    written = await instance.client.post("/data/t/-/insert", json={"row": {"n": "two"}}, **root)
    assert written.status_code == 201
    dropped = await instance.client.post("/data/words/-/drop", json={"confirm": True}, **root)
    assert dropped.status_code in (200, 400), dropped.text
    assert await rows(instance) == ["one", "two"]
