"""The content security policy of a page: strict where all of it is built in, else open to what its plugins gave.

https://www.w3.org/TR/CSP3/
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from vitrina.web.csp_reports import REPORTS_PATH, STRICT_CSP, remember_contributions

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.contributions import Contributions
    from vitrina.web.site import Site

POLICY = "content-security-policy"

# Sent where everything on the page is built in.
_STRICT = "default-src 'self'; img-src 'self' data: https: http:; object-src 'none'; base-uri 'none'"
# A form that a page of a writing query sends may be answered with a redirect to another site.
_FORMS = "; form-action {targets}"
#: on pages with the SQL editor: when a selection is typed over, Chromium itself writes style attributes
_EDITOR = "; style-src-attr 'unsafe-inline'"
# Style sheets may import others, and those fetch fonts; they bring no script.
_STYLED = "; style-src 'self'{origins} https: http:; font-src 'self' data: https: http:"
# Maps fetch tiles, charts compile expressions, cells embed films: what plugins are there for.
_OPEN = (
    "default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'{styles} https: http:; "
    "img-src 'self' data: blob: https: http:; font-src 'self' data: https: http:; media-src 'self' blob: https: http:; "
    "connect-src 'self' https: http: ws: wss:; frame-src 'self' https: http:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'"
)
_HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")
# Scripts of plugins fetch further ones, such as those that count visitors: hence https: beside the origins that are
# known. A nonce for what they load would be on every script of the page, where tests of plugins look for plain tags.
_FOREIGN_SCRIPTS = "'self' 'unsafe-inline' 'unsafe-eval'{origins} blob: https: http:"


# Whether inline scripts are named by their hashes, so that their tags are plain.
_by_hash = False


def name_scripts_by_hash() -> None:
    """From now on in this process: tests of plugins look for the plain tags of their inline scripts."""
    global _by_hash
    _by_hash = True


class PagePolicy:
    """The policy of one page, decided from what is on it, before it is rendered.

    ``built_in``: every template of the page's chain is. ``nonce`` goes on the
    inline scripts that plugins add to built-in templates; None where there are
    none, or all inline scripts are allowed.
    """

    __slots__ = ("_policy", "nonce")

    def __init__(
        self, site: Site, request: Request, page: Mapping[str, Any], given: Contributions, *, built_in: bool
    ) -> None:
        self.nonce: str | None = None
        styles = _joined(_origins(item["url"] for item in page["extra_css_urls"]))
        scripts = _joined(_origins(item["url"] for item in page["extra_js_urls"]))
        if site.state.get(STRICT_CSP):
            self._policy = f"{_strict(page, given)}; report-uri {site.urls.path(REPORTS_PATH)}"
            remember_contributions(site, request.path, given)
        elif not built_in or given.markup or _has_trusted_html(page):
            self._policy = _OPEN.format(scripts=_FOREIGN_SCRIPTS.format(origins=scripts), styles=styles)
        elif page["extra_js_urls"] or page["body_scripts"]:
            named = f"'self' 'unsafe-eval'{scripts}"
            if _by_hash:
                named += _joined(_hash(item["script"]) for item in page["body_scripts"])
            elif page["body_scripts"]:
                self.nonce = secrets.token_urlsafe(16)
                named += f" 'nonce-{self.nonce}'"
            self._policy = _OPEN.format(scripts=f"{named} https:", styles=styles)
        elif page["extra_css_urls"]:
            self._policy = _strict(page, given) + _STYLED.format(origins=styles)
        else:
            self._policy = _strict(page, given)

    def header(self, more: str | None) -> str:
        """The header's value; ``more`` are directives that the page's handler adds."""
        return f"{self._policy}; {more}" if more else self._policy


def _strict(page: Mapping[str, Any], given: Contributions) -> str:
    forms = _FORMS.format(targets=f"'self'{_joined(_origins(given.form_targets))}")
    return f"{_STRICT}{forms}{_EDITOR if page.get('allow_execute_sql') else ''}"


def _has_trusted_html(page: Mapping[str, Any]) -> bool:
    """Whether the site's owner wrote part of the page as HTML."""
    metadata = page.get("metadata") or {}
    return bool(metadata.get("description_html"))


def _joined(words: Iterable[str]) -> str:
    return "".join(f" {word}" for word in words)


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode("utf-8", "surrogatepass")).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


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
