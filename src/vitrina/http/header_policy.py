"""What every answer gets on its way out: caching rules, Vary, and headers for other origins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vitrina.http.types import Message, Send

if TYPE_CHECKING:
    from vitrina.http.request import Request

HeaderLines = list[tuple[bytes, bytes]]

CORS_LINES: HeaderLines = [
    (b"Access-Control-Allow-Origin", b"*"),
    (b"Access-Control-Allow-Headers", b"Authorization, Content-Type"),
    (b"Access-Control-Expose-Headers", b"Link"),
    (b"Access-Control-Allow-Methods", b"GET, POST, HEAD, OPTIONS"),
    (b"Access-Control-Max-Age", b"3600"),
]
_PRIVATE = (b"cache-control", b"private, no-store")
_VARY = (b"vary", b"Cookie, Authorization")


def is_personal(request: Request) -> bool:
    """Whether the answer may be meant for this visitor alone: an actor, a cookie or credentials came with it."""
    if request.scope.get("actor") is not None:
        return True
    return any(name == b"cookie" or name == b"authorization" for name, _ in request.scope.get("headers", ()))


def outgoing_headers(lines: HeaderLines, *, personal: bool, cors: bool) -> HeaderLines:
    """Header lines with the rules applied.

    ``personal`` answers, and those that set a cookie, are never kept by
    anybody. ``Vary`` names what personal answers depend on, beside what is
    there already. ``cors`` lets other origins read the answer.
    """
    kept: HeaderLines = []
    caching: HeaderLines = []
    vary: list[bytes] = []
    allowed = False
    for line in lines:
        name = line[0].lower()
        if name == b"cache-control":
            caching.append(line)
        elif name == b"vary":
            vary.append(line[1])
        else:
            if name == b"set-cookie":
                personal = True
            elif name == b"access-control-allow-origin":
                allowed = True
            kept.append(line)
    if cors and not allowed:
        kept.extend(CORS_LINES)
    kept.extend([_PRIVATE] if personal else caching)
    kept.append(_merge_vary(vary) if vary else _VARY)
    return kept


def _merge_vary(values: list[bytes]) -> tuple[bytes, bytes]:
    names = [name.strip() for value in values for name in value.split(b",") if name.strip()]
    if b"*" in names:
        return (b"vary", b"*")
    seen = {name.lower() for name in names}
    names += [name for name in (b"Cookie", b"Authorization") if name.lower() not in seen]
    return (b"vary", b", ".join(names))


class Outgoing:
    """The ``send`` that handlers and plugins get: applies the rules when the answer starts.

    ``bare``: a static file, which on success keeps its own headers. ``cors``
    may be changed until the answer starts. ``started`` tells whether it has.
    """

    __slots__ = ("_head", "_request", "_send", "bare", "cors", "headers", "started")

    def __init__(self, request: Request, send: Send, *, cors: bool = False, bare: bool = False) -> None:
        self._request = request
        self._send = send
        self._head = request.method == "HEAD"
        self.cors = cors
        self.bare = bare
        self.started = False
        # what was sent, for those who keep answers
        self.headers: HeaderLines = []

    async def send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "http.response.start":
            self.started = True
            lines = list(message.get("headers") or ())
            if not (self.bare and message["status"] in (200, 206, 304)):
                lines = outgoing_headers(lines, personal=is_personal(self._request), cors=self.cors)
            self.headers = lines
            message = {**message, "headers": lines}
        elif self._head and kind == "http.response.body" and message.get("body"):
            message = {**message, "body": b""}
        await self._send(message)
