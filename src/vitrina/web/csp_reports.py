"""What browsers say that the strict content security policy blocked, in the log, by plugin."""

from __future__ import annotations

import json
import logging
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from vitrina.errors import BadRequest
from vitrina.http.response import Response

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.contributions import Contribution, Contributions
    from vitrina.web.site import Site

log = logging.getLogger("vitrina.csp")

_MOST_BYTES = 16 * 1024
# Each thing that is blocked is told once in so many seconds, and of no more than so many.
_AGAIN_S = 60.0
_KEPT = 200
# Pages whose contributions are known, the latest ones.
_PAGES = 500

#: of ``site.state``: that every page has the strict policy
STRICT_CSP = "strict_csp"
REPORTS_PATH = "/-/csp-reports"
_GIVEN = "csp_contributions"

_said: dict[tuple[str, str], float] = {}


async def csp_report(site: Site, request: Request) -> Response:
    """POST ``/-/csp-reports``: a browser's report (CSP3, 5.3)."""
    body = await request.post_body()
    if len(body) > _MOST_BYTES:
        raise BadRequest("The report is too large")
    try:
        report = json.loads(body)["csp-report"]
        directive = str(report.get("effective-directive") or report.get("violated-directive") or "")[:100]
        blocked, page = str(report.get("blocked-uri") or "inline")[:300], str(report.get("document-uri") or "")[:300]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadRequest("This is not a report of a content security policy") from None
    now = time.monotonic()
    if now - _said.get((directive, blocked), -_AGAIN_S) >= _AGAIN_S:
        if len(_said) >= _KEPT:
            _said.clear()
        _said[directive, blocked] = now
        # As repr: the report is made by whoever sends it.
        log.warning("Blocked %r (%r) on %r; %s", blocked, directive, page, _suspects(site, directive, blocked, page))
    return Response.json({"ok": True})


def remember_contributions(site: Site, path: str, given: Contributions) -> None:
    """Keep in mind what plugins gave to the page of this path, which browsers are told to block."""
    found = (*given.markup.values(), *given.assets)
    pages: OrderedDict[str, tuple[Contribution, ...]] = site.state.setdefault(_GIVEN, OrderedDict())
    pages.pop(path, None)
    if found:
        pages[path] = found
        if len(pages) > _PAGES:
            pages.popitem(last=False)


def _suspects(site: Site, directive: str, blocked: str, page: str) -> str:
    """The plugins that brought it, or could have brought it."""
    marker = "/-/static-plugins/"
    if marker in blocked:
        return f"plugin {blocked.partition(marker)[2].partition('/')[0]!r}"
    path = unquote(urlsplit(page).path) if page.startswith(("http://", "https://")) else page
    pages: Mapping[str, tuple[Contribution, ...]] = site.state.get(_GIVEN, {})
    given = pages[path] if path in pages else [each for several in pages.values() for each in several]
    by_address = [each for each in given if any(_same(blocked, url) for url in each.urls)]
    if by_address:
        return _named("from", by_address)
    wanted = [each for each in given if _could_bring(each, directive, blocked)]
    return _named("among what was given by", wanted) if wanted else "no plugin gave such things"


def _could_bring(given: Contribution, directive: str, blocked: str) -> bool:
    """Whether a part may be behind what has no address of its own: inline parts, and what scripts fetch or evaluate."""
    if directive.endswith("-attr"):
        return not given.urls and given.hook != "extra_body_script"
    if blocked == "inline":
        return not given.urls
    return given.hook != "extra_css_urls" or directive.startswith(("style", "font"))


def _same(blocked: str, url: str) -> bool:
    """Whether a report speaks of this address: browsers cut off what comes after the host in some reports."""
    full = f"https:{url}" if url.startswith("//") else url
    if not full.startswith(("http://", "https://")):
        return urlsplit(blocked).path.endswith(full.partition("?")[0])
    parts = urlsplit(full)
    return blocked.partition("?")[0] in (full.partition("?")[0], f"{parts.scheme}://{parts.netloc}")


def _named(words: str, given: Iterable[Contribution]) -> str:
    found = dict.fromkeys(f"{each.plugin} ({each.hook})" for each in given)
    return f"{words} {', '.join(found)}"
