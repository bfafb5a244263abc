"""The answers that every endpoint which changes data gives when it does not."""

from __future__ import annotations

import functools
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from vitrina.errors import (
    Conflict,
    EngineError,
    Forbidden,
    InvalidBody,
    InvalidSQL,
    NotFound,
    PayloadTooLarge,
    QueryInterrupted,
    Unavailable,
)
from vitrina.http.response import Response
from vitrina.plan.json_text import parse_json
from vitrina.web.target import named
from vitrina.web.write.durable import without_durable

if TYPE_CHECKING:
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.http.request import Request
    from vitrina.web.site import Site

logger = logging.getLogger("vitrina.http")

Handler = Callable[["Site", "Request"], Awaitable[Response]]

_REFUSALS = (
    InvalidBody,
    InvalidSQL,
    QueryInterrupted,
    Forbidden,
    NotFound,
    Conflict,
    PayloadTooLarge,
    EngineError,
    Unavailable,
)


def refusing_in_json(handler: Handler) -> Handler:
    """``handler`` with its refusals told in JSON, whatever the path and the Accept header say.

    Other errors, that of an address that cannot be a row's among them, go the way of all pages.
    """

    @functools.wraps(handler)
    async def answer(site: Site, request: Request) -> Response:
        try:
            return await handler(site, request)
        except _REFUSALS as error:
            if error.status >= 500:
                logger.error("%s %s: %s", request.method, request.path, error.message)
            return Response.error(error.messages, error.status, error.headers)

    return answer


def database_or_404(site: Site, request: Request, *, named_in_message: bool = False) -> SqliteDatabase:
    """The database that the URL names.

    Raises NotFound; the message includes the name where the contract says so.
    """
    route = named(request, "database")
    for database in site.databases.values():
        if database.route == route:
            return database
    raise NotFound(f"Database not found: {route}" if named_in_message else "Database not found")


def refuse_immutable(database: SqliteDatabase) -> None:
    """Raise Forbidden for a database that is never written to."""
    if not database.is_mutable:
        raise Forbidden("Database is immutable", hint="The server was started with this file as immutable.")


async def json_body(request: Request) -> Any:
    """The body as JSON, whatever its content type, without what asks for durability.

    Raises InvalidBody where it is not JSON, PayloadTooLarge where it is too large.
    """
    body = await request.post_body()
    try:
        return without_durable(parse_json(body))[0]
    except (ValueError, RecursionError) as error:
        raise InvalidBody(f"Invalid JSON: {error}") from error
