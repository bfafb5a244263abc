"""``serve --get``: one request answered in process, without a port and without an HTTP client."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from vitrina.cli.options import ServeOptions
from vitrina.facade.replication import OFF

# What a path and a query string may hold as they are; anything else is percent-encoded.
_PATH_SAFE = "/%:@!$&'()*+,;=~-._"
_QUERY_SAFE = _PATH_SAFE + "?[]"


def run_get(instance: Any, options: ServeOptions) -> int:
    """Start the instance, answer the request, print the answer; the exit status (0 only for status 200)."""
    try:
        return asyncio.run(_answer(instance, options))
    finally:
        instance.close()


async def _answer(instance: Any, options: ServeOptions) -> int:
    # A server may be running beside this.
    instance.site.state[OFF] = True
    await instance.invoke_startup()
    printer = _Printer(with_headers=options.headers)
    scope = get_scope(_path(options.get or "/"), request_headers(instance, options))
    await instance.app()(scope, Listening(), printer.send)
    printer.finish()
    return 0 if printer.status == 200 else 1


def request_headers(instance: Any, options: ServeOptions) -> list[tuple[bytes, bytes]]:
    """The headers that ``--token`` and ``--actor`` stand for, after those that every request has."""
    headers = [(b"host", b"localhost"), (b"accept", b"*/*"), (b"user-agent", b"vitrina --get")]
    if options.token is not None:
        headers.append((b"authorization", f"Bearer {options.token}".encode()))
    if options.actor is not None:
        cookie = instance.sign({"a": json.loads(options.actor)}, "actor")
        headers.append((b"cookie", f"ds_actor={cookie}".encode("latin-1")))
    return headers


def get_scope(target: str, headers: list[tuple[bytes, bytes]]) -> dict[str, Any]:
    """An ASGI scope for a GET of ``target``, a path with an optional query string."""
    path, _, query = target.partition("#")[0].partition("?")
    raw_path = quote(path, safe=_PATH_SAFE).encode("ascii")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": unquote_to_bytes(raw_path).decode("utf-8", "replace"),
        "raw_path": raw_path,
        "query_string": quote(query, safe=_QUERY_SAFE).encode("ascii"),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 0),
        "server": ("localhost", 80),
    }


def _path(target: str) -> str:
    """A path from the root, of one that is or of an address of this server."""
    return "/" + re.sub(r"^https?://[^/?#]*", "", target).removeprefix("/")


class Listening:
    """The receiving side of a client that has said all it has to say, and stays to hear the answer."""

    def __init__(self) -> None:
        self._has_spoken = False

    async def __call__(self) -> dict[str, Any]:
        if self._has_spoken:
            await asyncio.Event().wait()
        self._has_spoken = True
        return {"type": "http.request", "body": b"", "more_body": False}


class _Printer:
    """Writes ASGI messages to standard output as they come."""

    def __init__(self, *, with_headers: bool) -> None:
        self.status = 0
        self._with_headers = with_headers
        self._is_text = True

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self._start(message)
        elif message["type"] == "http.response.body":
            sys.stdout.buffer.write(message.get("body", b""))

    def _start(self, message: Any) -> None:
        self.status = message["status"]
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message.get("headers", ())]
        kind = next((value for name, value in headers if name.lower() == "content-type"), "text/plain")
        self._is_text = kind.startswith("text/") or "json" in kind
        if self._with_headers:
            # How long the body is can be seen below.
            shown = [(name.lower(), value) for name, value in headers if name.lower() != "content-length"]
            lines = [f"HTTP/1.1 {self.status}", *(f"{name}: {value}" for name, value in shown), "", ""]
            sys.stdout.buffer.write("\n".join(lines).encode())

    def finish(self) -> None:
        """End text with a newline; other content stays byte for byte what it is."""
        if self._is_text:
            sys.stdout.buffer.write(b"\n")
        sys.stdout.buffer.flush()
