"""Reading forms below requests: header lines, limits and whole bodies."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_to_bytes

from vitrina.errors import BadRequest
from vitrina.http.form_data import FormData
from vitrina.http.request import Request

DEFAULT_MAX_FILE_SIZE = 50 * 1024 * 1024
DEFAULT_MAX_REQUEST_SIZE = 100 * 1024 * 1024
DEFAULT_MAX_FIELDS = 1000
DEFAULT_MAX_FILES = 100
DEFAULT_MAX_PARTS = None
DEFAULT_MAX_FIELD_SIZE = 100 * 1024
DEFAULT_MAX_MEMORY_FILE_SIZE = 1024 * 1024
DEFAULT_MAX_PART_HEADER_BYTES = 16 * 1024
DEFAULT_MAX_PART_HEADER_LINES = 100
DEFAULT_MIN_FREE_DISK_BYTES = 50 * 1024 * 1024


class MultipartParseError(Exception):
    """A body that is no form, or is over a limit."""


def parse_content_type(header: str) -> tuple[str, dict[str, str]]:
    """The media type in lower case and its parameters."""
    kind, _, rest = header.partition(";")
    return kind.strip().lower(), dict(_parameters(rest))


def parse_content_disposition(header: str) -> dict[str, str | None]:
    """The ``name`` and ``filename`` of a part; a file name loses its folders."""
    found: dict[str, str | None] = {"name": None, "filename": None}
    extended = None
    for name, value in _parameters(header.partition(";")[2]):
        if name == "filename*":
            charset, _, encoded = value.partition("'")
            text = unquote_to_bytes(encoded.partition("'")[2])
            extended = text.decode(charset or "utf-8", "replace")
        elif name in found:
            found[name] = value
    if extended is not None:
        found["filename"] = extended
    if found["filename"] is not None:
        found["filename"] = found["filename"].replace("\\", "/").rpartition("/")[2]
    return found


def _parameters(text: str) -> list[tuple[str, str]]:
    found = []
    at = 0
    while at < len(text):
        end = text.find("=", at)
        if end < 0:
            break
        name = text[at:end].strip(" \t;").lower()
        value, at = _value(text, end + 1)
        found.append((name, value))
    return found


def _value(text: str, at: int) -> tuple[str, int]:
    """A value, quoted or not, and where the text after it begins."""
    if at < len(text) and text[at] == '"':
        characters = []
        at += 1
        while at < len(text) and text[at] != '"':
            if text[at] == "\\" and at + 1 < len(text) and text[at + 1] in '"\\':
                at += 1
            characters.append(text[at])
            at += 1
        end = text.find(";", at)
        return "".join(characters), len(text) if end < 0 else end + 1
    end = text.find(";", at)
    end = len(text) if end < 0 else end
    return text[at:end].strip(), end + 1


async def parse_form_data(receive: Any, content_type: str, files: bool = False, **limits: Any) -> FormData:
    """A whole form from ASGI messages. Raises MultipartParseError; limits are those of ``request.form()``."""
    headers = [(b"content-type", content_type.encode("latin-1"))]
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": headers}
    try:
        form: FormData = await Request(scope, receive).form(files=files, **limits)
    except BadRequest as error:
        raise MultipartParseError(error.message) from error
    return form
