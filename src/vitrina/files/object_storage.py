"""Files in an object store, in constant memory: what all kinds of stores have in common."""

from __future__ import annotations

import asyncio
import hashlib
import re
from abc import abstractmethod
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from datetime import UTC
from typing import Any
from weakref import WeakKeyDictionary

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PermissionDeniedError, UnauthenticatedError

from vitrina.errors import Unavailable
from vitrina.files.names import check_path
from vitrina.files.storage import FileMetadata, FileTooLarge, Storage, StorageUnavailable

_MIB = 1024 * 1024
#: bytes of one part of an upload in parts; the protocols allow no less, and 10,000 parts
_PART = 5 * _MIB
#: parts of an upload that are on their way while the next one arrives, where no other upload runs
_PARTS_AT_ONCE = 2
#: uploads to object stores at once in this process: each holds some parts in memory
_UPLOADS_AT_ONCE = 3
#: seconds that an upload waits for its turn, as the clients of the others may be slow
_WAIT_S = 60.0
#: seconds that a cancelled upload waits for the store to forget its parts
_TAKING_BACK_S = 5.0

# One for each event loop, of which a server has one.
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, _Turns] = WeakKeyDictionary()


class _Turns:
    """Uploads one after the other, a few at once; the one that runs alone may use more memory."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(_UPLOADS_AT_ONCE)
        self._running = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[int]:
        """Gives the number of parts that may be on their way. Raises Unavailable where none ends for long."""
        try:
            await asyncio.wait_for(self._slots.acquire(), _WAIT_S)
        except TimeoutError:
            raise Unavailable("Too many uploads are running", hint="Try again in a moment.") from None
        self._running += 1
        try:
            yield _PARTS_AT_ONCE if self._running == 1 else 1
        finally:
            self._running -= 1
            self._slots.release()


def _turn() -> AbstractAsyncContextManager[int]:
    return _turns.setdefault(asyncio.get_running_loop(), _Turns()).turn()


class ObjectStorage(Storage):
    """Files below a prefix of a bucket; subclasses know which, and how it is reached."""

    @abstractmethod
    async def _folder(self) -> tuple[str, str]:
        """Bucket and prefix for what is stored now, once the credentials are valid. Raises CredentialsUnavailable."""

    @abstractmethod
    def _store(self, bucket: str) -> Any:
        """The store of a bucket."""

    async def _refresh(self) -> None:
        """See to it that the credentials are valid; called between the pieces of an upload."""

    def _refused(self) -> None:
        """The store refused the credentials."""

    def _worked(self) -> None:
        """The store did what it was asked to."""

    def _place_in(self, bucket: str, prefix: str) -> dict[str, Any]:
        """What the metadata of a file says of where it is."""
        return {}

    async def _place(self, path: str) -> tuple[Any, str]:
        """The store and the key of a file. Raises ValueError for a path that is none."""
        check_path(path)
        bucket, prefix = await self._folder()
        return self._store(bucket), prefix + path

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Failures of the store become StorageUnavailable, without the store's own words, which may hold keys."""
        try:
            yield
        except BaseError as error:
            if not _is_refusal(error):
                raise StorageUnavailable("The object store cannot be used now") from error
            self._refused()
            raise StorageUnavailable(
                "The object store refused the credentials of this source",
                hint="The page of credentials says where they come from and when they were last renewed.",
            ) from error
        self._worked()

    # Reading

    async def get_file_metadata(self, path: str) -> FileMetadata | None:
        store, key = await self._place(path)
        with self._translated():
            try:
                answer = await obstore.get_async(store, key, options={"head": True})
            except FileNotFoundError:
                return None
        return _described(path, answer.meta, answer.attributes.get("Content-Type"))

    async def read_file(self, path: str) -> bytes:
        store, key = await self._place(path)
        with self._translated():
            return bytes(await (await obstore.get_async(store, key)).bytes_async())

    async def read_file_limited(self, path: str, max_bytes: int) -> bytes:
        store, key = await self._place(path)
        with self._translated():
            answer = await obstore.get_async(store, key)
            if answer.meta["size"] > max_bytes:
                raise FileTooLarge(f"The file has more than {max_bytes} bytes")
            return bytes(await answer.bytes_async())

    async def read_bytes(self, path: str, num_bytes: int = 2048) -> bytes:
        store, key = await self._place(path)
        with self._translated():
            answer = await obstore.get_async(store, key)
            read = bytearray()
            # A range is refused where the object is empty, so the answer is read as far as needed instead.
            async for piece in answer.stream(min_chunk_size=num_bytes):
                read += piece
                if len(read) >= num_bytes:
                    break
        return bytes(read[:num_bytes])

    async def stream_file(self, path: str) -> AsyncIterator[bytes]:
        store, key = await self._place(path)
        with self._translated():
            answer = await obstore.get_async(store, key)
            async for piece in answer.stream(min_chunk_size=_MIB):
                yield bytes(piece)

    async def stream_range(self, path: str, start: int, length: int) -> AsyncIterator[bytes]:
        if length <= 0:
            return
        store, key = await self._place(path)
        with self._translated():
            answer = await obstore.get_async(store, key, options={"range": (start, start + length)})
            async for piece in answer.stream(min_chunk_size=_MIB):
                yield bytes(piece)

    async def list_files(
        self, prefix: str = "", cursor: str | None = None, limit: int = 100
    ) -> tuple[list[FileMetadata], str | None]:
        bucket, folder = await self._folder()
        # Stores look for whole segments.
        below = (folder + prefix).rpartition("/")[0]
        found: list[FileMetadata] = []
        with self._translated():
            listing = obstore.list(
                self._store(bucket), below or None, offset=folder + cursor if cursor else None, chunk_size=limit + 1
            )
            async for batch in listing:
                for item in batch:
                    path = str(item["path"]).removeprefix(folder)
                    if not path.startswith(prefix):
                        continue
                    if len(found) == limit:
                        return found, found[-1].path
                    described = _described(path, item, None)
                    described.metadata = self._place_in(bucket, folder)
                    found.append(described)
        return found, None

    # Writing

    async def receive_upload(self, path: str, stream: AsyncIterator[bytes], content_type: str) -> FileMetadata:
        async with _turn() as parts:
            check_path(path)
            # Asked once: a broker may name another folder the next time.
            bucket, prefix = await self._folder()
            hashed = _Hashed(stream)
            with self._translated():
                await self._send(self._store(bucket), prefix + path, hashed, content_type, parts)
        return FileMetadata(
            path=path,
            filename=path.rpartition("/")[2],
            content_type=content_type,
            content_hash=f"sha256:{await hashed.digest()}",
            size=hashed.size,
            metadata=self._place_in(bucket, prefix),
        )

    async def _send(self, store: Any, key: str, hashed: _Hashed, content_type: str, parts: int) -> None:
        """A small file in one request, which refuses to replace one; a large one in parts, taken back on failure."""
        pieces = hashed.pieces()
        head: list[bytes] = []
        async for piece in pieces:
            head.append(piece)
            if hashed.size >= _PART:
                break
        attributes: Any = {"Content-Type": content_type}
        if hashed.size < _PART:
            try:
                await obstore.put_async(
                    store, key, b"".join(head), attributes=attributes, mode="create", use_multipart=False
                )
            except AlreadyExistsError as error:
                raise FileExistsError(key) from error
            return
        head.reverse()
        waited_for: list[asyncio.Future[bytes | None]] = []

        async def rest() -> AsyncIterator[bytes]:
            while head:
                yield head.pop()
            while True:
                waited_for[:] = [asyncio.ensure_future(anext(pieces, None))]
                piece = await waited_for[0]
                if piece is None:
                    return
                # An upload may take longer than credentials last.
                await self._refresh()
                yield piece

        sending = asyncio.ensure_future(
            obstore.put_async(
                store,
                key,
                rest(),
                attributes=attributes,
                use_multipart=True,
                chunk_size=_PART,
                max_concurrency=parts,
            )
        )
        try:
            await asyncio.shield(sending)
        except asyncio.CancelledError:
            # The store takes back its parts when what it reads fails, not when nobody waits for it any more.
            for each in waited_for:
                each.cancel()
            await asyncio.wait((sending,), timeout=_TAKING_BACK_S)
            if sending.done() and not sending.cancelled():
                sending.exception()
            raise

    async def delete_file(self, path: str) -> None:
        store, key = await self._place(path)
        with self._translated():
            await obstore.delete_async(store, key)


