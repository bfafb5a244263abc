"""Comparing rows with what a storage holds, cleaning up, and registering what is there."""

import os
import time

import pytest
from test_file_routes import folder, instance, upload
from test_storage import pieces

from vitrina.errors import BadRequest, NotFound
from vitrina.files.check import CheckReport, check_source
from vitrina.files.names import new_ulid
from vitrina.files.sync import sync_source


@pytest.fixture(params=["filesystem", "s3"])
async def site(request, tmp_path):
    if request.param == "filesystem":
        sources = folder(tmp_path / "files")
    else:
        store = request.getfixturevalue("object_store")
        sources = {"docs": {"storage": "s3", "config": store.options("files", f"run-{new_ulid()}")}}
    made = instance(sources)
    await made.invoke_startup()
    made.kept = made.site.state["files"]
    made.storage = made.kept.storages["docs"]
    yield made
    await made.invoke_shutdown()


async def findings(site, **options):
    report = CheckReport("docs")
    found = [each async for each in check_source(site.kept, "docs", report, **options)]
    return sorted((each.kind, each.path, each.removed) for each in found), report


async def synced(site, **options):
    return [each async for each in sync_source(site.kept, "docs", **options)]


async def replace(site, path, data):
    await site.storage.delete_file(path)
    await site.storage.receive_upload(path, pieces(data), "text/plain")


async def test_what_agrees(site):
    for number in range(12):
        await upload(site, b"x" * number, f"{number}.txt")
    told = []
    found, report = await findings(site, progress=lambda rows, size: told.append((rows, size)))
    assert found == [] and (report.rows, report.bytes, report.listed) == (12, 66, 12)
    assert told[-1] == (12, 66)


async def test_what_does_not_agree(site):
    kept, missing, longer, other = [await upload(site, b"12345", f"{number}.txt") for number in range(4)]
    rows = {file["id"]: await site.kept.record(file["id"]) for file in (kept, missing, longer, other)}
    await site.storage.delete_file(rows[missing["id"]]["path"])
    await replace(site, rows[longer["id"]]["path"], b"123456")
    await replace(site, rows[other["id"]]["path"], b"54321")
    await site.storage.receive_upload("somebody/elses.txt", pieces(b"1"), "text/plain")
    own = f"{new_ulid()}/lost.txt"
    await site.storage.receive_upload(own, pieces(b"1"), "text/plain")
    expected = [
        ("changed", rows[longer["id"]]["path"], False),
        ("changed", rows[other["id"]]["path"], False),
        ("missing", rows[missing["id"]]["path"], False),
        ("orphan", own, False),
        ("orphan", "somebody/elses.txt", False),
    ]
    assert (await findings(site))[0] == sorted(expected)
    assert (await findings(site, hashes=False))[0] == sorted(each for each in expected if each != expected[1])
    # Young files stay: their upload may not be complete yet.
    assert (await findings(site, clean=True))[0] == sorted(expected)
    cleaned = (await findings(site, clean=True, older_than_s=0))[0]
    assert ("orphan", own, True) in cleaned and ("orphan", "somebody/elses.txt", False) in cleaned
    assert await site.storage.get_file_metadata(own) is None
    assert await site.storage.get_file_metadata("somebody/elses.txt") is not None


async def test_broken_off_uploads_are_found_and_cleaned_up(site):
    base = "/-/files/upload/docs/-/resumable"
    begun = [
        (await site.client.post(base, json={"filename": name, "size": 9 * 1024 * 1024})).json() for name in ("a", "b")
    ]
    store = site.storage.part_store()
    state = await store.begin(f"{new_ulid()}/lost", "text/plain")
    await store.close()
    if "name" in state:
        for path in (site.storage.root / ".incoming").iterdir():
            old = time.time() - 10 * 24 * 3600
            if path.name == f"part-{state['name']}":
                os.utime(path, (old, old))
        older = 5 * 24 * 3600
    else:
        older = -60
    assert [each[0] for each in (await findings(site))[0]] == ([] if older < 0 else ["leftover"])
    found = (await findings(site, clean=True, older_than_s=older))[0]
    assert [(kind, removed) for kind, _, removed in found] == [("leftover", True)]
    assert (await findings(site, older_than_s=older))[0] == []
    # Those that may go on are still there.
    for each in begun:
        token = each["upload_token"]
        assert (await site.client.get(f"{base}/{token}")).status_code < 300
        assert (await site.client.delete(f"{base}/{token}")).status_code < 300


async def test_registering_what_is_there(site):
    known = await upload(site, b"known")
    ulid = new_ulid()
    for path, data in ((f"{ulid}/photo.png", b"\x89PNG\r\n\x1a\n0"), ("scans/2026/page one.txt", b"words")):
        await site.storage.receive_upload(path, pieces(data), "application/octet-stream")
    planned = await synced(site, dry_run=True)
    assert {each.path for each in planned} == {f"{ulid}/photo.png", "scans/2026/page one.txt"}
    assert (await site.client.get("/-/files/search.json")).json()["total"] == 1
    done = {each.path: each for each in await synced(site, uploaded_by="ann")}
    assert done[f"{ulid}/photo.png"].file_id == f"df-{ulid}" and all(each.problem is None for each in done.values())
    row = (await site.client.get(f"/-/files/df-{ulid}.json")).json()
    assert (row["content_type"], row["size"], row["uploaded_by"]) == ("image/png", 9, "ann")
    assert row["content_hash"].startswith("sha256:") and row["created_at"]
    text = (await site.client.get(f"/-/files/{done['scans/2026/page one.txt'].file_id}.json")).json()
    assert (text["filename"], text["content_type"]) == ("page one.txt", "text/plain")
    assert (await site.client.get("/-/files/search.json?q=photo")).json()["total"] == 1
    assert await synced(site) == []
    found, report = await findings(site)
    assert found == [] and report.rows == 3
    assert (await site.client.get(known["url"])).status_code == 200


async def test_rows_come_back_with_their_ids(site):
    files = [await upload(site, b"x", f"{number}.txt") for number in range(3)]
    await site.kept.records.execute("delete from datasette_files")
    await synced(site, hashes=False)
    for file in files:
        row = (await site.client.get(file["url"] + ".json")).json()
        assert row["filename"] == file["filename"] and row["content_hash"] is None


async def test_sources_that_are_not_there_or_cannot_list(tmp_path):
    site = instance(folder(tmp_path / "f"))
    await site.invoke_startup()
    site.kept = site.site.state["files"]
    with pytest.raises(NotFound):
        await findings_of_none(site)
    with pytest.raises(NotFound):
        await anext(sync_source(site.kept, "none"))
    storage = site.kept.storages["docs"]
    capabilities = type(storage.capabilities)(can_upload=True)
    type(storage).capabilities, kept = property(lambda self: capabilities), type(storage).capabilities
    try:
        with pytest.raises(BadRequest, match="cannot list"):
            await anext(sync_source(site.kept, "docs"))
        assert (await findings(site))[0] == []
    finally:
        type(storage).capabilities = kept
    await site.invoke_shutdown()


async def findings_of_none(site):
    async for _ in check_source(site.kept, "none", CheckReport("none")):
        raise AssertionError
