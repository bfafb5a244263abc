"""Noticing that the client went away while its answer is being made."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.http.types import Message

#: seconds after which a page counts as slow: only then is it worth while to listen for the client
PATIENCE_S = 0.2

_DEPARTED = "departed"


def has_departed(request: Request) -> bool:
    """Whether the work for this request was given up because nobody waits for the answer."""
    return _DEPARTED in request.state


class Presence:
    """A block that is cancelled when the client of ``request`` disconnects; for requests without a body.

    What the client sends meanwhile is kept for whoever reads the body later.
    """

    __slots__ = ("_kept", "_listening", "_receive", "_request", "_task", "_timer")

    def __init__(self, request: Request) -> None:
        self._request = request
        self._receive = request.receive
        self._kept: deque[Message] = deque()
        self._listening: asyncio.Task[None] | None = None

    def __enter__(self) -> None:
        self._task = asyncio.current_task()
        self._timer = asyncio.get_running_loop().call_later(PATIENCE_S, self._listen)

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._listening is not None:
            self._listening.cancel()

    def _listen(self) -> None:
        self._request.receive = self._replay
        self._listening = asyncio.ensure_future(self._until_gone())

    async def _until_gone(self) -> None:
        assert self._receive is not None
        while (message := await self._receive())["type"] != "http.disconnect":
            self._kept.append(message)
            if not message.get("more_body") and len(self._kept) > 1:
                # Not a server that says when the client left, but one that repeats itself.
                return
        self._request.state[_DEPARTED] = True
        if self._task is not None:
            self._task.cancel()

    async def _replay(self) -> Message:
        if self._kept:
            return self._kept.popleft()
        assert self._receive is not None
        return await self._receive()
