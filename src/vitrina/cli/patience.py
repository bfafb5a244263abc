"""Gives up connections whose client leaves its request unfinished or its answer unread."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

#: seconds in which a client has to move LEAST_BYTES where it is its turn, or finish
PATIENCE_S = 120
LEAST_BYTES = 32 * 1024
#: bytes of answers that all clients together leave unread before patience is short, and of one request's head
MOST_UNREAD_BYTES = 256 * 1024 * 1024
MOST_HEAD_BYTES = 2 * 1024 * 1024
#: seconds of patience where memory is needed or the server is to stop
SHORT_S = 5

_EVERY_S = 1.0
_TOO_LARGE = "The head of the request is too large"

logger = logging.getLogger("vitrina.http")


class _Watched:
    """What a protocol of uvicorn says in addition: bytes received, and whether the head of a request is incomplete."""

    received = 0
    in_head = False
    _head_bytes = 0

    def data_received(self: Any, data: bytes) -> None:
        self.received += len(data)
        super().data_received(data)  # type: ignore[misc]
        if self.in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
                self.send_400_response(_TOO_LARGE)

    def on_message_begin(self: Any) -> None:
        self.in_head = True
        self._head_bytes = 0
        super().on_message_begin()  # type: ignore[misc]

    def on_headers_complete(self: Any) -> None:
        self.in_head = False
        super().on_headers_complete()  # type: ignore[misc]


#: the protocol that uvicorn would take here, watched
PatientProtocol: type[asyncio.Protocol] = type("PatientProtocol", (_Watched, AutoHTTPProtocol), {})


@dataclass(frozen=True, slots=True)
class _Mark:
    """How far a connection was at some time."""

    since: float
    received: int
    unread: int


class Patience:
    """Looks every second at ``connections``, and ends those that have kept the server waiting for too long.

    Memory and threads, of which there are few, are given back by that: the
    application sees a client that left.
    """

    def __init__(self, connections: Iterable[Any], patience_s: float) -> None:
        self._connections = connections
        self._patience_s = patience_s
        self._marks: dict[Any, _Mark] = {}
        self.is_stopping = False

    async def watch(self) -> None:
        """Look for ever."""
        while True:
            self._look(time.monotonic())
            await asyncio.sleep(min(_EVERY_S, self._patience_s / 4))

    def _look(self, now: float) -> None:
        marks: dict[Any, _Mark] = {}
        late: list[tuple[float, Any]] = []
        unread_by_all = 0
        for connection in self._connections:
            unread = connection.transport.get_write_buffer_size()
            unread_by_all += unread
            if not unread and not _has_to_send(connection):
                continue
            mark = self._marks.get(connection)
            if mark is None or _has_moved(connection, unread, mark):
                mark = _Mark(now, connection.received, unread)
            marks[connection] = mark
            late.append((now - mark.since, connection))
        self._marks = marks
        is_short = self.is_stopping or unread_by_all > MOST_UNREAD_BYTES
        most_s = min(SHORT_S, self._patience_s) if is_short else self._patience_s
        for seconds, connection in late:
            if seconds >= most_s:
                logger.info("A client that neither sent nor read enough for %.0f s was given up", seconds)
                connection.transport.abort()


def _has_to_send(connection: Any) -> bool:
    """Whether the server waits for the client: for a request, or the rest of one."""
    cycle = connection.cycle
    if connection.in_head or cycle is None:
        return True
    if cycle.response_complete:
        # Between two requests uvicorn has a clock of its own, which it stops when anything comes.
        return connection.timeout_keep_alive_task is None
    return bool(cycle.more_body and not connection.flow.read_paused and not cycle.waiting_for_100_continue)


def _has_moved(connection: Any, unread: int, mark: _Mark) -> bool:
    if unread:
        # More than before is a stream that goes on: it waits while much is unread.
        return unread > mark.unread or mark.unread - unread >= LEAST_BYTES
    received: int = connection.received - mark.received
    return received >= (math.inf if connection.in_head else LEAST_BYTES)
