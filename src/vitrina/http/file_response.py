"""Sends a file in pieces, the whole of it or one range."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING

from vitrina.http.header_text import attachment
from vitrina.http.streaming import AsgiStream, AsgiWriter

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.http.types import Send

_PIECE = 256 * 1024


class FileResponse(AsgiStream):
    """A file on disk as a download called ``filename`` (its own name where None).

    Sent in chunks without a Content-Length. Once the application has set
    ``request``, a single byte range is answered with 206 or 416, and an
    ``etag`` (quoted or not) that the client already has with 304. The file is
    only opened when it is sent, in a thread; it must not be a database file
    that this process serves as mutable.
    """

    def __init__(
        self,
        filepath: str | Path,
        filename: str | None = None,
        content_type: str = "application/octet-stream",
        headers: Mapping[str, str] | None = None,
        *,
        etag: str | None = None,
    ) -> None:
        super().__init__(self._stream, 200, headers, content_type)
        self.filepath = str(filepath)
        self.request: Request | None = None
        self._etag = etag if etag is None or etag.endswith('"') else f'"{etag}"'
        self._file: IO[bytes] | None = None
        # (first byte, number of bytes); None is the whole file
        self._range: tuple[int, int] | None = None
        self.headers["content-disposition"] = attachment(filename or os.path.basename(self.filepath))
        if self._etag is not None:
            self.headers["Etag"] = self._etag

    async def asgi_send(self, send: Send) -> None:
        await self._prepare()
        try:
            if self.status in (200, 206):
                await super().asgi_send(send)
            else:
                await self.send_head(send)
        finally:
            if self._file is not None:
                self._file.close()

    async def send_head(self, send: Send) -> None:
        try:
            if self.status == 200:
                await self._prepare()
            await super().send_head(send)
        finally:
            if self._file is not None:
                self._file.close()

    async def _prepare(self) -> None:
        """Decide between the whole file, a range and nothing, and open the file."""
        if self._file is not None:
            return
        request = self.request
        if request is not None and self._etag is not None and etag_matches(request, self._etag):
            self.status = 304
            return
        self._file, size = await asyncio.to_thread(_open, self.filepath)
        if request is None:
            self.headers.setdefault("Transfer-Encoding", "chunked")
            return
        self.headers["Accept-Ranges"] = "bytes"
        wanted = None
        if request.method in ("GET", "HEAD") and self._range_allowed(request):
            wanted = request.header(b"range")
        span = parse_range(wanted, size) if wanted is not None else None
        if span is None:
            self.headers["Transfer-Encoding"] = "chunked"
            return
        first, length = span
        self._range = span
        if length == 0:
            self.status = 416
            self.headers["Content-Range"] = f"bytes */{size}"
            self.headers["Content-Length"] = "0"
            return
        self.status = 206
        self.headers["Content-Range"] = f"bytes {first}-{first + length - 1}/{size}"
        self.headers["Content-Length"] = str(length)

    def _range_allowed(self, request: Request) -> bool:
        """Whether an If-Range header, if there is one, names the file as it is now."""
        condition = request.header(b"if-range")
        return condition is None or (self._etag is not None and condition.strip() == self._etag)

    async def _stream(self, writer: AsgiWriter) -> None:
        assert self._file is not None
        left: int | None = None
        if self._range is not None:
            first, left = self._range
            self._file.seek(first)
        while left is None or left > 0:
            piece = await asyncio.to_thread(self._file.read, _PIECE if left is None else min(_PIECE, left))
            if not piece:
                return
            if left is not None:
                left -= len(piece)
            await writer.write(piece)


#: the name that plugins know
AsgiFileDownload = FileResponse


def _open(path: str) -> tuple[IO[bytes], int]:
    file = open(path, "rb")  # noqa: SIM115 - closed when the response was sent
    return file, os.fstat(file.fileno()).st_size


def etag_matches(request: Request, etag: str) -> bool:
    """Whether the client's If-None-Match names ``etag`` (quoted), strong or weak."""
    header = request.header(b"if-none-match")
    if header is None:
        return False
    known = [text.strip().removeprefix("W/") for text in header.split(",")]
    return etag in known or "*" in known


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """First byte and number of bytes that a Range header asks for, of a file of ``size`` bytes.

    None: the header is not one simple byte range, and is to be ignored. A
    length of 0: no byte of the range exists.
    """
    unit, equals, text = header.partition("=")
    first_text, dash, last_text = text.strip().partition("-")
    if not equals or unit.strip().lower() != "bytes" or not dash:
        return None
    if not all(
        piece == "" or (piece.isascii() and piece.isdigit() and len(piece) < 20) for piece in (first_text, last_text)
    ):
        return None
    if first_text:
        first = int(first_text)
        last = int(last_text) if last_text else size - 1
        if last < first and last_text:
            return None
        return (first, max(0, min(last, size - 1) - first + 1)) if first < size else (first, 0)
    if not last_text:
        return None
    length = min(int(last_text), size)
    return size - length, length
