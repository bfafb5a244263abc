"""What browsers say that the strict content security policy blocked, in the log, by plugin."""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING, Any

from vitrina.errors import BadRequest
from vitrina.http.response import Response

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site

log = logging.getLogger("vitrina.csp")

_MOST_BYTES = 16 * 1024
# Each thing that is blocked is told once in so many seconds, and of no more than so many.
_AGAIN_S = 60.0
_KEPT = 200
_SCRIPTS = ("extra_js_urls", "extra_body_script")
_STYLES = ("extra_css_urls",)
_MARKUP = ("render_cell", "extra_template_vars")

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
        log.warning("Blocked %r (%r) on %r; %s", blocked, directive, page, _suspects(site, directive, blocked))
    return Response.json({"ok": True})


def _suspects(site: Site, directive: str, blocked: str) -> str:
    """The plugins that could have brought it."""
    marker = "/-/static-plugins/"
    if marker in blocked:
        return f"plugin {blocked.partition(marker)[2].partition('/')[0]!r}"
    hooks = (*(_STYLES if directive.startswith("style") else _SCRIPTS), *_MARKUP)
    found: dict[str, None] = {}
    for hook in hooks:
        caller: Any = getattr(site.hooks.pm.hook, hook)
        found.update(dict.fromkeys(str(each.plugin_name) for each in caller.get_hookimpls()))
    names = [name for name in found if not name.startswith(("vitrina.", "datasette."))]
    return f"plugins that add such things: {', '.join(names)}" if names else "no plugin adds such things"
