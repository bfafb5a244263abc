"""Requests that no HTTP client would send: the bytes go to the application as they are."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any


@dataclass
class RawAnswer:
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def header(self, name: str) -> str | None:
        """The first header of this name."""
        for key, value in self.headers:
            if key.lower() == name.encode():
                return value.decode("latin-1")
        return None


async def raw_request(
    instance: Any,
    path: bytes,
    query: bytes = b"",
    *,
    method: str = "GET",
    headers: list[tuple[bytes, bytes]] | None = None,
    scheme: str = "http",
    when_begun: Callable[[], Awaitable[None]] | None = None,
) -> RawAnswer:
    """One request through the whole application; ``when_begun`` is awaited when a piece of the answer was sent."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": scheme,
        "path": path.decode("latin-1"),
        "raw_path": path,
        "query_string": query,
        "headers": [(b"host", b"localhost"), *(headers or [])],
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
    }
    answer = RawAnswer(0, [], b"")

    has_body = [True]

    async def receive() -> dict[str, Any]:
        if not has_body:
            # A client that stays.
            await asyncio.Event().wait()
        has_body.clear()
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answer.status, answer.headers = message["status"], list(message["headers"])
        else:
            if not answer.body and when_begun is not None:
                await when_begun()
            answer.body += message.get("body", b"")

    await instance.app()(scope, receive, send)
    return answer
