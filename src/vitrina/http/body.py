"""Reading a request body into memory, up to a limit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from vitrina.errors import BadRequest, PayloadTooLarge

if TYPE_CHECKING:
    from vitrina.http.types import Receive

#: default of the ``max_post_body_bytes`` setting
DEFAULT_MAX_BODY_BYTES = 2 * 1024 * 1024


def too_large(max_bytes: int) -> PayloadTooLarge:
    """The error for a body of more than ``max_bytes`` bytes."""
    return PayloadTooLarge(
        f"Request body exceeded maximum size of {max_bytes} bytes",
        hint="Send it in several smaller requests, or raise the max_post_body_bytes setting.",
    )


def check_declared_length(content_length: str | None, max_bytes: int) -> None:
    """Raise PayloadTooLarge when a ``Content-Length`` header already exceeds ``max_bytes`` (0: no limit)."""
    if not max_bytes or not content_length or not content_length.isdecimal() or not content_length.isascii():
        return
    # A number too long for int() is refused by its length.
    if len(content_length) > 18 or int(content_length) > max_bytes:
        raise too_large(max_bytes)


async def stream_body(receive: Receive | None) -> AsyncIterator[bytes]:
    """The chunks of a request body as they arrive.

    Raises BadRequest when the client goes away before the end.
    """
    if receive is None:
        return
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BadRequest("The client disconnected before the end of the request body")
        chunk = message.get("body", b"")
        if chunk:
            yield chunk
        if not message.get("more_body", False):
            return


async def read_body(receive: Receive | None, max_bytes: int, content_length: str | None = None) -> bytes:
    """The whole body.

    Raises PayloadTooLarge above ``max_bytes`` (0: no limit), before reading
    where ``content_length`` says so, and BadRequest on a disconnect.
    """
    check_declared_length(content_length, max_bytes)
    chunks: list[bytes] = []
    size = 0
    async for chunk in stream_body(receive):
        size += len(chunk)
        if max_bytes and size > max_bytes:
            raise too_large(max_bytes)
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)
