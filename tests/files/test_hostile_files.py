"""Uploads given up at every stage, stores killed under them, and files that are made to do harm."""

import asyncio
import hashlib
import re
import struct
import zlib
from pathlib import Path

import pytest
from object_store import running_store
from test_faults import send
from test_file_routes import content, folder, instance, upload

from vitrina.errors import VitrinaError
from vitrina.files.check import CheckReport, check_source
from vitrina.files.names import new_ulid
from vitrina.files.storage import FileMetadata, Storage, StorageCapabilities

MIB = 1024 * 1024
BASE = "/-/files/upload/docs/-"
HEAD = (
    '--b\r\nContent-Disposition: form-data; name="upload_token"\r\n\r\n{}\r\n'
    '--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
)


@pytest.fixture(params=["filesystem", "s3"])
async def site(request, tmp_path):
    if request.param == "filesystem":
        sources = folder(tmp_path / "files")
    else:
        store = request.getfixturevalue("object_store")
        sources = {"docs": {"storage": "s3", "config": store.options("files", f"run-{new_ulid()}")}}
    made = instance(sources)
    made.kind = request.param
    await made.invoke_startup()
    yield made
    await made.invoke_shutdown()


async def findings(site, **options):
    files = site.site.state["files"]
    return [each async for each in check_source(files, "docs", CheckReport("docs"), **options)]


async def assert_nothing_is_left(site):
    assert (await site.client.get("/-/files/search.json")).json()["total"] == 0
    # From the future: whatever lies there would be old.
    assert await findings(site, older_than_s=-60) == []


