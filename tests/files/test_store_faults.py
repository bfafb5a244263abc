"""An object store that is slow, fails, refuses, throttles, hangs, breaks off: what people hear, and what stays."""

import hashlib
import os
from types import SimpleNamespace

import pytest
from store_proxy import StoreProxy
from test_file_routes import instance, upload

import vitrina.files.s3
from vitrina.errors import VitrinaError
from vitrina.files.check import CheckReport, check_source
from vitrina.files.names import new_ulid
from vitrina.files.storage import StorageUnavailable

MIB = 1024 * 1024
LARGE = os.urandom(MIB) * 12
FILE = "/-/files/upload/docs/-/file?filename=x.bin"
NO_PARAMETERS = SimpleNamespace(params={})
OCTETS = {"content-type": "application/octet-stream"}


@pytest.fixture
async def proxy(object_store):
    async with StoreProxy(object_store) as made:
        yield made


@pytest.fixture
async def site(request, proxy, object_store, monkeypatch):
    config = {**object_store.options("files", f"run-{new_ulid()}"), "endpoint_url": proxy.endpoint}
    made = instance({"docs": {"storage": "s3", "config": config}})
    await made.invoke_startup()
    made.kept = made.site.state["files"]
    if getattr(request.node, "callspec", NO_PARAMETERS).params.get("how") == "hang":
        # A store that was just started takes its time once; afterwards nobody waits here for a minute.
        warm = (await made.client.post(FILE, content=LARGE, headers=OCTETS)).json()["files"][0]
        await made.client.post(warm["url"] + "/-/delete")
        monkeypatch.setattr(vitrina.files.s3, "_SILENCE", "500ms")
        made.kept.storages["docs"]._stores.clear()
    yield made
    await made.invoke_shutdown()


async def findings(site, **options):
    return [each async for each in check_source(site.kept, "docs", CheckReport("docs"), **options)]


async def read_all(site, file):
    record = await site.kept.record(file["id"])
    digest = hashlib.sha256()
    async for piece in site.kept.storage_of(record).stream_file(record["path"]):
        digest.update(piece)
    return f"sha256:{digest.hexdigest()}"


def plainly(answer):
    """The answer is one that people understand, and tells nothing of the store."""
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["retry-after"]) >= 1
    for secret in ("devsecret", "devkey", "AccessDenied", "SlowDown", "127.0.0.1"):
        assert secret not in answer.text


@pytest.mark.parametrize("how", ["throttle", "fail", "cut"])
async def test_a_moment_of_trouble_is_not_noticed(site, proxy, how):
    proxy.set(lambda method, target, number: how if number in (1, 3, 4) else None)
    file = (await site.client.post(FILE, content=LARGE, headers=OCTETS)).json()["files"][0]
    assert proxy.number > 5 and file["size"] == len(LARGE)
    proxy.set(lambda method, target, number: how if number == 1 else None)
    if how != "cut":
        assert await read_all(site, file) == file["content_hash"]
        proxy.set(lambda method, target, number: how if number == 1 else None)
    assert await findings(site, hashes=False) == []
    assert (await site.client.post(file["url"] + "/-/delete")).status_code == 200


@pytest.mark.parametrize("how", ["throttle", "fail", "refuse", "cut", "hang", "nonsense"])
@pytest.mark.parametrize("size", [10, len(LARGE)])
async def test_uploads_that_cannot_be_stored(site, proxy, how, size):
    good = 0 if size == 10 else 2
    proxy.set(lambda method, target, number: how if number > good else None)
    answer = await site.client.post(FILE, content=LARGE[:size], headers=OCTETS)
    plainly(answer)
    assert ("refused the credentials" in answer.text) == (how == "refuse")
    proxy.good()
    assert (await site.client.get("/-/files/search.json")).json()["total"] == 0
    # Where the store did not even take back its parts, a check finds them and cleans up.
    assert {each.kind for each in await findings(site)} <= {"leftover"}
    assert all(each.removed for each in await findings(site, clean=True, older_than_s=-60))
    assert await findings(site, older_than_s=-60) == []
    assert (await upload(site, b"again"))["size"] == 5


@pytest.mark.parametrize("how", ["throttle", "fail", "refuse", "hang"])
async def test_everything_else_that_needs_the_store(site, proxy, how):
    file = await upload(site, b"hello")
    proxy.set(lambda method, target, number: how)
    if how != "hang":
        # Nobody waits here for a minute.
        begun = {"filename": "x", "size": 10}
        plainly(await site.client.post("/-/files/upload/docs/-/resumable", json=begun))
    plainly(await site.client.post(file["url"] + "/-/delete"))
    assert (await site.client.get(file["url"])).status_code == 200
    icon = await site.client.get(file["thumbnail_url"])
    assert (icon.status_code, icon.headers["content-type"]) == (200, "image/svg+xml")
    if how != "hang":
        (found,) = await first_findings(site)
        assert found.kind == "unreadable" and found.file_id == file["id"]
        told = (await site.client.post("/-/files/bulk", json={"action": "delete", "ids": [file["id"]]})).json()
        assert list(told["failed"]) == [file["id"]]
    proxy.good()
    assert await findings(site) == []
    assert (await site.client.post(file["url"] + "/-/delete")).status_code == 200


async def first_findings(site):
    found = []
    with pytest.raises(VitrinaError):
        async for each in check_source(site.kept, "docs", CheckReport("docs")):
            found.append(each)
    return found


async def test_a_download_that_breaks_off_is_not_taken_for_whole(site, proxy):
    file = (await site.client.post(FILE, content=LARGE, headers=OCTETS)).json()["files"][0]
    proxy.set(lambda method, target, number: "cut")
    with pytest.raises(StorageUnavailable):
        await read_all(site, file)
    proxy.good()
    assert await read_all(site, file) == file["content_hash"]


async def test_keys_revoked_between_the_parts(site, proxy):
    sent = 0

    async def body():
        nonlocal sent
        for number in range(40):
            if number == 12:
                proxy.set(lambda method, target, number: "refuse")
            yield LARGE[:MIB]
            sent += 1

    with pytest.raises(StorageUnavailable, match="refused the credentials"):
        await site.kept.add(site.kept.source("docs"), None, "x", "text/plain", body())
    assert sent < 40, "the rest of the upload was not asked for"
    assert site.kept.credential_uses()[0].state.last_error == "the store refused them"
    proxy.good()
    assert (await site.client.get("/-/files/search.json")).json()["total"] == 0
    assert all(each.kind == "leftover" for each in await findings(site, clean=True, older_than_s=-60))
    assert await findings(site, older_than_s=-60) == []
    assert (await upload(site, b"1"))["size"] == 1
    assert site.kept.credential_uses()[0].state.last_error is None


async def test_a_slow_store(site, proxy):
    proxy.delay = 0.2
    file = (await site.client.post(FILE, content=LARGE, headers=OCTETS)).json()["files"][0]
    assert await read_all(site, file) == file["content_hash"]
    proxy.delay = 0.0


async def test_a_long_stream_is_never_held_as_a_whole(site, object_store):
    """64 MiB made while they are sent; what waits for the store is a few parts."""
    sent, most = 0, 0
    storage = site.kept.storages["docs"]

    async def body():
        nonlocal sent
        for _ in range(64):
            yield LARGE[:MIB]
            sent += MIB

    import tracemalloc

    tracemalloc.start()
    try:
        stored = await storage.receive_upload(f"{new_ulid()}/x", body(), "text/plain")
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert stored.size == sent == 64 * MIB and most < 32 * MIB
    assert (await storage.get_file_metadata(stored.path)).size == sent
    await storage.delete_file(stored.path)
