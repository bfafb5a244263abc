"""Uploads in pieces: they go on where they stopped, on every storage, and leave nothing behind."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time

import pytest

from vitrina.facade.datasette import Datasette
from vitrina.files.filesystem import INCOMING
from vitrina.files.part_store import PIECE_BYTES
from vitrina.web.files.resume import uploads_of

SIZE = 9 * 1024 * 1024
DATA = os.urandom(1024) * (SIZE // 1024)
BEGIN = "/-/files/upload/docs/-/resumable"


def instance(source, folder, **files):
    config = {
        "plugins": {"datasette-files": {"sources": {"docs": source, "other": source}, **files}},
        "permissions": dict.fromkeys(("files-browse", "files-upload", "files-edit", "files-delete"), True),
    }
    return Datasette(memory=True, config=config, secret="a-test-secret", internal=str(folder / "internal.db"))


@pytest.fixture(params=["filesystem", "s3"])
def source(request, tmp_path):
    if request.param == "filesystem":
        return {"storage": "filesystem", "config": {"root": str(tmp_path / "files")}}
    from vitrina.files.names import new_ulid

    store = request.getfixturevalue("object_store")
    return {"storage": "s3", "config": store.options("files", f"run-{new_ulid()}")}


@pytest.fixture
def local(tmp_path):
    made = instance({"storage": "filesystem", "config": {"root": str(tmp_path / "files")}}, tmp_path)
    yield made
    made.close()


async def begin(site, size=SIZE, filename="héllo.bin", **options):
    answer = await site.client.post(BEGIN, json={"filename": filename, "size": size}, **options)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def send(site, url, offset, data, **options):
    return await site.client.patch(url, content=data, headers={"Upload-Offset": str(offset)}, **options)


async def left_over(site):
    files = site.site.state["files"]
    return await files.storages["docs"].list_files(), await files.records.query("SELECT token FROM vitrina_uploads")


async def test_pieces_with_a_restart_between(source, tmp_path):
    site = instance(source, tmp_path)
    told = await begin(site)
    assert told["offset"] == 0 and told["piece_bytes"] == PIECE_BYTES
    url = told["part_url"]
    first = await send(site, url, 0, DATA[:PIECE_BYTES])
    assert (first.status_code, first.json()) == (200, {"ok": True, "offset": PIECE_BYTES}), first.text
    again = await send(site, url, 0, DATA[:PIECE_BYTES])
    assert again.status_code == 409 and again.json()["offset"] == PIECE_BYTES
    early = await site.client.post(f"{url}/complete")
    assert early.status_code == 400 and early.json()["offset"] == PIECE_BYTES
    site.close()

    site = instance(source, tmp_path)
    known = (await site.client.get(url)).json()
    assert (known["offset"], known["size"], known["filename"]) == (PIECE_BYTES, len(DATA), "héllo.bin")
    assert (await send(site, url, PIECE_BYTES, DATA[PIECE_BYTES:])).json()["offset"] == len(DATA)
    done = await site.client.post(f"{url}/complete")
    assert done.status_code == 201, done.text
    file = done.json()["file"]
    assert file["content_hash"] == "sha256:" + hashlib.sha256(DATA).hexdigest() and file["size"] == len(DATA)
    # A client that did not hear of it asks again, and gets no second file.
    assert (await site.client.post(f"{url}/complete")).json()["file"]["id"] == file["id"]
    assert (await site.client.get(url)).json()["offset"] == len(DATA)
    record = await site.site.state["files"].record(file["id"])
    storage = site.site.state["files"].storage_of(record)
    assert await storage.read_file(record["path"]) == DATA
    assert (await site.client.get("/-/files/search.json")).json()["total"] == 1
    site.close()


async def test_empty_file_and_type_by_inspection(source, tmp_path):
    site = instance(source, tmp_path)
    for data, wanted in ((b"", "application/octet-stream"), (b"\x89PNG\r\n\x1a\n123", "image/png")):
        told = await begin(site, len(data), "x")
        if data:
            assert (await send(site, told["part_url"], 0, data)).status_code == 200
        file = (await site.client.post(told["part_url"] + "/complete")).json()["file"]
        assert (file["size"], file["content_type"]) == (len(data), wanted)
        assert file["content_hash"] == "sha256:" + hashlib.sha256(data).hexdigest()
    site.close()


async def test_odd_type_and_name(source, tmp_path):
    site = instance(source, tmp_path)
    for content_type in ("text/html\r\nX: y", "\u2603", "a/b" * 999, ""):
        body = {"filename": "../\u202eodd\x00 #?%.txt", "size": 1, "content_type": content_type}
        url = (await site.client.post(BEGIN, json=body)).json()["part_url"]
        assert (await send(site, url, 0, b"x")).status_code == 200
        file = (await site.client.post(f"{url}/complete")).json()["file"]
        assert (file["content_type"], file["filename"]) == ("application/octet-stream", ".._odd #?%.txt")
    site.close()


async def test_given_up(source, tmp_path):
    site = instance(source, tmp_path)
    url = (await begin(site))["part_url"]
    await send(site, url, 0, DATA[:PIECE_BYTES])
    assert (await site.client.delete(url)).json() == {"ok": True}
    assert (await site.client.get(url)).status_code == 404
    assert await left_over(site) == (([], None), [])
    if source["storage"] == "filesystem":
        assert list((tmp_path / "files" / INCOMING).iterdir()) == []
    site.close()


async def test_what_arrived_before_a_break_is_kept(local):
    url = (await begin(local))["part_url"]

    async def broken():
        yield DATA[: 3 * 1024 * 1024]
        yield b"x"
        raise ConnectionError("gone")

    uploads = uploads_of(local.site)
    token = url.rpartition("/")[2]
    upload = await uploads.find(token, "docs", None)
    with pytest.raises(ConnectionError):
        await uploads.append(upload, 0, PIECE_BYTES, broken())
    offset = (await local.client.get(url)).json()["offset"]
    assert offset == 3 * 1024 * 1024 + 1
    # The byte was not the file's own: what counts is what was received.
    assert (await send(local, url, offset, DATA[offset:])).status_code == 200
    file = (await local.client.post(f"{url}/complete")).json()["file"]
    changed = DATA[: offset - 1] + b"x" + DATA[offset:]
    assert file["content_hash"] == "sha256:" + hashlib.sha256(changed).hexdigest()


async def test_newer_request_takes_over_from_a_dead_one(source, tmp_path):
    site = instance(source, tmp_path)
    url = (await begin(site))["part_url"]
    uploads = uploads_of(site.site)
    upload = await uploads.find(url.rpartition("/")[2], "docs", None)
    reached = asyncio.Event()

    async def hanging():
        yield DATA[:1000]
        reached.set()
        await asyncio.Event().wait()

    dead = asyncio.ensure_future(uploads.append(upload, 0, PIECE_BYTES, hanging()))
    await reached.wait()
    offset = (await site.client.get(url)).json()["offset"]
    answer = await send(site, url, offset, DATA[offset : offset + PIECE_BYTES])
    if answer.status_code == 409:
        offset = answer.json()["offset"]
        answer = await send(site, url, offset, DATA[offset:PIECE_BYTES])
    assert answer.json() == {"ok": True, "offset": PIECE_BYTES}
    with pytest.raises(Exception, match="Another request"):
        await dead
    await send(site, url, PIECE_BYTES, DATA[PIECE_BYTES:])
    file = (await site.client.post(f"{url}/complete")).json()["file"]
    assert file["content_hash"] == "sha256:" + hashlib.sha256(DATA).hexdigest()
    site.close()


async def test_refusals(local):
    told = await begin(local, 10)
    url = told["part_url"]
    assert (await send(local, url, 0, b"x" * 11)).status_code == 400
    assert (await send(local, url, 5, b"x")).json()["offset"] == 0
    assert (await local.client.patch(url, content=b"x")).status_code == 400
    assert (await send(local, url, "nought", b"x")).status_code == 400
    assert (await local.client.get(url.replace("/docs/", "/other/"))).status_code == 404
    assert (await local.client.get(url, actor={"id": "somebody else"})).status_code == 404
    assert (await local.client.get(url + "x")).status_code == 404
    for body in ({}, {"filename": "a"}, {"filename": "a", "size": -1}, {"filename": "a", "size": "1"}, {"size": 1}):
        assert (await local.client.post(BEGIN, json=body)).status_code == 400, body
    assert (await local.client.post(BEGIN, json={"filename": "a", "size": 10**12})).status_code == 413
    assert (await local.client.post(BEGIN.replace("docs", "none"), json={})).status_code == 404


async def test_nobody_uploads_without_permission(tmp_path):
    source = {"storage": "filesystem", "config": {"root": str(tmp_path / "files")}}
    config = {
        "plugins": {"datasette-files": {"sources": {"docs": source}}},
        "permissions": {"files-upload": {"id": "ann"}},
    }
    site = Datasette(memory=True, config=config, secret="a-test-secret")
    url = (await begin(site, 3, actor={"id": "ann"}))["part_url"]
    assert (await site.client.post(BEGIN, json={"filename": "a", "size": 1})).status_code == 403
    assert (await send(site, url, 0, b"abc")).status_code == 403
    assert (await send(site, url, 0, b"abc", actor={"id": "ann"})).status_code == 200
    done = await site.client.post(f"{url}/complete", actor={"id": "ann"})
    assert done.json()["file"]["uploaded_by"] == "ann"
    site.close()


async def test_unfinished_uploads_count_against_the_quota(tmp_path):
    source = {"storage": "filesystem", "config": {"root": str(tmp_path / "files")}, "quota_bytes": 100}
    site = instance(source, tmp_path)
    await begin(site, 60)
    assert (await site.client.post(BEGIN, json={"filename": "b", "size": 60})).status_code == 413
    await begin(site, 40)
    site.close()


async def test_expired_uploads_are_deleted(local, tmp_path):
    url = (await begin(local, 10))["part_url"]
    await send(local, url, 0, b"12345")
    uploads = uploads_of(local.site)
    uploads._now = lambda: time.time() + 25 * 3600
    assert (await local.client.get(url)).status_code == 404
    await uploads.sweep()
    assert await left_over(local) == (([], None), [])
    assert list((tmp_path / "files" / INCOMING).iterdir()) == []


async def test_old_parts_without_a_row_are_deleted_at_the_start(local, tmp_path):
    folder = tmp_path / "files" / INCOMING
    folder.mkdir(parents=True)
    for name, age in (("part-old", 3 * 86400), ("part-new", 60)):
        (folder / name).write_bytes(b"x")
        os.utime(folder / name, (time.time() - age,) * 2)
    await begin(local, 1)
    assert not (folder / "part-old").exists() and (folder / "part-new").exists()


async def test_storage_of_a_plugin_gets_the_file_as_a_stream(local):
    await local.invoke_startup()
    storage = local.site.state["files"].storages["docs"]
    storage.part_store = lambda: None
    url = (await begin(local, 10))["part_url"]
    await send(local, url, 0, b"12345")
    await send(local, url, 5, b"67890")
    file = (await local.client.post(f"{url}/complete")).json()["file"]
    assert file["content_hash"] == "sha256:" + hashlib.sha256(b"1234567890").hexdigest()
    spool = uploads_of(local.site)._stores["docs"]._folder
    assert list(spool.iterdir()) == []
    await uploads_of(local.site).close()
    assert not spool.exists()


async def test_two_people_edit_one_file(local):
    answer = await local.client.post("/-/files/upload/docs/-/file?filename=a.txt", content=b"a")
    url = answer.json()["files"][0]["url"] + "/-/update"

    async def update(text, expected=None):
        body = {"update": {"search_text": text}}
        if expected is not None:
            body["expected"] = expected
        return await local.client.post(url, json=body)

    assert (await update("first", {"search_text": ""})).status_code == 200
    late = await update("second", {"search_text": ""})
    assert late.status_code == 409 and late.json()["file"]["search_text"] == "first" and not late.json()["ok"]
    assert (await update("second", {"search_text": "first"})).json()["file"]["search_text"] == "second"
    assert (await update("third")).status_code == 200
    for wrong in ({}, "text", {"search_text": 1}, {"filename": "x"}):
        assert (await update("x", wrong)).status_code == 400


async def test_store_gone_for_a_while(object_store, tmp_path):
    from vitrina.files.names import new_ulid

    options = object_store.options("files", f"run-{new_ulid()}")
    site = instance({"storage": "s3", "config": options}, tmp_path)
    url = (await begin(site))["part_url"]
    await send(site, url, 0, DATA[:PIECE_BYTES])
    object_store.stop()
    try:
        answer = await send(site, url, PIECE_BYTES, DATA[PIECE_BYTES:])
        assert answer.status_code == 503 and "object store" in answer.json()["errors"][0]
        assert (await site.client.get(url)).json()["offset"] == PIECE_BYTES
    finally:
        object_store.start()
    assert (await send(site, url, PIECE_BYTES, DATA[PIECE_BYTES:])).json()["offset"] == SIZE
    file = (await site.client.post(f"{url}/complete")).json()["file"]
    assert file["content_hash"] == "sha256:" + hashlib.sha256(DATA).hexdigest()
    site.close()
