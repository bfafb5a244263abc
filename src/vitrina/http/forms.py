"""Parses a form body, urlencoded or multipart, within limits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from python_multipart.multipart import parse_options_header

from vitrina.errors import BadRequest, PayloadTooLarge
from vitrina.http.form_data import DEFAULT_LIMITS, FormData, FormLimits, UploadedFile
from vitrina.http.multi_params import parse_pairs
from vitrina.http.multipart import MultipartReader, OpenFile, decode_text

__all__ = ["DEFAULT_LIMITS", "FormData", "FormLimits", "UploadedFile", "parse_form"]

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


class FormSource(Protocol):
    """What is needed of a request."""

    def header(self, name: bytes) -> str | None: ...

    def body_chunks(self) -> AsyncIterator[bytes]: ...

    async def post_body(self, max_bytes: int | None = None) -> bytes: ...


async def parse_form(
    request: FormSource, *, files: bool, limits: FormLimits, open_file: OpenFile | None = None
) -> FormData:
    """The form in the body of ``request``; without ``files`` uploads are read past and dropped.

    ``open_file`` may say where each upload goes instead of a temporary file.

    Raises BadRequest for an unknown content type, a malformed body, and
    whatever exceeds ``limits``.
    """
    header = request.header(b"content-type")
    if not header:
        raise BadRequest(f"Missing Content-Type header; expected {URLENCODED} or {MULTIPART}")
    content_type, options = parse_options_header(header)
    kind = content_type.decode("latin-1").lower()
    if kind == URLENCODED:
        body = await _urlencoded_body(request, limits)
        return FormData(parse_pairs(decode_text(body)))
    if kind != MULTIPART:
        plain = header.partition(";")[0].strip()
        raise BadRequest(f"Unsupported Content-Type: {plain}. Expected {URLENCODED} or {MULTIPART}")
    boundary = options.get(b"boundary")
    if not boundary:
        raise BadRequest("Missing boundary in Content-Type")
    reader = MultipartReader(boundary, files=files, limits=limits, open_file=open_file)
    return await reader.read(request.body_chunks())


async def _urlencoded_body(request: FormSource, limits: FormLimits) -> bytes:
    try:
        return await request.post_body(limits.max_request_size)
    except PayloadTooLarge as error:
        raise BadRequest("Request body too large") from error
