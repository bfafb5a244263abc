"""Requests with an ``Idempotency-Key``: sent again, they are answered again, and change nothing again."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from vitrina.access.actors import actor_key
from vitrina.errors import Conflict, InvalidBody
from vitrina.execute.kept_answers import KeptAnswer, KeptAnswers
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


class AnswerMemory:
    """Answers to requests with a key, for a while, and the requests that are being answered."""

    def __init__(self, kept: KeptAnswers | None) -> None:
        self._answers: OrderedDict[bytes, KeptAnswer] = OrderedDict()
        self._bytes = 0
        self._running: dict[bytes, asyncio.Event] = {}
        self._kept = kept

    async def begin(self, name: bytes, digest: bytes) -> KeptAnswer | None:
        """The answer to an earlier request of this name; None when there is none, and the caller is to make it.

        Raises InvalidBody where the earlier one asked for something else.
        """
        while (running := self._running.get(name)) is not None:
            await running.wait()
        self._running[name] = asyncio.Event()
        answer = None
        try:
            answer = await self._find(name)
            if answer is not None and answer.digest != digest:
                raise InvalidBody("This Idempotency-Key was used for another request", status=422)
        except BaseException:
            self._let_go(name)
            raise
        if answer is not None:
            self._let_go(name)
        return answer

    async def _find(self, name: bytes) -> KeptAnswer | None:
        answer = self._answers.get(name)
        if answer is None and self._kept is not None:
            answer = await self._kept.find(name)
        return answer if answer is not None and answer.until > time.time() else None

    async def end(self, name: bytes, answer: KeptAnswer | None) -> None:
        """Keep the answer, if there is one, and let those go on that wait for it."""
        try:
            if answer is not None:
                self._remember(name, answer)
                if self._kept is not None:
                    await self._kept.add(name, answer)
        finally:
            self._let_go(name)

    def _remember(self, name: bytes, answer: KeptAnswer) -> None:
        old = self._answers.pop(name, None)
        self._bytes += len(answer.body) - (len(old.body) if old is not None else 0)
        self._answers[name] = answer
        while len(self._answers) > KEPT_ANSWERS or self._bytes > KEPT_BYTES:
            _, dropped = self._answers.popitem(last=False)
            self._bytes -= len(dropped.body)

    def _let_go(self, name: bytes) -> None:
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
        memory = _memory(site)
        body = await request.post_body()
        name = _digest(actor.encode("utf-8", "replace"), key.encode("utf-8"))
        digest = _digest(request.method.encode(), request.full_path.encode("utf-8", "replace"), body)
        kept = await memory.begin(name, digest)
        if kept is not None:
            headers = {"content-type": kept.content_type, "Idempotency-Replayed": "true"}
            return Response(kept.body, kept.status, headers)
        made: KeptAnswer | None = None
        try:
            response = await handler(site, request)
            if response.status < 300:
                until = time.time() + KEPT_S
                made = KeptAnswer(digest, until, response.status, response.content_type, response.body_bytes())
            return response
        finally:
            await memory.end(name, made)

    return answer


def _memory(site: Site) -> AnswerMemory:
    memory: AnswerMemory | None = site.state.get(_STATE)
    if memory is None:
        # A temporary internal database would be gone when it is needed.
        kept = KeptAnswers(site.internal) if site.internal.is_persistent else None
        memory = site.state[_STATE] = AnswerMemory(kept)
    return memory


def _digest(*parts: bytes) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()