@pytest.mark.parametrize("stage", ["prepared", "no body", "half a head", "first byte", "one part", "two parts"])
async def test_given_up_while_sending(site, stage):
    told = (await site.client.post(f"{BASE}/prepare", json={"filename": "x"})).json()
    head = HEAD.format(told["upload_token"]).encode()
    sent = {
        "no body": b"",
        "half a head": head[: len(head) // 2],
        "first byte": head + b"x",
        "one part": head + b"x" * (5 * MIB + 1),
        "two parts": head + b"x" * (12 * MIB),
    }
    if stage != "prepared":
        pieces = [sent[stage][start : start + MIB] for start in range(0, len(sent[stage]) or 1, MIB)]
        messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
        answer = await send(site, f"{BASE}/upload", messages, [(b"content-type", b"multipart/form-data; boundary=b")])
        assert answer[0]["status"] == 400
    await assert_nothing_is_left(site)


async def test_given_up_between_sending_and_completing(site):
    told = (await site.client.post(f"{BASE}/prepare", json={"filename": "x", "size": 5})).json()
    await site.client.post(f"{BASE}/upload", data=told["upload_fields"], files={"file": ("x", b"hello")})
    assert (await site.client.get("/-/files/search.json")).json()["total"] == 0
    (orphan,) = await findings(site)
    assert orphan.kind == "orphan" and not orphan.removed
    (cleaned,) = await findings(site, clean=True, older_than_s=-60)
    assert cleaned.removed
    await assert_nothing_is_left(site)


async def test_cancelled_while_it_is_stored(site):
    files = site.site.state["files"]
    arrived = asyncio.Event()

    async def body():
        for _ in range(12):
            yield b"x" * MIB
        arrived.set()
        await asyncio.Event().wait()

    job = asyncio.ensure_future(files.add(files.source("docs"), None, "x", "text/plain", body()))
    await arrived.wait()
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    await assert_nothing_is_left(site)


@pytest.mark.parametrize(("announced", "sent"), [(10, 5), (10, 12), (0, 1)])
async def test_wrong_lengths(site, announced, sent):
    begun = await site.client.post(f"{BASE}/resumable", json={"filename": "x", "size": announced})
    place = begun.json()["part_url"]
    answer = await site.client.patch(place, content=b"x" * sent, headers={"Upload-Offset": "0"})
    if site.kind == "s3" or sent > announced:
        assert answer.status_code == 400, answer.text
    done = await site.client.post(f"{place}/complete")
    assert done.status_code == (400 if announced else 201), done.text
    if announced:
        assert "bytes were sent" in done.json()["error"]
        await site.client.delete(place)
        await assert_nothing_is_left(site)


async def test_content_changed_behind_the_back(site):
    """A wrong hash: told by a check, and never repaired in silence."""
    file = await upload(site, b"hello")
    files = site.site.state["files"]
    record = await files.record(file["id"])

    async def other():
        yield b"jello"

    storage = files.storage_of(record)
    await storage.delete_file(record["path"])
    await storage.receive_upload(record["path"], other(), "text/plain")
    (found,) = await findings(site, clean=True, older_than_s=-60)
    assert (found.kind, found.file_id, found.removed) == ("changed", file["id"], False)
    assert hashlib.sha256(b"hello").hexdigest() in found.detail


# Files that are made to do harm


def png(width, height, rows=b""):
    """A PNG that says it is so large, with these compressed rows."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def packed(size):
    """That many zeros, compressed."""
    packer = zlib.compressobj(9)
    return b"".join([*[packer.compress(bytes(MIB)) for _ in range(size // MIB)], packer.flush()])


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(png(10_000, 10_000, packed(100 * MIB)), id="100 megapixels"),
        pytest.param(png(2**31 - 1, 2**31 - 1, packed(MIB)), id="a size that cannot be"),
        pytest.param(png(3000, 3000, packed(64 * MIB)), id="more rows than it says"),
        pytest.param(b"II*\0" + b"\xff" * 2000, id="a TIFF of nothing"),
        pytest.param(b"GIF89a\xff\xff\xff\xff" + b"\0" * 50, id="a GIF of 65535 pixels"),
    ],
)
async def test_pictures_that_are_bombs(site, picture):
    pytest.importorskip("PIL")
    file = await upload(site, picture, "x.png", "image/png")
    thumbnail = await site.client.get(file["thumbnail_url"])
    assert thumbnail.status_code == 200 and len(thumbnail.content) < 50_000
    assert thumbnail.headers["x-content-type-options"] == "nosniff"
    assert (await site.client.get(file["url"])).status_code == 200


@pytest.mark.parametrize(
    ("name", "declared", "data", "recorded"),
    [
        ("a.gif", "image/gif", b"GIF89a/*<script>alert(1)</script>*/=1;", "image/gif"),
        ("a.png", "image/png", b"\x89PNG\r\n\x1a\n<html><script>alert(1)</script>PK\x03\x04", "image/png"),
        ("a.pdf", "application/pdf", b"%PDF-1.4 <script>alert(1)</script>", "application/pdf"),
        ("a.html", "text/html", b"%PDF-1.4 <script>alert(1)</script>", "application/pdf"),
        ("a.jpg", "image/jpeg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", None),
        ("a.svg", "image/svg+xml", b"<svg><script>alert(1)</script></svg>", "image/svg+xml"),
        ("a.js", "text/javascript", b"alert(1)", "text/javascript"),
        ("a.mp4", "video/mp4", b"<?xml version='1.0'?><html/>", None),
    ],
)
async def test_files_that_are_two_things(site, name, declared, data, recorded):
    file = await upload(site, data, name, declared)
    assert file["content_type"] == (recorded or "application/octet-stream")
    answer = await content(site, file)
    assert answer.content == data and answer.headers["content-disposition"].startswith("attachment")
    # On the store's own origin nothing is served that a browser would run.
    if site.kind == "s3":
        assert not any(word in answer.headers["content-type"] for word in ("html", "svg", "xml", "script"))
    else:
        assert "sandbox" in answer.headers["content-security-policy"]
    preview = await site.client.get(f"{file['url']}/preview")
    if preview.status_code == 200:
        assert preview.headers["x-content-type-options"] == "nosniff" and "html" not in preview.headers["content-type"]
    page = (await site.client.get(file["url"])).text
    assert "<script>alert" not in page and "<svg><script" not in page


# Long streams, and a store that is killed


class Sink(Storage):
    """Takes everything and keeps nothing but its hash."""

    storage_type = "sink"
    capabilities = StorageCapabilities(can_upload=True, max_file_size=2**40)

    async def configure(self, config, get_secret):
        self.hash, self.size = hashlib.sha256(), 0

    async def get_file_metadata(self, path):
        return None

    async def read_file(self, path):
        raise FileNotFoundError(path)

    async def receive_upload(self, path, stream, content_type):
        async for piece in stream:
            self.hash.update(piece)
            self.size += len(piece)
        return FileMetadata(path, path, content_type, f"sha256:{self.hash.hexdigest()}", self.size)


def peak():
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024


async def generated(pieces):
    data = bytes(range(256)) * 4096
    for _ in range(pieces):
        yield data


@pytest.mark.parametrize("pieces", [64, pytest.param(5 * 1024, marks=[pytest.mark.faults, pytest.mark.timeout(900)])])
async def test_a_stream_that_is_never_stored(site, pieces):
    files = site.site.state["files"]
    files.storages["docs"] = Sink()
    await files.storages["docs"].configure({}, None)
    before = peak()
    file = (await site.client.post(f"{BASE}/file?filename=x", content=generated(pieces))).json()["files"][0]
    assert file["size"] == pieces * MIB
    if pieces > 1000:
        # The test client holds nothing either.
        assert peak() - before < 64 * MIB
    files.storages["docs"].capabilities = StorageCapabilities(can_upload=True, max_file_size=10 * MIB)
    refused = await site.client.post(f"{BASE}/file?filename=x", content=generated(pieces))
    assert refused.status_code == 413


@pytest.mark.faults
@pytest.mark.timeout(1200)
async def test_five_gigabytes_in_a_real_store(site):
    files = site.site.state["files"]
    storage = files.storages["docs"]
    path = f"{new_ulid()}/long"
    before = peak()
    stored = await storage.receive_upload(path, generated(5 * 1024), "application/octet-stream")
    try:
        digest = hashlib.sha256()
        async for piece in storage.stream_file(path):
            digest.update(piece)
        assert stored.size == 5 * 1024 * MIB and stored.content_hash == f"sha256:{digest.hexdigest()}"
        assert peak() - before < 128 * MIB
    finally:
        await storage.delete_file(path)


@pytest.mark.faults
@pytest.mark.parametrize("after", [1, 7, 13])
async def test_a_store_killed_in_the_middle_of_a_stream(tmp_path, after, record_property):
    with running_store(tmp_path / "weed", "files") as store:
        site = instance({"docs": {"storage": "s3", "config": store.options("files", "killed")}})
        kept = await upload(site, b"kept")
        files = site.site.state["files"]

        async def body():
            for number in range(24):
                if number == after:
                    store.stop()
                yield bytes([number]) * MIB

        with pytest.raises(VitrinaError):
            await files.add(files.source("docs"), None, "x", "text/plain", body())
        await asyncio.to_thread(store.start)
        assert (await site.client.get("/-/files/search.json")).json()["total"] == 1
        for _ in range(120):
            # A store that was just started answers before it has found its volumes.
            left = await all_findings(site)
            if left is not None and not any(each.kind == "unreadable" for each in left):
                break
            await asyncio.sleep(0.5)
        assert {each.kind for each in left} <= {"leftover"}
        record_property("kills", 1)
        assert all(each.removed for each in await findings(site, clean=True, older_than_s=-60))
        assert await findings(site, older_than_s=-60) == []
        assert (await content_of(site, kept)) == b"kept"
        await site.invoke_shutdown()


async def all_findings(site):
    try:
        return await findings(site, older_than_s=-60)
    except VitrinaError:
        return None


async def content_of(site, file):
    record = await site.site.state["files"].record(file["id"])
    return await site.site.state["files"].storage_of(record).read_file(record["path"])
