"""The lease of a replica, in a folder and in a real object store, and the lock of a file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from object_store import ACCESS_KEY, SECRET_KEY

from vitrina.credentials.model import Credentials
from vitrina.errors import StartupError
from vitrina.replicate import lease as lease_module
from vitrina.replicate.lease import LEASE_NAME, LeaseHolder, LeaseRefused, StoreFailed, read_lease
from vitrina.replicate.owner import FileOwner
from vitrina.replicate.store_of import ObjectPlace, open_store
from vitrina.replicate.target import parse_target


@pytest.fixture(params=["file", "s3"])
def place(request, tmp_path) -> ObjectPlace:
    """The place of a replica that nobody has written to."""
    pytest.importorskip("obstore", reason="obstore is not installed: pip install 'vitrina[replication]'")
    url = f"file://{tmp_path}/replica"
    if request.param == "s3":
        store = request.getfixturevalue("shared_store")
        url = f"s3://replica/{tmp_path.name}-{os.getpid()}/app?endpoint={store.endpoint}&region=us-east-1"
    opened = open_store(parse_target(url, "here"), lambda: Credentials(ACCESS_KEY, SECRET_KEY))
    assert opened is not None
    return opened


def holder(place: ObjectPlace | None, name: str, url: str | None = None) -> LeaseHolder:
    return LeaseHolder(place, name, shown="s3://bucket/app", url=url)


async def test_one_owner_at_a_time(place: ObjectPlace) -> None:
    first, second = holder(place, "first", "https://writer.example"), holder(place, "second")
    await first.acquire()
    assert first.is_held and first.protected
    found = await read_lease(place)
    assert found is not None and (found.owner, found.url, found.pid) == ("first", "https://writer.example", os.getpid())
    with pytest.raises(LeaseRefused, match=r"is written to by another server .*--take-over"):
        await second.acquire()
    assert not second.is_held and second.foreign is not None
    assert await first.renew()
    await first.release()
    assert await read_lease(place) is None
    await second.acquire()
    assert second.is_held


async def test_the_same_owner_again_need_not_wait(place: ObjectPlace) -> None:
    await holder(place, "same").acquire()
    again = holder(place, "same")
    await again.acquire()
    assert again.is_held and await again.renew()


async def test_taken_over(place: ObjectPlace) -> None:
    first, second = holder(place, "first"), holder(place, "second")
    await first.acquire()
    await second.acquire(take_over=True)
    assert second.is_held
    assert not await first.renew()
    assert not first.is_held and first.foreign is not None and first.foreign.owner == "second"
    # The one that lost it does not take it along.
    await first.release()
    assert await second.renew()


async def test_an_old_lease_counts_no_more(place: ObjectPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    await holder(place, "first").acquire()
    monkeypatch.setattr(lease_module, "VALID_S", -2.0)
    await holder(place, "second").acquire()
    found = await read_lease(place)
    assert found is not None and found.owner == "second"


async def test_a_lease_that_was_deleted_is_made_again(place: ObjectPlace) -> None:
    first = holder(place, "first")
    await first.acquire()
    await place.store.delete_async(place.key(LEASE_NAME))
    assert await first.renew()
    assert await read_lease(place) is not None


async def test_something_else_in_its_place_counts_as_a_lease(place: ObjectPlace) -> None:
    await place.store.put_async(place.key(LEASE_NAME), b"not JSON")
    with pytest.raises(LeaseRefused):
        await holder(place, "first").acquire()


async def test_a_store_without_create_only_puts_is_not_protected(place: ObjectPlace) -> None:
    class Careless:
        async def put_async(self, key, content, mode=None):
            return await place.store.put_async(key, content)

        def __getattr__(self, name):
            return getattr(place.store, name)

    careless = holder(ObjectPlace(Careless(), place.prefix, conditional=True), "first")
    await careless.acquire()
    assert not careless.protected and careless.is_held


async def test_nothing_to_ask() -> None:
    free = holder(None, "first")
    await free.acquire()
    assert free.is_held and not free.protected and await free.renew()
    for url in ("sftp://host/x", "nats://host/bucket/x", "webdav://host/x"):
        assert open_store(parse_target(url, "here"), lambda: None) is None


async def test_a_store_that_refuses_is_told_without_secrets(place: ObjectPlace, shared_store) -> None:
    if not place.conditional:
        return
    url = f"s3://replica/x?endpoint={shared_store.endpoint}&region=us-east-1"
    wrong = open_store(parse_target(url, "here"), lambda: Credentials(ACCESS_KEY, "wrong-secret"))
    with pytest.raises(StoreFailed) as refusal:
        await holder(wrong, "first").acquire()
    assert "refuses" in str(refusal.value) and "wrong-secret" not in str(refusal.value)


def test_the_lock_of_a_file(tmp_path: Path) -> None:
    path = str(tmp_path / "app.db")
    first, second = FileOwner(path), FileOwner(path)
    first.acquire()
    with pytest.raises(StartupError, match="by another server of this machine already"):
        second.acquire()
    identity = first.identity
    first.release()
    second.acquire()
    assert second.identity == identity
    second.release()
    # A copy of the folder is somebody else.
    moved = tmp_path / "moved"
    moved.mkdir()
    (moved / second.path.name).write_text(second.path.read_text())
    third = FileOwner(str(moved / "app.db"))
    third.acquire()
    assert third.identity != identity
    third.release()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are told apart by /proc")
def test_an_orphan_is_ended_and_its_files_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "vitrina-litestream-x"
    folder.mkdir()
    orphan = subprocess.Popen([sys.executable, "-c", "import time; print(1, flush=True); time.sleep(600)"], stdout=-1)
    assert orphan.stdout is not None and orphan.stdout.readline()
    owner = FileOwner(str(tmp_path / "app.db"))
    owner.acquire()
    owner.note_process(orphan.pid, str(folder))
    owner.release()
    try:
        again = FileOwner(str(tmp_path / "app.db"))
        again.acquire()
        assert again.stop_orphan(10) == orphan.pid
        assert orphan.wait(10) != 0 and not folder.exists()
        assert again.stop_orphan(10) is None
        # Another process with its number is not ended.
        again.note_process(os.getpid())
        noted = json.loads(again.path.read_text())
        noted["litestream"]["started"] = "1"
        again._known = noted
        assert again.stop_orphan(0) is None
        again.release()
    finally:
        orphan.kill()
        orphan.stdout.close()