def _is_refusal(error: BaseError) -> bool:
    if isinstance(error, (PermissionDeniedError, UnauthenticatedError)):
        return True
    # Listings have no error of their own for this.
    return re.search(r"status code: 40[13]\b", str(error)) is not None


class _Hashed:
    """A stream in larger pieces, with the hash and size of what has gone through."""

    def __init__(self, stream: AsyncIterator[bytes]) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()
        self._hashing: asyncio.Future[None] | None = None
        self.size = 0

    async def pieces(self) -> AsyncIterator[bytes]:
        batch: list[bytes] = []
        waiting = 0
        async for piece in self._stream:
            batch.append(piece)
            waiting += len(piece)
            if waiting >= _MIB:
                yield await self._taken(batch)
                batch, waiting = [], 0
        if batch:
            yield await self._taken(batch)

    async def _taken(self, batch: list[bytes]) -> bytes:
        data = b"".join(batch)
        self.size += len(data)
        if self._hashing is not None:
            await self._hashing
        # Goes on while these bytes are sent and the next ones arrive.
        self._hashing = asyncio.ensure_future(asyncio.to_thread(self._hash.update, data))
        return data

    async def digest(self) -> str:
        """The hash of everything, in hexadecimal."""
        if self._hashing is not None:
            await self._hashing
        return self._hash.hexdigest()


def _described(path: str, meta: Mapping[str, Any], content_type: str | None) -> FileMetadata:
    changed = meta["last_modified"].astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return FileMetadata(
        path=path,
        filename=path.rpartition("/")[2],
        content_type=content_type,
        size=meta["size"],
        created_at=changed,
    )
