"""Requests with an ``Idempotency-Key``: sent again, they are answered again, and change nothing again.

Where an answer is not known, because the process ended between the commit and
keeping it, the same key is refused from then on: nothing is ever done twice.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from vitrina.access.actors import actor_key
from vitrina.engine.protocols import CatalogChanged
from vitrina.errors import Conflict, InvalidBody, Unavailable, VitrinaError
from vitrina.execute.kept_answers import KeptAnswer, KeptAnswers
from vitrina.execute.write import has_written
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
_OTHER = "This Idempotency-Key was used for another request"
_UNKNOWN = (
    "An earlier request with this Idempotency-Key was cut short: it may have been done, or not. "
    "Look at the data, and send what is missing with a new key"
)


class AnswerMemory:
    """Answers to requests with a key, for a while, and the requests that are being answered."""

    def __init__(self, kept: KeptAnswers | None) -> None:
        self._answers: OrderedDict[bytes, KeptAnswer] = OrderedDict()
        self._bytes = 0
        self._running: dict[bytes, asyncio.Event] = {}
        self._kept = kept
        self.is_durable = kept is not None
        #: work that goes on although its client may have left
        self.tasks: set[asyncio.Task[Response]] = set()

    async def begin(self, name: bytes, digest: bytes) -> KeptAnswer | None:
        """The answer to an earlier request of this name; None when there is none, and the caller is to make it.

        Raises InvalidBody where the earlier one asked for something else,
        Conflict where it began and nobody knows how it ended.
        """
        while (running := self._running.get(name)) is not None:
            await running.wait()
        self._running[name] = asyncio.Event()
        answer = None
        try:
            answer = await self._find(name, digest)
            if answer is not None and answer.digest != digest:
                raise InvalidBody(_OTHER, status=422)
            if answer is not None and answer.status is None:
                raise Conflict(_UNKNOWN)
        except BaseException:
            self._let_go(name)
            raise
        if answer is not None:
            self._let_go(name)
        return answer

    async def _find(self, name: bytes, digest: bytes) -> KeptAnswer | None:
        answer = self._answers.get(name)
        if answer is not None and answer.until > time.time():
            return answer
        if self._kept is None:
            return None
        return await self._kept.begin(name, KeptAnswer(digest, time.time() + KEPT_S))

    async def end(self, name: bytes, answer: KeptAnswer | None) -> None:
        """Keep the answer, forget the request where there is none, and let those go on that wait for it."""
        try:
            if answer is not None:
                self._remember(name, answer)
            if self._kept is None:
                return
            if answer is None:
                await self._kept.forget(name)
            elif answer.status is not None:
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
    """``handler`` for which a request with an ``Idempotency-Key`` header may be sent again safely."""

    @functools.wraps(handler)
    async def answer(site: Site, request: Request) -> Response:
        name = key_name(site, request)
        if name is None:
            return await handler(site, request)
        digest = hashlib.sha256(await request.post_body()).digest()
        return await answered_once(site, request, name, digest, lambda: handler(site, request))

    return answer


def key_name(site: Site, request: Request) -> bytes | None:
    """What the request's key is kept under, for this actor alone; None without a key.

    Raises InvalidBody for a key that cannot be one, and Conflict where the
    actor cannot be told from others or the instance cannot keep what the
    client asks for.
    """
    key = request.header(b"idempotency-key")
    if key is None:
        return None
    if not key or len(key) > _LONGEST_KEY:
        raise InvalidBody(f"Idempotency-Key must have 1 to {_LONGEST_KEY} characters")
    actor = actor_key(request.actor)
    if actor is None:
        raise Conflict("Idempotency-Key needs an actor that can be told from others")
    scope = request.header(b"idempotency-scope")
    if scope is not None and scope not in ("process", "durable"):
        raise InvalidBody("Idempotency-Scope must be process or durable")
    if scope == "durable" and not _memory(site).is_durable:
        raise Conflict("This instance forgets keys when it ends: it has no persistent internal database")
    return _digest(actor.encode("utf-8", "replace"), key.encode("utf-8"))


async def answered_once(
    site: Site,
    request: Request,
    name: bytes,
    content: bytes,
    make: Callable[[], Awaitable[Response]],
    *,
    close: Callable[[], None] | None = None,
) -> Response:
    """The answer of ``make``, or the one that an equal request with the same key had.

    ``content`` is a digest of the body; ``close`` is called when neither is
    needed any longer. Answers are kept that say something was done, and those
    to what changed something before it failed; a refusal may be asked for
    again. Raises InvalidBody, Conflict, and what ``make`` does.
    """
    memory = _memory(site)
    digest = _digest(request.method.encode(), request.full_path.encode("utf-8", "replace"), content)

    async def work() -> Response:
        try:
            return await _answered(memory, request, name, digest, make)
        finally:
            if close is not None:
                close()

    # A client that leaves does not cut the work short: its next try gets the answer.
    task = asyncio.get_running_loop().create_task(work())
    memory.tasks.add(task)
    task.add_done_callback(memory.tasks.discard)
    return await asyncio.shield(task)


async def _answered(
    memory: AnswerMemory, request: Request, name: bytes, digest: bytes, make: Callable[[], Awaitable[Response]]
) -> Response:
    kept = await memory.begin(name, digest)
    if kept is not None and kept.status is not None:
        return Response(kept.body, kept.status, {"Idempotency-Replayed": "true"}, kept.content_type)
    until = time.time() + KEPT_S
    try:
        response = await make()
    except BaseException as error:
        await memory.end(name, None if _changed_nothing(request, error) else KeptAnswer(digest, until))
        raise
    await memory.end(name, _kept(request, response, digest, until))
    response.headers["Idempotency-Scope"] = "durable" if memory.is_durable else "process"
    return response


def _kept(request: Request, response: Response, digest: bytes, until: float) -> KeptAnswer | None:
    """What is to be kept of an answer; None where it says that nothing was changed."""
    if response.status < 300 or has_written(request):
        return KeptAnswer(digest, until, response.status, response.content_type, response.body_bytes())
    return KeptAnswer(digest, until) if response.status >= 500 and response.status != Unavailable.status else None


def _changed_nothing(request: Request, error: BaseException) -> bool:
    """Whether it is certain that a request which ended with ``error`` changed nothing."""
    if has_written(request):
        return False
    refused = isinstance(error, VitrinaError) and (error.status < 500 or isinstance(error, Unavailable))
    return refused or isinstance(error, CatalogChanged)


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
