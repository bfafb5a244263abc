"""Uploads to object stores take turns; a client that sends slowly does not keep others waiting for ever."""

import asyncio

import pytest
from obstore.store import MemoryStore

from vitrina.errors import Unavailable
from vitrina.files import object_storage
from vitrina.files.object_storage import ObjectStorage


class InMemory(ObjectStorage):
    """A bucket that is gone with the test."""

    storage_type = "memory"
    capabilities = None

    def __init__(self):
        self.bucket = MemoryStore()

    async def configure(self, config, get_secret):
        return None

    async def _folder(self):
        return "bucket", ""

    def _store(self, bucket):
        return self.bucket


async def test_who_waits_too_long_for_a_turn_is_told_to_come_back(monkeypatch):
    monkeypatch.setattr(object_storage, "_WAIT_S", 0.05)
    storage, go_on = InMemory(), asyncio.Event()

    async def slow():
        yield b"begun"
        await go_on.wait()
        yield b", and ended"

    async def quick():
        yield b"all"

    running = [asyncio.create_task(storage.receive_upload(f"{n}/slow", slow(), "text/plain")) for n in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable, match="Too many uploads are running"):
        await storage.receive_upload("4/quick", quick(), "text/plain")
    go_on.set()
    await asyncio.gather(*running)
    assert (await storage.receive_upload("5/quick", quick(), "text/plain")).size == 3
    assert await storage.read_file("0/slow") == b"begun, and ended"
