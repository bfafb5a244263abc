"""Headers of the pages that show data: how long they may be kept, and what they link to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site

#: what every answer about data says, refused shapes and redirects of its forms too
NO_REFERRER = {"Referrer-Policy": "no-referrer"}


def cache_control(site: Site, request: Request, *, private: bool) -> dict[str, str]:
    """``Cache-Control`` of a successful table, row or stored query page; empty under ``--reload``.

    ``_ttl=SECONDS`` overrides the setting, except for a page that the
    anonymous may not see.
    """
    if private:
        return {"Cache-Control": "private, no-store"}
    if not site.cache_headers:
        return {}
    ttl = request.args.get("_ttl") or ""
    seconds = int(ttl) if ttl.isdecimal() and ttl.isascii() else site.settings.default_cache_ttl
    return {"Cache-Control": f"max-age={seconds}" if seconds else "no-cache"}


def page_headers(site: Site, request: Request, *, private: bool, next_url: str | None = None) -> dict[str, str]:
    """Headers common to every format of a data page; ``next_url`` is the absolute address of the next page."""
    headers = cache_control(site, request, private=private)
    headers.update(NO_REFERRER)
    if next_url:
        headers["Link"] = f'<{next_url}>; rel="next"'
    return headers
