"""Requests with an ``Idempotency-Key``: sent again, they are answered again, and change nothing again."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vitrina.access.actors import actor_key
from vitrina.errors import Conflict, InvalidBody
from vitrina.http.response import Response

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site

Handler = Callable[["Site", "Request"], Awaitable[Response]]

#: seconds for which answers are kept, how many, and their bytes together
KEPT_S = 24 * 3600.0
KEPT_ANSWERS = 10_000
KEPT_BYTES = 64 * 1024 * 1024
_LONGEST_KEY = 255
_STATE = "repeated_requests"


@dataclass(slots=True)
class _Answer:
    """One request as it was answered; ``until`` is on the monotonic clock."""

    digest: bytes
    until: float
    status: int
    content_type: str
    body: bytes


class AnswerMemory:
    """Answers to requests with a key, for a while, and the requests that are being answered."""

    def __init__(self) -> None:
        self._answers: OrderedDict[bytes, _Answer] = OrderedDict()
        self._bytes = 0
        self._running: dict[bytes, asyncio.Event] = {}

    async def begin(self, name: bytes, digest: bytes) -> _Answer | None:
        """The answer to an earlier request of this name; None when there is none, and the caller is to make it.

        Raises InvalidBody where the earlier one asked for something else.
        """
        while (running := self._running.get(name)) is not None:
            await running.wait()
        kept = self._answers.get(name)
        if kept is not None and kept.until > time.monotonic():
            if kept.digest != digest:
                raise InvalidBody("This Idempotency-Key was used for another request", status=422)
            return kept
        self._running[name] = asyncio.Event()
        return None

    def end(self, name: bytes, answer: _Answer | None) -> None:
        """Keep the answer, if there is one, and let those go on that wait for it."""
        if answer is not None:
            old = self._answers.pop(name, None)
            self._bytes += len(answer.body) - (len(old.body) if old is not None else 0)
            self._answers[name] = answer
            while len(self._answers) > KEPT_ANSWERS or self._bytes > KEPT_BYTES:
                _, dropped = self._answers.popitem(last=False)
                self._bytes -= len(dropped.body)
        self._running.pop(name).set()


def repeatable(handler: Handler) -> Handler:
    """``handler`` for which a request with an ``Idempotency-Key`` header may be sent again safely.

    Only answers that say something was done are kept: a refusal changed nothing.
    """

    @functools.wraps(handler)
    async def answer(site: Site, request: Request) -> Response:
        key = request.header(b"idempotency-key")
        if key is None:
            return await handler(site, request)
        if not key or len(key) > _LONGEST_KEY:
            raise InvalidBody(f"Idempotency-Key must have 1 to {_LONGEST_KEY} characters")
        actor = actor_key(request.actor)
        if actor is None:
            raise Conflict("Idempotency-Key needs an actor that can be told from others")
        memory: AnswerMemory = site.state.setdefault(_STATE, AnswerMemory())
        body = await request.post_body()
        name = _digest(actor.encode("utf-8", "replace"), key.encode("utf-8"))
        digest = _digest(request.method.encode(), request.full_path.encode("utf-8", "replace"), body)
        kept = await memory.begin(name, digest)
        if kept is not None:
            headers = {"content-type": kept.content_type, "Idempotency-Replayed": "true"}
            return Response(kept.body, kept.status, headers)
        made: _Answer | None = None
        try:
            response = await handler(site, request)
            if response.status < 300:
                until = time.monotonic() + KEPT_S
                made = _Answer(digest, until, response.status, response.content_type, response.body_bytes())
            return response
        finally:
            memory.end(name, made)

    return answer


def _digest(*parts: bytes) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()
