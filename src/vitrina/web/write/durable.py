"""Writes that are answered when the object store has them, on request."""

from __future__ import annotations

import functools
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from vitrina.errors import InvalidBody
from vitrina.execute.write import DURABLE
from vitrina.http.response import Response
from vitrina.web.target import named

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site

Handler = Callable[["Site", "Request"], Awaitable[Response]]

#: the argument in the query string, and the key in a JSON body
ARGUMENT = "_durable"
KEY = "durable"
_YES = ("1", "on", "true", "yes")


def durable(handler: Handler) -> Handler:
    """``handler`` for which ``"durable": true`` or ``?_durable=1`` means: answer when the replica has the write.

    Put around what remembers answers, so that a request sent again waits
    again and changes nothing. Where the time is over, the answer is 504 and
    says that the write stands.
    """

    @functools.wraps(handler)
    async def answer(site: Site, request: Request) -> Response:
        if not wanted_in_address(request) and not await is_wanted_in_body(request):
            return await handler(site, request)
        request.state[DURABLE] = True
        return await when_durable(site, request, await handler(site, request))

    return answer


def durable_by_address(handler: Handler) -> Handler:
    """As :func:`durable` where the body holds something else than options: only ``?_durable=1`` counts."""

    @functools.wraps(handler)
    async def answer(site: Site, request: Request) -> Response:
        if wanted_in_address(request):
            request.state[DURABLE] = True
        return await when_durable(site, request, await handler(site, request))

    return answer


def wanted_in_address(request: Request) -> bool:
    """Whether the query string asks for durability."""
    return (request.args.get(ARGUMENT) or "").lower() in _YES


async def when_durable(site: Site, request: Request, response: Response) -> Response:
    """``response`` once the replica has what the request wrote, where that was asked for; else one that says not."""
    if DURABLE not in request.state or response.status >= 400:
        return response
    route = named(request, "database")
    name = next((each.name for each in site.databases.values() if each.route == route), route)
    if not site.writes.replicated(name):
        # Nothing was written: a write would have been refused.
        return response
    reason = await site.state["replication"].wait_durable(name)
    if reason is None:
        return _confirmed(response)
    message = f"The write is committed, but not durable: {reason}"
    body = {"ok": False, "error": message, "errors": [message], "status": 504, "committed": True, "durable": False}
    return Response.json(body, 504)


async def is_wanted_in_body(request: Request) -> bool:
    """Whether a JSON body asks for durability. Raises InvalidBody where its wish is not a boolean."""
    body = await request.post_body()
    if b'"durable"' not in body or not body.lstrip().startswith(b"{"):
        return False
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        # Said by whoever reads the body for its contents.
        return False
    return without_durable(parsed)[1]


def without_durable(body: Any) -> tuple[Any, bool]:
    """A JSON body without the key, and whether it asks for durability. Raises InvalidBody where it is not a boolean."""
    if not isinstance(body, dict) or KEY not in body:
        return body, False
    value = body[KEY]
    if not isinstance(value, bool):
        raise InvalidBody('"durable" must be true or false')
    return {key: child for key, child in body.items() if key != KEY}, value


def _confirmed(response: Response) -> Response:
    if (response.content_type or "").startswith("application/json"):
        body = json.loads(response.body_bytes())
        if isinstance(body, dict):
            response.body = Response.json({**body, KEY: True}).body
            return response
    response.headers["Vitrina-Durable"] = "1"
    return response
