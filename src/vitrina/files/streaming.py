"""Uploads on their way: counted against limits, and handed to a storage while they arrive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from vitrina.errors import BadRequest
from vitrina.files.content_type import HEAD
from vitrina.files.storage import PIECE, FileMetadata, FileTooLarge
from vitrina.http.form_data import UploadedFile

#: bytes that may wait between the client and the storage before the client has to; pieces may be large
_WAITING_MOST = 512 * 1024


class UploadAborted(BadRequest):
    """The client went away or the rest of its form was malformed."""


class Counted:
    """A stream of at most ``most`` bytes; keeps its beginning and its size. Raises FileTooLarge."""

    def __init__(self, stream: AsyncIterator[bytes], most: int) -> None:
        self._stream = stream
        self._most = most
        self.head = b""
        self.size = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            self.size += len(piece)
            if self.size > self._most:
                raise FileTooLarge(f"The file has more than {self._most} bytes, the most that may be uploaded here")
            if len(self.head) < HEAD:
                self.head += piece[: HEAD - len(self.head)]
            yield piece


class StreamedFile(UploadedFile):
    """An uploaded file whose bytes go straight to ``consume``, which may be slower than the client.

    ``stored`` is what ``consume`` answered. When the form breaks off, what
    ``consume`` reads raises UploadAborted.
    """

    piece_bytes = PIECE

    def __init__(
        self,
        name: str,
        filename: str,
        content_type: str | None,
        consume: Callable[[AsyncIterator[bytes]], Awaitable[FileMetadata]],
    ) -> None:
        super().__init__(name, filename, content_type)
        self.stored: FileMetadata | None = None
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._waiting = 0
        self._has_room = asyncio.Event()
        self._aborted = False
        self._task: asyncio.Future[FileMetadata] = asyncio.ensure_future(consume(self._pieces()))
        self._task.add_done_callback(self._let_go)

    async def _pieces(self) -> AsyncIterator[bytes]:
        while not self._aborted:
            piece = await self._queue.get()
            if self._aborted:
                break
            if piece is None:
                return
            self._waiting -= len(piece)
            self._has_room.set()
            yield piece
        raise UploadAborted("The upload broke off")

    async def append(self, data: bytes) -> None:
        """Raises what the storage raised."""
        self.size += len(data)
        self._queue.put_nowait(data)
        self._waiting += len(data)
        while self._waiting > _WAITING_MOST and not self._task.done():
            self._has_room.clear()
            await self._has_room.wait()
        if self._task.done():
            self._task.result()
            raise UploadAborted("The storage did not want the rest of the file")

    async def finished(self) -> None:
        self._queue.put_nowait(None)
        self.stored = await self._task

    def _let_go(self, _: object) -> None:
        # Whoever waits for room must not wait for a consumer that has ended.
        self._has_room.set()

    async def settled(self) -> None:
        """Wait until the storage has everything, or has taken back what it had."""
        await asyncio.gather(self._task, return_exceptions=True)

    async def seek(self, offset: int, whence: int = 0) -> int:
        return offset

    def close_now(self) -> None:
        super().close_now()
        if not self._task.done():
            self._aborted = True
            while not self._queue.empty():
                self._queue.get_nowait()
            self._queue.put_nowait(None)
