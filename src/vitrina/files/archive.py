"""One ZIP archive of many files, made while it is sent and never held as a whole."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from vitrina.files.storage import Storage


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the archive; ``size`` in bytes is what is known of it, ``created_at`` an SQLite or ISO time."""

    filename: str
    created_at: str
    storage: Storage
    path: str
    size: int


class _Outlet(io.RawIOBase):
    """A file that cannot be sought; what is written waits to be taken."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]  # whatever zipfile writes is a buffer
        self._written += piece
        return len(piece)

    def take(self) -> bytes:
        taken = bytes(self._written)
        self._written.clear()
        return taken


async def archive(entries: Sequence[Entry]) -> AsyncIterator[bytes]:
    """The archive in pieces, not compressed; equal names get a number.

    A file that cannot be read breaks the stream off: an archive that lacks a
    file without saying so would be worse.
    """
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as file:
        for entry, name in zip(entries, _names(entries), strict=True):
            head = zipfile.ZipInfo(name, _moment(entry.created_at))
            head.external_attr = 0o644 << 16
            with file.open(head, "w", force_zip64=True) as inside:
                async for piece in entry.storage.stream_file(entry.path):
                    inside.write(piece)
                    yield outlet.take()
            yield outlet.take()
    yield outlet.take()


def _names(entries: Sequence[Entry]) -> list[str]:
    taken: set[str] = set()
    names = []
    for entry in entries:
        stem, dot, extension = entry.filename.rpartition(".")
        if not stem:
            stem, dot, extension = entry.filename, "", ""
        name, number = entry.filename, 2
        while name.lower() in taken:
            name, number = f"{stem} ({number}){dot}{extension}", number + 1
        taken.add(name.lower())
        names.append(name)
    return names


def _moment(text: str) -> tuple[int, int, int, int, int, int]:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return (1980, 1, 1, 0, 0, 0)
    return (max(1980, moment.year), moment.month, moment.day, moment.hour, moment.minute, moment.second)
