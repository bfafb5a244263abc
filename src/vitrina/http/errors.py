"""Turns an exception into a response: JSON, text or HTML."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from markupsafe import escape

from vitrina.errors import Forbidden, InvalidSQL, MethodNotAllowed, TokenInvalid, Unavailable, VitrinaError
from vitrina.hooks.blame import blamed
from vitrina.http.response import Response

if TYPE_CHECKING:
    from vitrina.http.request import Request

logger = logging.getLogger("vitrina.http")

#: renders an error page: request, status, context → HTML
RenderError = Callable[["Request", int, dict[str, Any]], Awaitable[str]]

#: of ``request.state``: headers that the renderer of an error page wants with it
PAGE_HEADERS = "error_page_headers"
_METHOD_NOT_ALLOWED = "Method not allowed"
_INVALID_TOKEN = 'Bearer error="invalid_token"'


def wants_json(request: Request) -> bool:
    """Whether a client that was denied something, or sent away for now, should be told so in JSON."""
    return (
        request.path.endswith(".json")
        or "application/json" in (request.header(b"accept") or "")
        or request.header(b"content-type") == "application/json"
    )


async def error_response(
    request: Request, error: Exception, render_error: RenderError, *, always_json: bool = False
) -> Response:
    """The answer for ``error``.

    An exception that is not a VitrinaError is logged with its traceback and
    answered with status 500 and its own text. ``always_json``: the route
    answers in JSON whatever its path looks like.
    """
    if not isinstance(error, VitrinaError):
        logger.error("%s %s failed", request.method, request.path, exc_info=error)
        error = VitrinaError(str(error), hint=blamed(error))
    elif isinstance(error, Unavailable):
        # A traceback for each would fill the log just when there is much to do.
        logger.warning("%s %s: %s", request.method, request.path, error.message)
    elif error.status >= 500:
        logger.error("%s %s: %s", request.method, request.path, error.message, exc_info=error)
    headers = dict(error.headers)
    if isinstance(error, TokenInvalid):
        headers.setdefault("WWW-Authenticate", _INVALID_TOKEN)
        return _json(error, headers)
    if isinstance(error, Unavailable):
        headers.setdefault("Retry-After", "1")
    if isinstance(error, MethodNotAllowed):
        return method_not_allowed(request)
    if always_json or (isinstance(error, Unavailable) and wants_json(request)):
        return _json(error, headers)
    if isinstance(error, Forbidden):
        return _json(error, headers) if wants_json(request) else await _html(request, error, headers, render_error)
    if request.path.endswith(".json"):
        return _json(error, headers)
    if request.path.endswith(".csv"):
        return Response.text(error.message, error.status, headers)
    return await _html(request, error, headers, render_error)


def method_not_allowed(request: Request) -> Response:
    """405, in JSON for a ``.json`` path or a request that was itself JSON."""
    if request.path.endswith(".json") or request.header(b"content-type") == "application/json":
        return Response.error(_METHOD_NOT_ALLOWED, 405)
    return Response.text(_METHOD_NOT_ALLOWED, 405)


def _json(error: VitrinaError, headers: dict[str, str]) -> Response:
    body = {"ok": False, "error": error.message, "errors": error.messages, "status": error.status, **error.extra}
    return Response.json(body, error.status, headers, default=str)


async def _html(request: Request, error: VitrinaError, headers: dict[str, str], render_error: RenderError) -> Response:
    title = error.title
    if title is None and isinstance(error, Forbidden):
        title = "Forbidden"
    elif title is None and isinstance(error, InvalidSQL):
        title = "Invalid SQL"
    context = {
        "ok": False,
        "error": error.message,
        "errors": error.messages,
        "status": error.status,
        "title": title,
        "hint": error.hint,
        "message_html": error.message_html,
    }
    html = await render_error(request, error.status, context)
    return Response.html(html, error.status, {**request.state.get(PAGE_HEADERS, {}), **headers})


async def plain_error_page(request: Request, status: int, context: dict[str, Any]) -> str:
    """A page without templates: for tests, and for when rendering an error page fails itself."""
    heading = escape(context.get("title") or f"Error {status}")
    text = escape(context.get("reason") or context.get("error") or "")
    return f"<!DOCTYPE html>\n<title>{heading}</title>\n<h1>{heading}</h1>\n<p>{text}</p>\n"
