"""What a submitted form contains: fields as text, uploaded files as spooled temporary files."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any, Self

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FormLimits:
    """How much a form may contain, in bytes and counts."""

    max_file_size: int = 50 * MEGABYTE
    max_request_size: int = 100 * MEGABYTE
    max_fields: int = 1000
    max_files: int = 100
    max_parts: int | None = None
    max_field_size: int = 100 * 1024
    max_memory_file_size: int = MEGABYTE
    max_part_header_bytes: int = 16 * 1024
    max_part_header_lines: int = 100
    min_free_disk_bytes: int = 50 * MEGABYTE

    @property
    def parts(self) -> int:
        return self.max_fields + self.max_files if self.max_parts is None else self.max_parts


DEFAULT_LIMITS = FormLimits()


class UploadedFile:
    """One uploaded file; its bytes are in memory while small, else in a temporary file on disk.

    ``filename`` is the last part of the name that the client sent and is not
    to be trusted; ``size`` is in bytes. Reading from disk happens in a thread.
    """

    #: bytes that are gathered before they are appended together
    piece_bytes = MEGABYTE

    def __init__(self, name: str, filename: str, content_type: str | None, max_memory: int = MEGABYTE) -> None:
        self.name = name
        self.filename = filename
        self.content_type = content_type
        self.size = 0
        self._max_memory = max_memory
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=0)  # noqa: SIM115 - closed by close()
        self._on_disk = False

    def __repr__(self) -> str:
        return (
            f"UploadedFile(name={self.name!r}, filename={self.filename!r}, "
            f"content_type={self.content_type!r}, size={self.size})"
        )

    async def append(self, data: bytes) -> None:
        """Add bytes at the end, moving to disk once there are more than fit in memory."""
        self.size += len(data)
        if self._on_disk:
            await asyncio.to_thread(self._file.write, data)
        elif self.size > self._max_memory:
            self._on_disk = True
            await asyncio.to_thread(self._move_to_disk, data)
        else:
            self._file.write(data)

    async def finished(self) -> None:
        """Told when the last byte was appended."""
        return None

    def _move_to_disk(self, data: bytes) -> None:
        self._file.rollover()  # type: ignore[attr-defined]  # SpooledTemporaryFile only
        self._file.write(data)

    async def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes from the current place; -1 is all the rest."""
        if self._on_disk:
            return await asyncio.to_thread(self._file.read, size)
        return self._file.read(size)

    async def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    async def close(self) -> None:
        self._file.close()

    def close_now(self) -> None:
        """Close without an event loop; the temporary file is deleted. Idempotent."""
        self._file.close()


class FormData:
    """The fields and files of a form, in order. Also a context manager of both kinds that closes the files."""

    def __init__(self, pairs: Iterable[tuple[str, str | UploadedFile]] = ()) -> None:
        self._pairs = list(pairs)

    def __repr__(self) -> str:
        return f"FormData({self._pairs!r})"

    def __getitem__(self, key: str) -> Any:
        """The first value of ``key``; KeyError where there is none."""
        for name, value in self._pairs:
            if name == key:
                return value
        raise KeyError(key)

    def get(self, key: str, default: Any = None) -> Any:
        for name, value in self._pairs:
            if name == key:
                return value
        return default

    def getlist(self, key: str) -> list[Any]:
        return [value for name, value in self._pairs if name == key]

    def keys(self) -> list[str]:
        """Each name once, in order."""
        return list(dict.fromkeys([name for name, _ in self._pairs]))

    def items(self) -> list[tuple[str, Any]]:
        return list(self._pairs)

    def values(self) -> list[Any]:
        return [value for _, value in self._pairs]

    def __contains__(self, key: object) -> bool:
        return any(name == key for name, _ in self._pairs)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self._pairs)

    def close(self) -> None:
        """Delete the temporary files. Idempotent."""
        for _, value in self._pairs:
            if isinstance(value, UploadedFile):
                value.close_now()

    async def aclose(self) -> None:
        self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        self.close()
