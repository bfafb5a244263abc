"""``vitrina files``: what it does on both storages, what it says, and with what status it ends."""

import asyncio
import hashlib
import json
import os
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner
from test_file_routes import instance, upload

from vitrina.cli.main import cli

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100


class Site:
    """A configuration with one source, and the command on it."""

    def __init__(self, folder, source):
        self.folder = folder
        self.source = source
        self.internal = folder / "internal.db"
        self.configure({"docs": source})

    def configure(self, sources):
        path = self.folder / "vitrina.yaml"
        path.write_text(json.dumps({"plugins": {"datasette-files": {"sources": sources}}}))

    def run(self, *arguments, stdin=None):
        place = ["-c", self.folder / "vitrina.yaml", "--internal", self.internal]
        return CliRunner().invoke(cli, ["files", *map(str, [*arguments, *place])], input=stdin)

    def lines(self, *arguments, stdin=None, status=0):
        done = self.run(*arguments, "--json", stdin=stdin)
        assert done.exit_code == status, done.output
        return [json.loads(line) for line in done.stdout.splitlines()]

    def file(self, name, data):
        path = self.folder / name
        path.write_bytes(data)
        return path

    def execute(self, sql):
        conn = sqlite3.connect(self.internal)
        with conn:
            conn.execute(sql)
        conn.close()


@pytest.fixture(params=["filesystem", "s3"])
def site(request, tmp_path):
    if request.param == "filesystem":
        return Site(tmp_path, {"storage": "filesystem", "config": {"root": str(tmp_path / "kept")}})
    from vitrina.files.names import new_ulid

    store = request.getfixturevalue("object_store")
    return Site(tmp_path, {"storage": "s3", "config": store.options("files", f"run-{new_ulid()}")})


@pytest.fixture
def local(tmp_path):
    return Site(tmp_path, {"storage": "filesystem", "config": {"root": str(tmp_path / "kept")}})


def test_there_and_back(site):
    large = os.urandom(6 * 1024 * 1024)
    paths = [site.file("a.png", PNG), site.file("large.bin", large), site.file("empty", b"")]
    put = site.lines("put", "docs", *paths, "--uploaded-by", "ann")
    assert [(each["filename"], each["size"]) for each in put] == [
        ("a.png", 108),
        ("large.bin", len(large)),
        ("empty", 0),
    ]
    assert put[0]["content_type"] == "image/png"
    assert put[1]["content_hash"] == f"sha256:{hashlib.sha256(large).hexdigest()}"
    listed = site.lines("ls", "docs")
    assert {each["id"] for each in listed} == {each["id"] for each in put}
    assert {each["uploaded_by"] for each in listed} == {"ann"}
    sources = site.lines("ls")
    assert [(each["source"], each["files"], each["bytes"]) for each in sources] == [("docs", 3, 108 + len(large))]
    target = site.folder / "out"
    target.mkdir()
    site.lines("get", *[each["id"] for each in put], "-o", target)
    assert (target / "large.bin").read_bytes() == large and (target / "empty").read_bytes() == b""
    assert site.run("get", put[0]["id"], "-o", "-").stdout_bytes == PNG
    assert site.lines("check") == []


def test_check_finds_both_ways_and_sync_registers(site):
    put = site.lines("put", "docs", *[site.file(f"{number}.txt", b"12345") for number in range(3)])
    ids = [each["id"] for each in put]
    site.execute(f"delete from datasette_files where id = '{ids[0]}'")
    site.execute(f"update datasette_files set content_hash = 'sha256:00' where id = '{ids[1]}'")
    site.execute(f"update datasette_files set path = '01hzzzzzzzzzzzzzzzzzzzzzzz/gone' where id = '{ids[2]}'")
    found = {(each["kind"], each["file_id"]) for each in site.lines("check", "docs", status=3)}
    assert found == {("orphan", None), ("changed", ids[1]), ("missing", ids[2])}
    orphans = [each for each in site.lines("check", "--no-hashes", status=3) if each["kind"] == "orphan"]
    assert len(orphans) == 2
    planned = site.lines("sync", "docs", "--dry-run")
    assert ids[0] in {each["file_id"] for each in planned} and len(planned) == 2
    assert len(site.lines("ls", "docs")) == 2
    site.lines("sync", "docs")
    assert ids[0] in {each["id"] for each in site.lines("ls", "docs")}
    wrong = site.run("get", ids[1], "-o", site.folder / "wrong")
    assert wrong.exit_code == 3 and "other bytes" in wrong.stderr
    missing = site.run("get", ids[2], "-o", site.folder / "missing")
    assert missing.exit_code == 3 and "missing" in missing.stderr
    assert not [
        path.name for path in site.folder.iterdir() if path.name in ("wrong", "missing") or "-vitrina-" in path.name
    ]


def test_check_cleans_up(site):
    site.lines("put", "docs", site.file("a.txt", b"1"))
    site.execute("delete from datasette_files")
    assert [each["removed"] for each in site.lines("check", "--clean", status=3)] == [False]
    # Times of a store have seconds.
    site.lines("check", "--clean", "--older-than", "0", status=0)
    assert site.lines("check") == []


