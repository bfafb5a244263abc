"""Reads a multipart/form-data body as it streams in, part by part."""

from __future__ import annotations

import asyncio
import logging
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import unquote_to_bytes

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from vitrina.errors import BadRequest
from vitrina.http.form_data import FormData, FormLimits, UploadedFile

_QUIET = logging.getLogger("vitrina.http.multipart.parser")
_QUIET.disabled = True
_EXTENDED_FILENAME = re.compile(r"filename\*\s*=\s*\"?([\w-]+)'[^']*'([^;\"\s]+)", re.IGNORECASE)

#: opens where an upload goes, from its field, file name, content type and the fields before it; None: a temporary file
OpenFile = Callable[[str, str, str | None, FormData], Awaitable[UploadedFile | None]]


class _Part:
    """The part being read: its headers while they last, then its bytes not yet stored."""

    def __init__(self) -> None:
        self.header_bytes = 0
        self.header_name = ""
        self.header_value = ""
        self.headers: dict[str, str] = {}
        # None: a part without a name, which is read past
        self.name: str | None = None
        self.is_file = False
        self.file: UploadedFile | None = None
        self.size = 0
        self.pending = bytearray()


class MultipartReader:
    """Feeds a parser and collects what it finds.

    The parser's callbacks are synchronous, so they only queue; after each
    chunk the queue is worked off, which is where files are written.
    """

    def __init__(self, boundary: bytes, *, files: bool, limits: FormLimits, open_file: OpenFile | None = None) -> None:
        self._files = files
        # None: uploads are kept in temporary files
        self._open_file = open_file
        self._limits = limits
        self._queue: list[tuple[str, bytes]] = []
        self._pairs: list[tuple[str, str | UploadedFile]] = []
        self._part = _Part()
        self._fields = 0
        self._uploads = 0
        self._ended = False
        try:
            self._parser = MultipartParser(
                boundary,
                self._callbacks(),  # type: ignore[arg-type]  # a TypedDict whose keys are all given
                max_header_count=limits.max_part_header_lines,
                max_header_size=limits.max_part_header_bytes,
            )
            # Malformed bodies are the client's affair: it is told, the log is not.
            self._parser.logger = _QUIET
        except FormParserError as error:
            raise BadRequest("The boundary in Content-Type is too long") from error

    async def read(self, chunks: AsyncIterator[bytes]) -> FormData:
        """The whole form. Raises BadRequest; files stored so far are closed then."""
        size = 0
        try:
            async for chunk in chunks:
                size += len(chunk)
                if size > self._limits.max_request_size:
                    raise BadRequest("Request body too large", hint="Send fewer or smaller files at once.")
                self._feed(chunk)
                await self._work_off()
            if not self._ended:
                raise BadRequest("Truncated multipart body (missing closing boundary)")
        except BaseException:
            self._abandon()
            raise
        form = FormData(self._pairs)
        for file in form.values():
            if isinstance(file, UploadedFile):
                await file.seek(0)
        return form

    def _feed(self, chunk: bytes) -> None:
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            if str(error).startswith("Maximum header"):
                raise BadRequest("Part headers too large") from error
            raise BadRequest("Truncated multipart body (missing closing boundary)") from error

    def _callbacks(self) -> dict[str, Any]:
        queue = self._queue

        def bare(kind: str) -> Any:
            return lambda: queue.append((kind, b""))

        def with_data(kind: str) -> Any:
            return lambda data, start, end: queue.append((kind, data[start:end]))

        return {
            "on_part_begin": bare("begin"),
            "on_header_field": with_data("field"),
            "on_header_value": with_data("value"),
            "on_header_end": bare("header"),
            "on_headers_finished": bare("headers"),
            "on_part_data": with_data("data"),
            "on_part_end": bare("end"),
            "on_end": bare("done"),
        }

    async def _work_off(self) -> None:
        for kind, data in self._queue:
            part = self._part
            if kind == "data":
                await self._store(part, data)
            elif kind == "field":
                part.header_name += self._header_text(part, data)
            elif kind == "value":
                part.header_value += self._header_text(part, data)
            elif kind == "header":
                part.headers[part.header_name.lower()] = part.header_value
                part.header_name = part.header_value = ""
            elif kind == "headers":
                await self._begin_content(part)
            elif kind == "end":
                await self._finish(part)
            elif kind == "begin":
                self._part = _Part()
            else:
                self._ended = True
        self._queue.clear()

    def _header_text(self, part: _Part, data: bytes) -> str:
        part.header_bytes += len(data)
        if part.header_bytes > self._limits.max_part_header_bytes:
            raise BadRequest("Part headers too large")
        return data.decode("latin-1")

    async def _begin_content(self, part: _Part) -> None:
        name, filename = _disposition(part.headers.get("content-disposition", ""))
        part.is_file = filename is not None
        if part.is_file:
            self._uploads += 1
            if self._uploads > self._limits.max_files:
                raise BadRequest("Too many files")
        else:
            self._fields += 1
            if self._fields > self._limits.max_fields:
                raise BadRequest("Too many fields")
        if self._uploads + self._fields > self._limits.parts:
            raise BadRequest("Too many parts")
        part.name = name
        if name is not None and filename is not None and self._files:
            part.file = await self._opened(name, filename, part.headers.get("content-type"))
            self._pairs.append((name, part.file))

    async def _opened(self, name: str, filename: str, content_type: str | None) -> UploadedFile:
        if self._open_file is not None:
            opened = await self._open_file(name, filename, content_type, FormData(self._pairs))
            if opened is not None:
                return opened
        await self._check_disk()
        return UploadedFile(name, filename, content_type, self._limits.max_memory_file_size)

    async def _store(self, part: _Part, data: bytes) -> None:
        part.size += len(data)
        if part.size > (self._limits.max_file_size if part.is_file else self._limits.max_field_size):
            raise BadRequest("File too large" if part.is_file else "Field value too large")
        if part.name is None or (part.is_file and part.file is None):
            return
        if part.file is not None and not part.pending and len(data) >= part.file.piece_bytes:
            # Handed on as it came, not copied.
            await self._hand_on(part.file, data)
            return
        part.pending += data
        if part.file is not None and len(part.pending) >= part.file.piece_bytes:
            await self._hand_on(part.file, bytes(part.pending))
            part.pending.clear()

    async def _hand_on(self, file: UploadedFile, data: bytes) -> None:
        if self._open_file is None:
            await self._check_disk()
        await file.append(data)

    async def _finish(self, part: _Part) -> None:
        if part.file is not None:
            if part.pending:
                await part.file.append(bytes(part.pending))
            await part.file.finished()
        elif part.name is not None and not part.is_file:
            self._pairs.append((part.name, decode_text(bytes(part.pending))))
        part.pending = bytearray()

    async def _check_disk(self) -> None:
        usage = await asyncio.to_thread(shutil.disk_usage, tempfile.gettempdir())
        if usage.free < self._limits.min_free_disk_bytes:
            raise BadRequest("Insufficient disk space for uploads", hint="Free space where temporary files are kept.")

    def _abandon(self) -> None:
        for _, value in self._pairs:
            if isinstance(value, UploadedFile):
                value.close_now()
        if self._part.file is not None:
            self._part.file.close_now()


def decode_text(raw: bytes) -> str:
    """Bytes of a form as text: UTF-8, or Latin-1 where they are not UTF-8."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _disposition(header: str) -> tuple[str | None, str | None]:
    """Name and file name of a Content-Disposition header; None where it has none."""
    _, options = parse_options_header(header)
    name = options.get(b"name")
    filename = options.get(b"filename")
    text = None if filename is None else decode_text(filename)
    extended = _EXTENDED_FILENAME.search(header)
    if extended is not None:
        raw = unquote_to_bytes(extended[2])
        text = raw.decode("utf-8", "replace") if extended[1].lower() == "utf-8" else raw.decode("latin-1")
    if text is not None:
        # Browsers of old sent whole paths; only the last part is a name.
        text = text.replace("\\", "/").rpartition("/")[2].replace("\0", "")
    return None if name is None else decode_text(name), text
