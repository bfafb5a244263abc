"""Flash messages: short notices kept in a signed cookie until the next page shows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.http.response import Response

INFO, WARNING, ERROR = 1, 2, 3
COOKIE = "ds_messages"

#: keys of ``request.state``: what the visitor brought, whether a page showed it, what to show next
BROUGHT = "messages"
SHOWN = "messages_shown"
ADDED = "messages_to_add"

#: a client that never looks at a page would collect a cookie that no server takes
_MOST_KEPT = 20


def add_message(request: Request, text: str, kind: int = INFO) -> None:
    """Show ``text`` on the page that comes after this response."""
    request.state.setdefault(ADDED, []).append((text, kind))


def show_message(request: Request, text: str, kind: int = ERROR) -> None:
    """Show ``text`` on the page that answers this very request."""
    request.state.setdefault(BROUGHT, []).append((text, kind))


def read_messages(request: Request, unsign: Callable[[str], Any]) -> None:
    """Put the messages in the request's cookie where pages look for them.

    ``unsign`` gives the value of a signed cookie, or None where it is not
    genuine.
    """
    signed = request.cookies.get(COOKIE)
    value = unsign(signed) if signed else None
    if isinstance(value, list):
        pairs = [item for item in value if isinstance(item, (list, tuple)) and len(item) == 2]
        request.state[BROUGHT] = [(str(text), kind) for text, kind in pairs]


def write_messages(request: Request, response: Response, sign: Callable[[Any], str]) -> None:
    """Set or delete the cookie on ``response``, as this request needs."""
    added = request.state.get(ADDED)
    if added:
        unseen = [] if request.state.get(SHOWN) else request.state.get(BROUGHT, [])
        response.set_cookie(COOKIE, sign([list(message) for message in [*unseen, *added][-_MOST_KEPT:]]))
    elif request.state.get(SHOWN):
        response.set_cookie(COOKIE, "", expires=0, max_age=0)
