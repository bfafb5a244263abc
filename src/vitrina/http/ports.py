"""What the application asks of the layers above it: one field a question, each with a plain default."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vitrina.http.errors import RenderError, plain_error_page

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.http.response import Response
    from vitrina.http.types import Actor, ASGIApp, Scope, Send


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer: status, header lines and body exactly as they are sent."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes

    async def asgi_send(self, send: Send, *, head: bool = False) -> None:
        """Send it; ``head`` leaves the body out."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": b"" if head else self.body})


async def _nothing(*_: Any) -> None:
    return None


def _not_signed(value: Any) -> str:
    raise RuntimeError("The application was made without a way to sign messages")


@dataclass(slots=True)
class Ports:
    """Callables that the facade fills in.

    ``startup`` and ``shutdown`` run once. ``authenticate`` gives the actor of
    a request, or None, and raises TokenInvalid. ``cached`` is asked first of
    all, with the scope after ``base_url`` was taken off, and for a request
    with credentials once its actor is known; ``remember`` gets
    each complete answer of a GET with status 200 that was not streamed, and
    ``finished`` the scope of each request for which ``cached`` had nothing.
    ``pattern_of`` gives the expression of a route, which telemetry shows.
    ``render_error`` gives the HTML of an error page and ``render_csrf_error``
    that of a refused form (context: ``reason``). ``handle_exception``,
    ``forbidden`` and ``custom_page`` may answer in place of an error page,
    with None to decline. ``refuse_hidden`` raises before a built-in page runs
    that must not be told from a missing one, and ``conceal`` may put another
    error in the place of one that tells too much. ``site_for`` gives the site that a built-in page sees
    in this request. ``skip_csrf`` is asked, by its scope, about a request that
    would be refused for its origin. ``call_view`` calls a plugin's view function.
    ``sign_messages`` and ``unsign_messages`` are for the flash message cookie.
    ``wrappers`` are put around the application, the last one outermost.
    """

    startup: Callable[[], Awaitable[None]] = _nothing
    shutdown: Callable[[], Awaitable[None]] = _nothing
    authenticate: Callable[[Request], Awaitable[Actor | None]] = _nothing
    cached: Callable[[Scope, Actor | None], Awaitable[Answer | None]] | None = None
    remember: Callable[[Request, Answer], None] | None = None
    finished: Callable[[Scope], None] | None = None
    pattern_of: Callable[[Any], str] = lambda route: str(route)
    render_error: RenderError = plain_error_page
    render_csrf_error: RenderError = plain_error_page
    handle_exception: Callable[[Request, Exception], Awaitable[Response | None]] | None = None
    forbidden: Callable[[Request, str], Awaitable[Response | None]] | None = None
    site_for: Callable[[Any, Request], Any] | None = None
    refuse_hidden: Callable[[Request], Awaitable[None]] | None = None
    conceal: Callable[[Request, Exception], Awaitable[Exception]] | None = None
    custom_page: Callable[[Request], Awaitable[Response | None]] | None = None
    skip_csrf: Callable[[Scope], bool] = lambda scope: False
    call_view: Callable[[Callable[..., Any], Request, Send], Awaitable[Any]] | None = None
    sign_messages: Callable[[Any], str] = _not_signed
    unsign_messages: Callable[[str], Any] = lambda value: None
    wrappers: Sequence[Callable[[ASGIApp], ASGIApp]] = ()
