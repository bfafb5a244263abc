"""Refuses form posts that come from another website, by the headers that browsers send."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from vitrina.http.request import Request

_SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))
_DEFAULT_PORTS = {"http": 80, "https": 443}


def csrf_refusal(request: Request, *, force_https: bool = False) -> str | None:
    """Why a request must not be served, or None when it may be.

    ``force_https`` says that this server is reached by https whatever the
    scope says (the ``force_https_urls`` setting).
    """
    if request.method in _SAFE_METHODS:
        return None
    cookie = request.header(b"cookie")
    authorization = request.header(b"authorization") or ""
    # A browser does not add a bearer token by itself, so another site cannot send one.
    if cookie is None and authorization[:7].lower() == "bearer ":
        return None
    fetch_site = request.header(b"sec-fetch-site")
    if fetch_site:
        if fetch_site in ("same-origin", "none"):
            return None
        return f"Sec-Fetch-Site was {fetch_site!r}, expected 'same-origin' or 'none'"
    origin = request.header(b"origin")
    if not origin:
        # Every browser of the last years sends one of the two with a POST.
        return None
    own = _origin(f"{'https' if force_https else request.scheme}://{request.host}")
    other = _origin(origin)
    if own is None or other is None:
        return f"Malformed Origin {origin!r} or Host {request.host!r}"
    return None if own == other else f"Origin {origin!r} does not match Host {request.host!r}"


def _origin(text: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an origin, or None where it is not one."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, port or _DEFAULT_PORTS[parts.scheme]
