"""A response with its body in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vitrina.http.cookies import set_cookie_line
from vitrina.http.header_text import clean_header_value, location_value

if TYPE_CHECKING:
    from vitrina.http.types import Send

_WITHOUT_BODY = (204, 304)


class Response:
    """Status, headers and body of an answer.

    ``headers`` is an object of name → value as the handler wrote them.
    ``content_type`` wins over a ``content-type`` in lower case among them, as
    plugins expect, and gives way to one in other letters. Plugins change
    ``status``, ``headers`` and ``body`` before the response is sent.
    """

    def __init__(
        self,
        body: str | bytes | None = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        content_type: str = "text/plain",
    ) -> None:
        self.body: Any = body
        self.status = status
        self.headers: dict[str, str] = dict(headers) if headers else {}
        self.content_type = content_type
        self._set_cookie_headers: list[str] = []

    # -- making one

    @classmethod
    def html(cls, body: str | bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        return cls(body, status, headers, "text/html; charset=utf-8")

    @classmethod
    def text(cls, body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        return cls(str(body), status, headers, "text/plain; charset=utf-8")

    @classmethod
    def json(
        cls,
        body: Any,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        default: Callable[[Any], Any] | None = None,
    ) -> Response:
        """``body`` as JSON; ``default`` turns what JSON has no word for into something it has."""
        return cls(json.dumps(body, default=default), status, headers, "application/json; charset=utf-8")

    @classmethod
    def error(
        cls, messages: str | Sequence[str], status: int = 400, headers: Mapping[str, str] | None = None
    ) -> Response:
        """The standard error object with one message or several."""
        errors = [messages] if isinstance(messages, str) else [str(message) for message in messages]
        body = {"ok": False, "error": "; ".join(errors), "errors": errors, "status": status}
        return cls.json(body, status, headers)

    @classmethod
    def redirect(cls, path: str, status: int = 302, headers: Mapping[str, str] | None = None) -> Response:
        """Send the client to ``path``; characters that do not belong in a header are percent-encoded."""
        return cls("", status, {**(headers or {}), "Location": location_value(path)})

    # -- cookies

    def set_cookie(
        self,
        key: str,
        value: str = "",
        max_age: int | None = None,
        expires: int | None = None,
        path: str | None = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: str = "lax",
    ) -> None:
        """Add a cookie; ``max_age`` and ``expires`` are seconds from now."""
        line = set_cookie_line(
            key,
            value,
            max_age=max_age,
            expires=expires,
            path=path,
            domain=domain,
            secure=secure,
            httponly=httponly,
            samesite=samesite,
        )
        self._set_cookie_headers.append(line)

    # -- sending

    def body_bytes(self) -> bytes:
        body = self.body
        if isinstance(body, bytes):
            return body
        return b"" if body is None else str(body).encode("utf-8", "surrogateescape")

    def raw_headers(self, length: int | None) -> list[tuple[bytes, bytes]]:
        """Header lines as bytes, with ``length`` as the Content-Length unless None."""
        lines: list[tuple[bytes, bytes]] = []
        has_type = has_length = False
        for name, value in self.headers.items():
            lowered = name.lower()
            if lowered == "content-type":
                has_type = True
                value = self.content_type if name == lowered else value
            elif lowered == "content-length" or lowered == "transfer-encoding":
                has_length = True
            text = value if type(value) is str and value.isprintable() else clean_header_value(str(value))
            lines.append((clean_header_value(name).encode("utf-8"), text.encode("utf-8", "surrogateescape")))
        if not has_type:
            lines.append((b"content-type", clean_header_value(self.content_type).encode("utf-8")))
        if length is not None and not has_length and self.status not in _WITHOUT_BODY:
            lines.append((b"content-length", b"%d" % length))
        for cookie in self._set_cookie_headers:
            lines.append((b"set-cookie", cookie.encode("utf-8")))
        return lines

    async def asgi_send(self, send: Send) -> None:
        """Send it as a plugin's own ASGI code does: the headers as lists, and no Content-Length."""
        lines = [list(line) for line in self.raw_headers(None)]
        await send({"type": "http.response.start", "status": self.status, "headers": lines})
        await send({"type": "http.response.body", "body": self.body_bytes()})

    async def send_whole(self, send: Send) -> None:
        """Send it as the application does, with a Content-Length; in its own way where a subclass has one."""
        if type(self).asgi_send is not Response.asgi_send:
            await self.asgi_send(send)
            return
        body = self.body_bytes()
        await send({"type": "http.response.start", "status": self.status, "headers": self.raw_headers(len(body))})
        await send({"type": "http.response.body", "body": body})

    async def send_head(self, send: Send) -> None:
        """The answer to HEAD: the same status and headers, no body."""
        length = len(self.body_bytes())
        await send({"type": "http.response.start", "status": self.status, "headers": self.raw_headers(length)})
        await send({"type": "http.response.body", "body": b""})
