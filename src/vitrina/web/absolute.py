"""Absolute URLs of pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vitrina.http.paths import path_with_format

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site


def absolute_url(site: Site, request: Request, path: str) -> str:
    """``path`` with the scheme and host that the client used, or https where the settings say so."""
    scheme = "https" if site.settings.force_https_urls else request.scheme
    return f"{scheme}://{request.host}{path}"


def alternate_json(site: Site, request: Request) -> str:
    """The address of this page's JSON, as the ``Link`` header and the page's head give it."""
    return absolute_url(site, request, path_with_format(request=request, format="json"))
