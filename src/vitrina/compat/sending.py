"""Answers sent with plain ASGI messages, for plugins that work below requests and responses."""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vitrina.http.response import Response

Headers = Mapping[str, str] | None


async def asgi_start(send: Any, status: int, headers: Headers = None, content_type: str = "text/plain") -> None:
    """Send status and headers only."""
    lines = {name: value for name, value in (headers or {}).items() if name.lower() != "content-type"}
    response = Response("", status, lines, content_type)
    raw = [list(line) for line in response.raw_headers(None)]
    await send({"type": "http.response.start", "status": status, "headers": raw})


async def asgi_send(
    send: Any, content: str | bytes, status: int, headers: Headers = None, content_type: str = "text/plain"
) -> None:
    """Send a whole answer."""
    body = content if isinstance(content, bytes) else content.encode("utf-8")
    await asgi_start(send, status, headers, content_type)
    await send({"type": "http.response.body", "body": body})


async def asgi_send_html(send: Any, html: str, status: int = 200, headers: Headers = None) -> None:
    await asgi_send(send, html, status, headers, "text/html; charset=utf-8")


async def asgi_send_json(send: Any, info: Any, status: int = 200, headers: Headers = None) -> None:
    response = Response.json(info)
    await asgi_send(send, response.body, status, headers, "application/json; charset=utf-8")


async def asgi_send_redirect(send: Any, location: str, status: int = 302) -> None:
    await asgi_send(send, "", status, {"Location": location}, "text/html; charset=utf-8")


async def asgi_send_file(
    send: Any,
    filepath: str | Path,
    filename: str | None = None,
    content_type: str | None = None,
    chunk_size: int = 4096,
    headers: Headers = None,
) -> None:
    """Send a file in pieces; with ``filename`` browsers save it under that name. Raises FileNotFoundError."""
    path = Path(filepath)
    lines = dict(headers or {})
    if filename:
        lines["content-disposition"] = f'attachment; filename="{filename}"'
    file = await asyncio.to_thread(path.open, "rb")
    try:
        size = (await asyncio.to_thread(path.stat)).st_size
        lines["content-length"] = str(size)
        kind = content_type or mimetypes.guess_type(path)[0] or "text/plain"
        await asgi_start(send, 200, lines, kind)
        while True:
            chunk = await asyncio.to_thread(file.read, chunk_size)
            more = len(chunk) == chunk_size
            await send({"type": "http.response.body", "body": chunk, "more_body": more})
            if not more:
                return
    finally:
        file.close()


def sha256_file(filepath: str | Path, chunk_size: int = 4096) -> str:
    """The SHA-256 of a file in hexadecimal (blocking)."""
    digest = hashlib.sha256()
    with Path(filepath).open("rb") as file:
        while chunk := file.read(chunk_size):
            digest.update(chunk)
    return digest.hexdigest()
