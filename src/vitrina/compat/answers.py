"""Small parts of answers and routes that plugins put together themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, MutableMapping, Sequence
from typing import Any

_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Expose-Headers": "Link",
    "Access-Control-Allow-Methods": "GET, POST, HEAD, OPTIONS",
    "Access-Control-Max-Age": "3600",
}


def add_cors_headers(headers: MutableMapping[str, str]) -> None:
    """Add the headers that let scripts of other sites read an answer."""
    headers.update(_CORS)


def error_body(messages: str | Sequence[str], status: int) -> dict[str, Any]:
    """The standard error object."""
    errors = [messages] if isinstance(messages, str) else list(messages)
    return {"ok": False, "error": "; ".join(errors), "errors": errors, "status": status}


def append_querystring(url: str, querystring: str) -> str:
    """``url`` with more arguments."""
    return f"{url}{'&' if '?' in url else '?'}{querystring}"


def resolve_routes(routes: Iterable[tuple[re.Pattern[str], Any]], path: str) -> tuple[re.Match[str] | None, Any]:
    """The first route whose pattern matches: the match and the view, or two Nones."""
    for pattern, view in routes:
        match = pattern.match(path)
        if match is not None:
            return match, view
    return None, None