def test_some_fail_and_the_others_do_not(local):
    done = local.run("put", "docs", local.folder / "none.txt", local.file("a.txt", b"1"), local.folder)
    assert done.exit_code == 3
    assert "none.txt: There is no such file" in done.stderr and "Is a directory" in done.stderr
    file_id = done.stdout.split()[0]
    assert done.stdout == f"{file_id}  a.txt\n"
    (local.folder / "out").mkdir()
    done = local.run("get", "df-nobody", file_id, "-o", local.folder / "out")
    assert done.exit_code == 3 and "df-nobody: File not found" in done.stderr
    again = local.run("get", file_id, "-o", local.folder / "out")
    assert again.exit_code == 3 and "--force" in again.stderr
    assert local.run("get", file_id, "-o", local.folder / "out", "--force").exit_code == 0


def test_limits_hold(local):
    source = {**local.source, "quota_files": 1, "config": {**local.source["config"], "max_file_size": 4}}
    local.configure({"docs": source})
    done = local.run("put", "docs", local.file("five", b"12345"), local.file("four", b"1234"), local.file("one", b"1"))
    assert done.exit_code == 3 and "more than 4 bytes" in done.stderr and "1 files at most" in done.stderr
    long_stream = local.run("put", "docs", "-", "--name", "x", stdin=b"12345")
    assert long_stream.exit_code == 3
    assert [each["filename"] for each in local.lines("ls", "docs")] == ["four"]
    assert local.lines("check") == []


def test_names_are_harmless_in_a_terminal(local):
    (put,) = local.lines("put", "docs", "-", "--name", "a\u202egnp.exe\x1b[2J", stdin=b"1")
    assert put["filename"] == "agnp.exe[2J"
    local.execute("update datasette_files set filename = 'a' || char(27) || '[2J../../b'")
    for done in (local.run("ls", "docs"), local.run("get", put["id"], "-o", local.folder / "kept", "--quiet")):
        assert done.exit_code == 0 and "\x1b" not in done.output
    assert "a[2J.._.._b" in os.listdir(local.folder / "kept")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ls", "nothing"], "Source not found: nothing"),
        (["put", "nothing", "{file}"], "Source not found"),
        (["check", "nothing"], "Source not found"),
        (["sync", "nothing"], "Source not found"),
        (["put", "docs", "-"], "needs a --name"),
        (["put", "docs", "{file}", "{file}", "--name", "x"], "is for one file"),
        (["get", "df-1", "df-2", "-o", "{file}"], "need a folder"),
    ],
)
def test_mistakes(local, arguments, said):
    file = local.file("a.txt", b"1")
    local.lines("put", "docs", file)
    done = local.run(*[argument.format(file=file) for argument in arguments])
    assert done.exit_code in (1, 2) and said in done.stderr


def test_nothing_there(local):
    done = local.run("ls")
    assert done.exit_code == 1 and "no such internal database" in done.stderr and not local.internal.exists()
    local.configure({})
    done = local.run("put", "docs", local.file("a", b"1"))
    assert done.exit_code == 1 and "no source of files in the configuration" in done.stderr
    local.configure({"docs": {"storage": "tape"}})
    done = local.run("put", "docs", local.file("a", b"1"))
    assert done.exit_code == 1 and "Unknown storage type 'tape'" in done.stderr


def test_keys_of_its_own_and_a_directory(tmp_path):
    own = {
        "vitrina": {"files": {"sources": {"docs": {"storage": "filesystem", "config": {"root": str(tmp_path / "k")}}}}}
    }
    (tmp_path / "datasette.json").write_text(json.dumps(own))
    place = ["-c", str(tmp_path), "--internal", str(tmp_path / "internal.db")]
    done = CliRunner().invoke(cli, ["files", "put", "docs", __file__, *place])
    assert done.exit_code == 0 and done.stdout.split()[1] == Path(__file__).name
    more = ["-s", "vitrina.files.sources.docs.quota_files", "1"]
    done = CliRunner().invoke(cli, ["files", "put", "docs", __file__, *place, *more])
    assert done.exit_code == 3 and "1 files at most" in done.stderr


def test_wrong_keys_of_a_store(object_store, tmp_path):
    made = Site(
        tmp_path, {"storage": "s3", "config": {**object_store.options("files"), "secret_access_key": "wrong-one"}}
    )
    done = made.run("put", "docs", made.file("a", b"1"))
    assert done.exit_code == 3 and "refused the credentials" in done.stderr
    done = made.run("check")
    assert done.exit_code == 3 and "docs: The object store refused" in done.stderr and "wrong-one" not in done.output


async def test_beside_a_running_server(tmp_path):
    local = Site(tmp_path, {"storage": "filesystem", "config": {"root": str(tmp_path / "kept")}})
    server = instance({"docs": local.source}, internal=str(local.internal))
    first = await upload(server, b"by the server")
    (second,) = await asyncio.to_thread(local.lines, "put", "docs", local.file("a.txt", b"by the command"))
    found = (await server.client.get("/-/files/search.json")).json()
    assert {each["id"] for each in found["files"]} == {first["id"], second["id"]} and found["total"] == 2
    assert (await server.client.get(f"/-/files/{second['id']}/download")).content == b"by the command"
    got = await asyncio.to_thread(local.run, "get", first["id"], "-o", "-")
    assert got.stdout_bytes == b"by the server"
    await server.client.post(f"/-/files/{second['id']}/-/delete")
    assert [each["id"] for each in await asyncio.to_thread(local.lines, "ls", "docs")] == [first["id"]]
    assert (await upload(server, b"again"))["size"] == 5
    await server.invoke_shutdown()
