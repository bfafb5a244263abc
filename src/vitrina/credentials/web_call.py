"""One small HTTP request for credentials: bounded in time and size, never redirected."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.parse import urlsplit

from vitrina.credentials.model import FetchFailed

_MOST_BYTES = 256 * 1024


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A secret is sent to the place that was configured and to no other."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


async def call(
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    method: str | None = None,
    timeout: float = 10.0,
    direct: bool = False,
) -> str:
    """The body of the answer as text; ``timeout`` in seconds; ``direct`` uses no proxy. One hop.

    Raises FetchFailed that says why without the body of question or answer.
    """
    scheme = urlsplit(url).scheme
    if scheme not in ("http", "https"):
        raise FetchFailed(f"the address must begin with http:// or https://, not {scheme}:")
    request = urllib.request.Request(url, data=body, headers=dict(headers or {}), method=method)
    return await asyncio.to_thread(_call, request, timeout, direct)


def _call(request: urllib.request.Request, timeout: float, direct: bool) -> str:
    handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
    if direct:
        handlers.append(urllib.request.ProxyHandler({}))
    opener = urllib.request.build_opener(*handlers)
    try:
        with opener.open(request, timeout=timeout) as answer:
            read: bytes = answer.read(_MOST_BYTES + 1)
    except urllib.error.HTTPError as error:
        error.close()
        raise FetchFailed(f"it answered with status {error.code}") from None
    except TimeoutError:
        raise FetchFailed(f"it did not answer within {timeout:g} s") from None
    except urllib.error.URLError as error:
        reason = error.reason
        if isinstance(reason, TimeoutError):
            raise FetchFailed(f"it did not answer within {timeout:g} s") from None
        raise FetchFailed(f"it cannot be reached ({getattr(reason, 'strerror', None) or reason})") from None
    except (OSError, HTTPException) as error:
        raise FetchFailed(f"the connection failed ({type(error).__name__})") from None
    if len(read) > _MOST_BYTES:
        raise FetchFailed("its answer is too long")
    return read.decode("utf-8", "replace")


def parse_object(text: str) -> dict[str, Any]:
    """``text`` as a JSON object. Raises FetchFailed, without quoting the text."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise FetchFailed("the answer is not JSON") from None
    if not isinstance(found, dict):
        raise FetchFailed("the answer is not a JSON object")
    return found
