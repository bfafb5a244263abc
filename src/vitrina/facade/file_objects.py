"""Files as plugins get them: ``await get_file(datasette, id)``."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from vitrina.errors import NotFound
from vitrina.files.storage import Storage

_KEY = "files"


class File:
    """One file: what is known of it, and its bytes. Nothing here asks about permissions.

    ``created_at`` is aware and in UTC, ``metadata`` a dict.
    """

    def __init__(self, row: Mapping[str, Any], storage: Storage) -> None:
        self.id: str = row["id"]
        self.filename: str = row["filename"]
        self.content_type: str | None = row["content_type"]
        self.size: int | None = row["size"]
        self.source_slug: str = row["source_slug"]
        self.uploaded_by: str | None = row["uploaded_by"]
        self.created_at = _moment(row["created_at"])
        self.metadata: dict[str, Any] = json.loads(row["metadata"] or "{}")
        self._storage = storage
        self._path: str = row["path"]

    async def read(self, max_bytes: int | None = None) -> bytes:
        """The whole file, or its first ``max_bytes`` bytes. Raises FileNotFoundError."""
        if max_bytes is None:
            return await self._storage.read_file(self._path)
        return await self._storage.read_bytes(self._path, max_bytes)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[bytes]]:
        """``async with file.open() as stream: async for piece in stream``, in constant memory."""
        stream = self._storage.stream_file(self._path)
        try:
            yield stream
        finally:
            close = getattr(stream, "aclose", None)
            if close is not None:
                await close()


async def get_file(datasette: Any, file_id: str) -> File | None:
    """The file of this id; None for none, and for one whose source is not configured."""
    files = datasette.site.state.get(_KEY)
    if files is None:
        return None
    try:
        row = await files.record(file_id)
        return File(row, files.storage_of(row))
    except NotFound:
        return None


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
