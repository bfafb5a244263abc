"""Files served by plugins' own routes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from vitrina.compat.sending import asgi_send_file
from vitrina.http.request import Request
from vitrina.http.response import Response
from vitrina.http.static import StaticFiles


class AsgiFileDownload(Response):
    """A response that is a file; with ``filename`` browsers save it under that name."""

    def __init__(
        self,
        filepath: str | Path,
        filename: str | None = None,
        content_type: str = "application/octet-stream",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(None, 200, headers, content_type)
        self.filepath = filepath
        self.filename = filename

    async def asgi_send(self, send: Any) -> None:
        await asgi_send_file(
            send, self.filepath, filename=self.filename, content_type=self.content_type, headers=self.headers
        )


def asgi_static(
    root_path: str | Path,
    chunk_size: int = 4096,
    headers: Mapping[str, str] | None = None,
    content_type: str | None = None,
) -> Callable[[Request, Any], Awaitable[None]]:
    """A view that serves the files below ``root_path``, named by the route's ``path``."""
    files = StaticFiles(root_path)

    async def inner_static(request: Request, send: Any) -> None:
        response = await files.respond(request, request.url_vars["path"])
        response.headers.update(headers or {})
        if content_type:
            response.content_type = content_type
        await response.send_whole(send)

    return inner_static
