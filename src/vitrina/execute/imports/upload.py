"""Files that clients send: kept in a temporary file, outside the event loop, until they are read or forgotten."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import IO, Any

from vitrina.errors import NotFound, PayloadTooLarge

#: bytes of one file, files that wait, and seconds for which they do
LARGEST = 4 * 1024 * 1024 * 1024
KEPT_FILES = 20
KEPT_S = 3600.0
_BLOCK = 1024 * 1024

#: runs blocking work outside the event loop
RunBlocking = Callable[[Callable[[], Any]], Awaitable[Any]]


async def spool(chunks: AsyncIterator[bytes], run: RunBlocking, *, largest: int = LARGEST) -> IO[bytes]:
    """The body of a request as a temporary file, at its beginning; closing it deletes it.

    At most one megabyte of it is in memory. Raises PayloadTooLarge, and what
    ``chunks`` raises when the client goes away: the file is gone then.
    """
    file: IO[bytes] = await run(lambda: tempfile.TemporaryFile(prefix="vitrina-import-"))  # noqa: SIM115 - the caller closes it
    size = 0
    waiting: list[bytes] = []
    held = 0
    try:
        async for chunk in chunks:
            size += len(chunk)
            if size > largest:
                raise PayloadTooLarge(f"The file exceeded the maximum size of {largest} bytes")
            waiting.append(chunk)
            held += len(chunk)
            if held >= _BLOCK:
                block = b"".join(waiting)
                waiting, held = [], 0
                await run(lambda block=block: file.write(block))  # type: ignore[misc]
        rest = b"".join(waiting)
        await run(lambda: (file.write(rest), file.flush(), file.seek(0)))
    except BaseException:
        file.close()
        raise
    return file


@dataclass(slots=True, eq=False)
class Upload:
    """A file that was sent and not yet imported. Whoever reads it holds ``lock``."""

    id: str
    name: str
    size: int
    owner: str
    database: str
    file: IO[bytes]
    created: float = field(default_factory=time.monotonic)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Uploads:
    """The files that wait, of one instance. The oldest give way. Used on the event loop only."""

    def __init__(self) -> None:
        self._uploads: dict[str, Upload] = {}

    def add(self, file: IO[bytes], *, name: str, size: int, owner: str, database: str) -> Upload:
        """Keep a file under a name that cannot be guessed."""
        self._forget()
        upload = Upload(secrets.token_urlsafe(16), name, size, owner, database, file)
        self._uploads[upload.id] = upload
        return upload

    def get(self, upload_id: str, *, owner: str, database: str) -> Upload:
        """The file of that id, which stays. Raises NotFound, also for somebody else's."""
        upload = self._uploads.get(upload_id)
        if upload is None or upload.owner != owner or upload.database != database:
            raise NotFound("The file is not here any more: choose it again")
        return upload

    def take(self, upload: Upload) -> None:
        """Hand a file over to who closes it."""
        self._uploads.pop(upload.id, None)

    def close(self) -> None:
        """Delete all files."""
        for upload in self._uploads.values():
            upload.file.close()
        self._uploads.clear()

    def _forget(self) -> None:
        now = time.monotonic()
        surplus = len(self._uploads) - KEPT_FILES + 1
        for position, upload in enumerate(list(self._uploads.values())):
            if now - upload.created > KEPT_S or position < surplus:
                upload.file.close()
                del self._uploads[upload.id]
