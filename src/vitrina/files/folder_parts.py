"""Uploads that are sent in pieces, as temporary files in a folder."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
from pathlib import Path
from typing import Any

from vitrina.files.part_store import PartStore, State
from vitrina.files.storage import PIECE, StorageUnavailable

# Given to a thread at once.
_BATCH = 1024 * 1024
_PREFIX = "part-"


class FolderParts(PartStore):
    """Temporary files in ``folder``. ``publish`` makes one of them the file at a path, and may move it away."""

    def __init__(
        self, folder: Path, publish: Callable[[Path, str, str], Awaitable[dict[str, Any]]], piece: int = PIECE
    ) -> None:
        self._folder = folder
        self._publish = publish
        self._piece = piece

    def _file(self, state: State) -> Path:
        return self._folder / (_PREFIX + os.path.basename(str(state["name"])))

    async def begin(self, path: str, content_type: str) -> State:
        state: State = {"name": path.partition("/")[0]}
        with _translated():
            await asyncio.to_thread(_create, self._file(state))
        return state

    async def received(self, state: State) -> int:
        try:
            return (await asyncio.to_thread(self._file(state).stat)).st_size
        except FileNotFoundError:
            return 0

    async def append(self, state: State, offset: int, length: int, stream: AsyncIterator[bytes]) -> None:
        batch: list[bytes] = []
        waiting = 0
        try:
            async for piece in stream:
                batch.append(piece)
                waiting += len(piece)
                if waiting >= _BATCH:
                    taken, at = batch, offset
                    batch, offset, waiting = [], offset + waiting, 0
                    await _uninterrupted(self._file(state), at, taken)
        finally:
            # What arrived before a break is kept: that much need not be sent again.
            if batch:
                await _uninterrupted(self._file(state), offset, batch)

    async def finish(self, state: State, path: str, content_type: str) -> dict[str, Any]:
        with _translated():
            return await self._publish(self._file(state), path, content_type)

    async def abandon(self, state: State) -> None:
        await asyncio.to_thread(self._file(state).unlink, missing_ok=True)

    async def leftovers(self, older_than_s: float, known: Collection[str], *, remove: bool) -> list[str]:
        return await asyncio.to_thread(_sweep, self._folder, time.time() - older_than_s, remove)

    async def sweep(self, older_than_s: float) -> None:
        await asyncio.to_thread(_sweep, self._folder, time.time() - older_than_s)


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise
    except OSError as error:
        raise StorageUnavailable(f"The file cannot be stored: {error.strerror}") from error


async def _uninterrupted(place: Path, offset: int, pieces: list[bytes]) -> None:
    """Write in a thread; one that is cancelled meanwhile waits, so that nobody else writes at the same time."""
    job = asyncio.ensure_future(asyncio.to_thread(_write, place, offset, pieces))
    with _translated():
        try:
            await asyncio.shield(job)
        except asyncio.CancelledError:
            await asyncio.wait((job,))
            raise


def _create(place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.open("xb").close()


def _write(place: Path, offset: int, pieces: list[bytes]) -> None:
    with os.fdopen(os.open(place, os.O_RDWR | os.O_CREAT, 0o644), "r+b") as file:
        file.seek(offset)
        file.writelines(pieces)
        file.truncate()


def _sweep(folder: Path, before: float, remove: bool = True) -> list[str]:
    found = []
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):
                if entry.is_file(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_mtime < before:
                    found.append(entry.name)
                    if remove:
                        os.unlink(entry.path)
    return found


async def pieces_of(place: Path, piece: int = PIECE) -> AsyncIterator[bytes]:
    """The content of a file on disk."""
    file = await asyncio.to_thread(place.open, "rb")
    try:
        while data := await asyncio.to_thread(file.read, 4 * piece):
            yield data
    finally:
        file.close()
