"""Responses whose body is written while it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from vitrina.http.response import Response

if TYPE_CHECKING:
    from vitrina.http.types import Send


#: seconds that a client may leave one piece of a stream unread before it counts as gone
UNREAD_S = 120.0


class ClientStalled(Exception):
    """The client took nothing of the body for :data:`UNREAD_S` seconds."""


class AsgiWriter:
    """What a streaming function writes text or bytes to."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def write(self, chunk: str | bytes) -> None:
        """Send a piece of the body, waiting while the client is slower than we are.

        Raises ClientStalled when it reads nothing for too long: a stream holds
        a session, of which there are few.
        """
        data = chunk if isinstance(chunk, bytes) else chunk.encode("utf-8", "surrogateescape")
        if not data:
            return
        try:
            async with asyncio.timeout(UNREAD_S):
                await self._send({"type": "http.response.body", "body": data, "more_body": True})
        except TimeoutError:
            raise ClientStalled from None


class AsgiStream(Response):
    """A response whose body ``stream_fn(writer)`` writes.

    The application cancels it when the client goes away.
    """

    def __init__(
        self,
        stream_fn: Callable[[AsgiWriter], Awaitable[None]],
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        content_type: str = "text/plain",
    ) -> None:
        super().__init__(None, status, headers, content_type)
        self.stream_fn = stream_fn

    async def asgi_send(self, send: Send) -> None:
        lines = [list(line) for line in self.raw_headers(None)]
        await send({"type": "http.response.start", "status": self.status, "headers": lines})
        await self.stream_fn(AsgiWriter(send))
        await send({"type": "http.response.body", "body": b""})

    async def send_head(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": self.raw_headers(None)})
        await send({"type": "http.response.body", "body": b""})
