"""The content security policy of a page: strict where all of it is built in, else open to what its plugins need.

https://www.w3.org/TR/CSP3/
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from vitrina.render.templates import Selection
    from vitrina.web.site import Site

#: of ``site.state``: that every page has the strict policy
STRICT_CSP = "strict_csp"
REPORTS_PATH = "/-/csp-reports"

#: plugins that implement one of these put markup of their own on pages
_FOREIGN_MARKUP = (
    "extra_template_vars",
    "jinja2_environment_from_request",
    "render_cell",
    "top_homepage",
    "top_database",
    "top_table",
    "top_row",
    "top_query",
    "top_stored_query",
)

#: sent where everything on the page is built in
STRICT_POLICY = (
    "default-src 'self'; img-src 'self' data: https: http:; object-src 'none'; base-uri 'none'; form-action 'self'"
)
#: on pages with the SQL editor: when a selection is typed over, Chromium itself writes style attributes
_EDITOR = "; style-src-attr 'unsafe-inline'"
# Maps fetch tiles, charts compile expressions, cells embed films: what plugins are there for.
_OPEN = (
    "default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline' https: http:; "
    "img-src 'self' data: blob: https: http:; font-src 'self' data: https: http:; media-src 'self' blob: https: http:; "
    "connect-src 'self' https: http: ws: wss:; frame-src 'self' https: http:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'"
)
_HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")
_FOREIGN_SCRIPTS = "'self' 'unsafe-inline' 'unsafe-eval' blob: https: http:"


class PagePolicy:
    """The policy of one page, decided before it is rendered.

    ``nonce`` goes on the inline scripts that plugins add to built-in
    templates; None where there are none, or all inline scripts are allowed.
    """

    __slots__ = ("_policy", "nonce")

    def __init__(self, site: Site, selection: Selection, page: Mapping[str, Any]) -> None:
        self.nonce: str | None = None
        strict = f"{STRICT_POLICY}{_EDITOR if page.get('allow_execute_sql') else ''}"
        if site.state.get(STRICT_CSP):
            self._policy = f"{strict}; report-uri {site.urls.path(REPORTS_PATH)}"
        elif _has_foreign_markup(site, selection, page):
            self._policy = _OPEN.format(scripts=_FOREIGN_SCRIPTS)
        elif page["extra_css_urls"] or page["extra_js_urls"] or page["body_scripts"]:
            scripts = ["'self'", "'unsafe-eval'", *_origins(item["url"] for item in page["extra_js_urls"])]
            if page["body_scripts"]:
                self.nonce = secrets.token_urlsafe(16)
                scripts.append(f"'nonce-{self.nonce}'")
            self._policy = _OPEN.format(scripts=" ".join(scripts))
        else:
            self._policy = strict

    def header(self, more: str | None) -> str:
        """The header's value; ``more`` are directives that the page's handler adds."""
        return f"{self._policy}; {more}" if more else self._policy


def _has_foreign_markup(site: Site, selection: Selection, page: Mapping[str, Any]) -> bool:
    """Whether a template is not built in, or the site's owner or a plugin wrote part of the page as HTML."""
    metadata = page.get("metadata") or {}
    return (
        not selection.built_in
        or bool(metadata.get("description_html"))
        or bool(page.get("stored_query_write"))
        or any(site.hooks.has(name) for name in _FOREIGN_MARKUP)
    )


def _origins(urls: Iterable[Any]) -> list[str]:
    """The origins of addresses on other servers, each once."""
    return list(dict.fromkeys(origin for url in urls if (origin := _origin(str(url))) is not None))


def _origin(url: str) -> str | None:
    """As a header can carry it; None for addresses on this server, and for what is no address."""
    try:
        part = urlsplit(url)
        host, port = part.hostname, part.port
        host = host and (f"[{host}]" if ":" in host else host.encode("idna").decode("ascii"))
    except ValueError:
        return None
    if not host or not _HOST.fullmatch(host):
        return None
    return f"{part.scheme or 'https'}://{host}{'' if port is None else f':{port}'}"
