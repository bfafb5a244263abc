"""Questions to a running Litestream through its control socket."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_MOST_BYTES = 4 * 1024 * 1024


class ControlFailed(Exception):
    """Litestream did not answer, or answered with an error; the text says which."""


@dataclass(frozen=True, slots=True)
class SyncState:
    """Numbers of transactions as Litestream counts them: in its local files, and in the store."""

    txid: int
    replicated_txid: int


class Control:
    """The socket at ``path``. ``timeout`` in seconds bounds each question."""

    def __init__(self, path: Path, *, timeout: float = 10.0) -> None:
        self.path = path
        self._timeout = timeout

    async def sync(self, database: str) -> SyncState:
        """Copy what was committed to Litestream's local files, and say what of it the store has.

        Neither "wait" nor "timeout" is ever sent: with them Litestream 0.5.17
        loses rows without a word. Raises ControlFailed.
        """
        answer = await self._ask("POST", "/sync", {"path": database})
        txid, replicated = answer.get("txid"), answer.get("replicated_txid", 0)
        if type(txid) is not int or type(replicated) is not int:
            raise ControlFailed(f"unexpected answer to a sync: {sorted(answer)}")
        return SyncState(txid, replicated)

    async def databases(self) -> dict[str, dict[str, Any]]:
        """What Litestream says of each database, by path. Raises ControlFailed."""
        answer = await self._ask("GET", "/list")
        return {str(entry.get("path")): entry for entry in answer.get("databases") or ()}

    async def _ask(self, method: str, target: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        try:
            async with asyncio.timeout(self._timeout):
                status, text = await self._exchange(method, target, json.dumps(body).encode() if body else b"")
        except TimeoutError:
            raise ControlFailed(f"no answer within {self._timeout:g} s") from None
        except (OSError, ValueError, asyncio.IncompleteReadError) as error:
            raise ControlFailed(f"no connection ({getattr(error, 'strerror', None) or type(error).__name__})") from None
        try:
            answer = json.loads(text)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise ControlFailed(f"status {status} and no JSON")
        if status != 200:
            raise ControlFailed(str(answer.get("error") or f"status {status}"))
        return answer

    async def _exchange(self, method: str, target: str, body: bytes) -> tuple[int, bytes]:
        reader, writer = await asyncio.open_unix_connection(str(self.path), limit=_MOST_BYTES)
        try:
            head = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            await writer.drain()
            headers = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            status = int(headers[0].split(" ")[1])
            fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in headers[1:])}
            if "chunked" in fields.get("transfer-encoding", ""):
                return status, await _chunks(reader)
            if "content-length" in fields:
                return status, await reader.readexactly(int(fields["content-length"]))
            return status, await reader.read(_MOST_BYTES)
        finally:
            writer.close()


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readline()).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readline()
    return body
