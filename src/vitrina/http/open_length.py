"""Pages without a stated length, for wrappers of plugins that add to what passes through them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vitrina.http.types import ASGIApp, Message, Receive, Scope, Send

_TEXTS = (b"text/", b"application/json")


def without_length(app: ASGIApp) -> ASGIApp:
    """``app``, whose texts may become longer on their way; files keep their length."""

    async def open_ended(scope: Scope, receive: Receive, send: Send) -> None:
        async def passed_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                if any(name.lower() == b"content-type" and value.startswith(_TEXTS) for name, value in headers):
                    kept = [pair for pair in headers if pair[0].lower() != b"content-length"]
                    message = {**message, "headers": kept}
            await send(message)

        is_read = scope["type"] == "http" and scope["method"] != "HEAD"
        await app(scope, receive, passed_on if is_read else send)

    return open_ended
