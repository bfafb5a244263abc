"""The answers that every endpoint which changes data gives before it changes any."""

from __future__ import annotations

import functools
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from vitrina.errors import Forbidden, NotFound, PayloadTooLarge, VitrinaError
from vitrina.http.response import Response
from vitrina.web.target import named

if TYPE_CHECKING:
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.http.request import Request
    from vitrina.web.site import Site


class BadBody(VitrinaError):
    """A request body that is not what the endpoint takes."""

    status = 400


Handler = Callable[["Site", "Request"], Awaitable[Response]]


def refusing_in_json(handler: Handler) -> Handler:
    """``handler`` with its refusals told in JSON, whatever the path and the Accept header say.

    Other errors, that of an address that cannot be a row's among them, go the way of all pages.
    """

    @functools.wraps(handler)
    async def answer(site: Site, request: Request) -> Response:
        try:
            return await handler(site, request)
        except (BadBody, Forbidden, NotFound, PayloadTooLarge) as error:
            return Response.error(error.messages, error.status)

    return answer


def not_available() -> Response:
    """The answer to a valid request for something that this version cannot do yet."""
    return Response.error(["This is not available in this version"], 501)


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
    """The body as JSON, whatever its content type.

    Raises BadBody where it is not JSON, PayloadTooLarge where it is too large.
    """
    body = await request.post_body()
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadBody(f"Invalid JSON: {error}") from error


def invalid_keys(body: dict[str, Any], known: frozenset[str]) -> str:
    """The keys of ``body`` that are not known, sorted and joined; "" where there is none."""
    return ", ".join(sorted(set(body) - known))
