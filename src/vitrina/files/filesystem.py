"""Files in a folder: each is whole or not there, and none is outside."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from vitrina.files.folder_parts import FolderParts
from vitrina.files.names import check_path
from vitrina.files.storage import PIECE, FileMetadata, FileTooLarge, Storage, StorageCapabilities, StorageUnavailable

DEFAULT_MAX_FILE_SIZE = 100 * 1024 * 1024
#: folder below the root for files that are not whole yet
INCOMING = ".incoming"
# Given to a thread at once, so that a thread is not asked for each small piece.
_BATCH = 1024 * 1024


class FilesystemStorage(Storage):
    """A folder ``root``, created when missing; ``max_file_size`` in bytes."""

    storage_type = "filesystem"

    def __init__(self) -> None:
        self.root = Path()
        self._max_file_size = DEFAULT_MAX_FILE_SIZE

    @property
    def capabilities(self) -> StorageCapabilities:
        return StorageCapabilities(
            can_upload=True,
            can_delete=True,
            can_list=True,
            requires_proxy_download=True,
            max_file_size=self._max_file_size,
        )

    async def configure(self, config: dict[str, Any], get_secret: Any) -> None:
        root = config.get("root")
        if not isinstance(root, str | os.PathLike) or not str(root):
            raise ValueError("the option root is needed: the folder for the files")
        limit = config.get("max_file_size")
        if limit is not None:
            if type(limit) is not int or limit <= 0:
                raise ValueError("max_file_size must be a number of bytes above 0")
            self._max_file_size = limit
        self.root = Path(root).expanduser()
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ValueError(f"the folder {root} cannot be made: {error.strerror}") from error
        self.root = self.root.resolve()

    def _place(self, path: str) -> Path:
        """The file that ``path`` means. Raises ValueError where it is not below the root."""
        check_path(path)
        full = (self.root / path).resolve()
        if not full.is_relative_to(self.root) or full == self.root:
            raise ValueError(f"The path leads outside of the storage: {path!r}")
        return full

    # Reading

    async def get_file_metadata(self, path: str) -> FileMetadata | None:
        place = self._place(path)
        try:
            status = await asyncio.to_thread(place.stat)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return _described(path, status)

    async def read_file(self, path: str) -> bytes:
        return await asyncio.to_thread(self._place(path).read_bytes)

    async def read_file_limited(self, path: str, max_bytes: int) -> bytes:
        read = await asyncio.to_thread(_head, self._place(path), max_bytes + 1)
        if len(read) > max_bytes:
            raise FileTooLarge(f"The file has more than {max_bytes} bytes")
        return read

    async def read_bytes(self, path: str, num_bytes: int = 2048) -> bytes:
        return await asyncio.to_thread(_head, self._place(path), num_bytes)

    async def stream_file(self, path: str) -> AsyncIterator[bytes]:
        async for piece in self.stream_range(path, 0, -1):
            yield piece

    async def stream_range(self, path: str, start: int, length: int) -> AsyncIterator[bytes]:
        """As the contract says; a negative ``length`` is all the rest."""
        file = await asyncio.to_thread(_open_at, self._place(path), start)
        try:
            while length:
                piece = await asyncio.to_thread(file.read, 4 * PIECE if length < 0 else min(4 * PIECE, length))
                if not piece:
                    return
                if length > 0:
                    length -= len(piece)
                yield piece
        finally:
            file.close()

    async def list_files(
        self, prefix: str = "", cursor: str | None = None, limit: int = 100
    ) -> tuple[list[FileMetadata], str | None]:
        if prefix.strip("/"):
            self._place(prefix.strip("/"))
        return await asyncio.to_thread(self._list, prefix, cursor or "", limit)

    def _list(self, prefix: str, cursor: str, limit: int) -> tuple[list[FileMetadata], str | None]:
        found: list[FileMetadata] = []
        for path, entry in _walk(self.root, "", prefix, cursor):
            if len(found) == limit:
                return found, found[-1].path
            with contextlib.suppress(FileNotFoundError):
                found.append(_described(path, entry.stat(follow_symlinks=False)))
        return found, None

    # Writing

    async def receive_upload(self, path: str, stream: AsyncIterator[bytes], content_type: str) -> FileMetadata:
        place = self._place(path)
        incoming = await asyncio.to_thread(_Incoming, self.root, place)
        try:
            batch: list[bytes] = []
            waiting = 0
            async for piece in stream:
                batch.append(piece)
                waiting += len(piece)
                if waiting >= _BATCH:
                    await asyncio.to_thread(incoming.write, batch)
                    batch, waiting = [], 0
            await asyncio.to_thread(incoming.finish, batch)
        except OSError as error:
            incoming.abandon()
            if isinstance(error, FileExistsError):
                raise
            raise StorageUnavailable(f"The file cannot be stored: {error.strerror}") from error
        except BaseException:
            # Not given to a thread: the task may be cancelled, and this is short.
            incoming.abandon()
            raise
        return FileMetadata(
            path=path,
            filename=place.name,
            content_type=content_type,
            content_hash=f"sha256:{incoming.hash.hexdigest()}",
            size=incoming.size,
        )

    def part_store(self) -> FolderParts:
        async def publish(received: Path, path: str, content_type: str) -> dict[str, Any]:
            await asyncio.to_thread(_publish, received, self._place(path))
            return {}

        return FolderParts(self.root / INCOMING, publish)

    async def delete_file(self, path: str) -> None:
        await asyncio.to_thread(self._delete, self._place(path))

    def _delete(self, place: Path) -> None:
        place.unlink()
        if place.parent != self.root:
            # Others may have a file there.
            with contextlib.suppress(OSError):
                place.parent.rmdir()


class _Incoming:
    """A file being written beside its place; every method blocks."""

    def __init__(self, root: Path, place: Path) -> None:
        self.hash = hashlib.sha256()
        self.size = 0
        self._place = place
        folder = root / INCOMING
        folder.mkdir(exist_ok=True)
        self._temporary = folder / secrets.token_hex(16)
        self._file: IO[bytes] = self._temporary.open("xb")

    def write(self, pieces: list[bytes]) -> None:
        for piece in pieces:
            self.hash.update(piece)
            self.size += len(piece)
            self._file.write(piece)

    def finish(self, pieces: list[bytes]) -> None:
        """Write the last pieces, and put the file into its place once the disk has it."""
        self.write(pieces)
        self._file.close()
        _publish(self._temporary, self._place)

    def abandon(self) -> None:
        """Leave nothing behind."""
        self._file.close()
        self._temporary.unlink(missing_ok=True)


def _publish(temporary: Path, place: Path) -> None:
    """Put a file into its place once the disk has it. Raises FileExistsError."""
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():
        raise FileExistsError(str(place))
    os.rename(temporary, place)
    folder = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _described(path: str, status: os.stat_result) -> FileMetadata:
    changed = datetime.fromtimestamp(status.st_mtime, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return FileMetadata(path=path, filename=path.rpartition("/")[2], size=status.st_size, created_at=changed)


def _head(place: Path, num_bytes: int) -> bytes:
    with place.open("rb") as file:
        return file.read(num_bytes)


def _open_at(place: Path, start: int) -> IO[bytes]:
    file = place.open("rb")
    file.seek(start)
    return file


def _walk(folder: Path, above: str, prefix: str, cursor: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Files below ``folder`` by path, those after ``cursor``; folders that cannot hold any are not read."""
    try:
        with os.scandir(folder) as entries:
            named = [(entry.name + ("/" if entry.is_dir(follow_symlinks=False) else ""), entry) for entry in entries]
    except FileNotFoundError:
        return
    for name, entry in sorted(named, key=lambda item: item[0]):
        path = above + name
        if not above and name == INCOMING + "/":
            continue
        if name.endswith("/"):
            reaches = path.startswith(prefix) or prefix.startswith(path)
            if reaches and (path > cursor or cursor.startswith(path)):
                yield from _walk(folder / entry.name, path, prefix, cursor)
        elif path.startswith(prefix) and path > cursor and entry.is_file(follow_symlinks=False):
            yield path, entry
