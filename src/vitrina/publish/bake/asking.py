"""Requests to an instance from inside its process, as somebody who is not signed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

from vitrina.cli.get import Listening
from vitrina.publish.bake.addresses import HOST

_HEADERS = [(b"host", HOST.encode()), (b"accept", b"*/*"), (b"user-agent", b"vitrina bake")]


@dataclass(slots=True)
class Answer:
    """Status, content type without parameters, and body; ``location`` of a redirect."""

    status: int = 0
    content_type: str = ""
    location: str = ""
    body: bytearray = field(default_factory=bytearray)


async def ask(app: Any, url: str, write: Callable[[bytes], object] | None = None) -> Answer:
    """The answer for ``url``, a path with an optional query string.

    With ``write`` the body of an answer with status 200 goes there as it comes.
    """
    path, _, query = url.partition("?")
    raw_path = path.encode("ascii", "replace")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": unquote_to_bytes(raw_path).decode("utf-8", "replace"),
        "raw_path": raw_path,
        "query_string": query.encode("ascii", "replace"),
        "root_path": "",
        "headers": list(_HEADERS),
        "client": ("127.0.0.1", 0),
        "server": (HOST, 80),
    }
    answer = Answer()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            for name, value in message.get("headers", ()):
                if name.lower() == b"content-type":
                    answer.content_type = value.decode("latin-1").partition(";")[0].strip()
                elif name.lower() == b"location":
                    answer.location = value.decode("latin-1")
        elif message["type"] == "http.response.body":
            if write is not None and answer.status == 200:
                write(message.get("body", b""))
            else:
                answer.body += message.get("body", b"")

    await app(scope, Listening(), send)
    return answer
