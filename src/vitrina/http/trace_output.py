"""Adds what happened during a request to its answer, where ``_trace=1`` asks for it and ``trace_debug`` is on."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from markupsafe import escape

from vitrina.hooks.tracing import capture_traces, current_traces

if TYPE_CHECKING:
    from vitrina.http.types import ASGIApp, Message, Receive, Scope, Send

_ASKED = b"_trace=1"
_LARGEST = 256 * 1024


def traced(app: ASGIApp) -> ASGIApp:
    """``app``, with traces in JSON objects and HTML pages that ask for them."""

    async def traced_app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _ASKED not in (scope.get("query_string") or b"").split(b"&"):
            await app(scope, receive, send)
            return
        answer = _Answer(send)
        # Where spans are made of what is traced, they still are.
        with_notes = getattr(current_traces(), "with_notes", None)
        with capture_traces(answer.traces if with_notes is None else with_notes(answer.traces)):
            await app(scope, receive, answer.receive_message)
        await answer.finish()

    return traced_app


class _Answer:
    """Holds an answer back until it is whole; one that grows too large is passed on as it is."""

    def __init__(self, send: Send) -> None:
        self.traces: list[dict[str, Any]] = []
        self._send = send
        self._start: Message | None = None
        self._body = b""
        self._began = time.perf_counter()

    async def receive_message(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if len(self._body) > _LARGEST:
                await self._send(self._start)
                self._start = None
                await self._send({**message, "body": self._body})

    async def finish(self) -> None:
        if self._start is None:
            return
        headers = [pair for pair in self._start.get("headers", ()) if pair[0].lower() != b"content-length"]
        kind = next((value for name, value in headers if name.lower() == b"content-type"), b"")
        body = self._with_traces(kind.partition(b";")[0].strip())
        await self._send({**self._start, "headers": [*headers, (b"content-length", b"%d" % len(body))]})
        await self._send({"type": "http.response.body", "body": body})

    def _with_traces(self, kind: bytes) -> bytes:
        if kind == b"text/html" and b"</body>" in self._body:
            before, _, after = self._body.rpartition(b"</body>")
            text = escape(json.dumps(self._summary(), indent=2, default=repr))
            return before + f"<pre>{text}</pre></body>".encode() + after
        if kind == b"application/json" and self._body.lstrip().startswith(b"{"):
            return json.dumps({**json.loads(self._body), "_trace": self._summary()}, default=repr).encode()
        return self._body

    def _summary(self) -> dict[str, Any]:
        return {
            "request_duration_ms": (time.perf_counter() - self._began) * 1000,
            "sum_trace_duration_ms": sum(trace["duration_ms"] for trace in self.traces),
            "num_traces": len(self.traces),
            "traces": self.traces,
        }
