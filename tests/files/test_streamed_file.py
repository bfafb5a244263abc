"""Uploads that are handed to a storage while they arrive, and storages that stop listening."""

import asyncio

import pytest

from vitrina.files.storage import FileMetadata, StorageUnavailable
from vitrina.files.streaming import StreamedFile, UploadAborted

PIECE = b"x" * 300_000


async def read_all(stream):
    size = 0
    async for piece in stream:
        await asyncio.sleep(0)
        size += len(piece)
    return FileMetadata("p", "p", size=size)


async def test_everything_arrives():
    file = StreamedFile("file", "x", None, read_all)
    for _ in range(20):
        await file.append(PIECE)
        assert file._waiting <= 512 * 1024
    await file.finished()
    assert file.stored.size == file.size == 20 * len(PIECE)
    file.close_now()


async def test_a_storage_that_fails_in_the_middle():
    async def fails(stream):
        await anext(aiter(stream))
        raise StorageUnavailable("gone")

    file = StreamedFile("file", "x", None, fails)
    with pytest.raises(StorageUnavailable, match="gone"):
        for _ in range(20):
            await asyncio.wait_for(file.append(PIECE), 5)
    await file.settled()
    file.close_now()


async def test_a_storage_that_fails_at_the_end():
    async def fails(stream):
        await read_all(stream)
        raise StorageUnavailable("full")

    file = StreamedFile("file", "x", None, fails)
    await file.append(PIECE)
    with pytest.raises(StorageUnavailable, match="full"):
        await asyncio.wait_for(file.finished(), 5)
    file.close_now()


async def test_a_storage_that_wants_no_more():
    async def stops(stream):
        await anext(aiter(stream))
        return FileMetadata("p", "p")

    file = StreamedFile("file", "x", None, stops)
    with pytest.raises(UploadAborted):
        for _ in range(20):
            await asyncio.wait_for(file.append(PIECE), 5)
    file.close_now()


async def test_a_form_that_breaks_off():
    seen = []

    async def notes(stream):
        try:
            return await read_all(stream)
        except UploadAborted as error:
            seen.append(error)
            raise

    file = StreamedFile("file", "x", None, notes)
    await file.append(PIECE)
    file.close_now()
    await asyncio.wait_for(file.settled(), 5)
    assert len(seen) == 1
