"""Stands between a server and the object store, and lets requests fail as stores do."""

from __future__ import annotations

import asyncio
import contextlib
import re

ANSWERS = {
    "throttle": (503, "SlowDown", "Please reduce your request rate."),
    "fail": (500, "InternalError", "We encountered an internal error."),
    "refuse": (403, "AccessDenied", "Access Denied."),
    "nonsense": (200, "", ""),
}


class StoreProxy:
    """Answers requests one by one; ``behave(method, target, number)`` says how: a key of ANSWERS, "cut", "hang", None.

    ``number`` counts the requests since the last change of ``behave``. "cut"
    ends both connections in the middle of what is on its way; ``delay`` in
    seconds is waited before each request goes on.
    """

    def __init__(self, store) -> None:
        self._upstream = int(store.endpoint.rpartition(":")[2])
        self._tasks = set()
        self.delay = 0.0
        self.good()

    def good(self):
        """Let everything through."""
        self.set(lambda method, target, number: None)

    def set(self, behave):
        self._behave = behave
        self.number = 0

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._begin, "127.0.0.1", 0)
        self.endpoint = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *exc):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _begin(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await self._one(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _one(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        method, target = head.split(b" ", 2)[:2]
        self.number += 1
        how = self._behave(method.decode(), target.decode(), self.number)
        found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        length = int(found[1]) if found else 0
        await asyncio.sleep(self.delay)
        if how == "hang":
            await asyncio.Event().wait()
        if how in ANSWERS:
            await self._take(reader, length)
            status, code, message = ANSWERS[how]
            body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode() if code else b"\0\xff<"
            lines = f"HTTP/1.1 {status} x\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
            writer.write(lines.encode() + body)
            await writer.drain()
            return
        await self._pass_on(reader, writer, head, length, is_cut=how == "cut")

    async def _take(self, reader, length, target=None):
        while length:
            piece = await reader.read(min(length, 1 << 16))
            if not piece:
                raise asyncio.IncompleteReadError(b"", length)
            length -= len(piece)
            if target is not None:
                target.write(piece)
                await target.drain()

    async def _pass_on(self, reader, writer, head, length, *, is_cut):
        upstream, store = await asyncio.open_connection("127.0.0.1", self._upstream)
        try:
            store.write(head[:-2] + b"Connection: close\r\n\r\n")
            if is_cut and length:
                await self._take(reader, length // 2, store)
                writer.transport.abort()
                return
            await self._take(reader, length, store)
            sent = 0
            while piece := await upstream.read(1 << 16):
                writer.write(piece)
                await writer.drain()
                sent += len(piece)
                if is_cut and sent > 100_000:
                    writer.transport.abort()
                    return
        finally:
            store.close()
