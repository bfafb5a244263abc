"""Pages that a site's owner writes as templates: tried after the router found nothing."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from vitrina.errors import NotFound
from vitrina.http.header_text import location_value
from vitrina.http.request import Request
from vitrina.http.response import Response
from vitrina.web.content_policy import POLICY
from vitrina.web.page import environment_for, render_with_policy

if TYPE_CHECKING:
    from vitrina.web.site import Site

_PREFIX = "pages/"
_PLACE = re.compile(r"\{([a-zA-Z_][a-zA-Z0-9_]*)\}")


@dataclass(slots=True)
class _Outcome:
    """What functions called inside the template asked for."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def functions(self) -> dict[str, Any]:
        def custom_status(code: int) -> str:
            self.status = code
            return ""

        def custom_header(name: str, value: str) -> str:
            self.headers[name] = value
            return ""

        def custom_redirect(location: str, code: int = 302) -> str:
            self.status = code
            self.headers["Location"] = location
            return ""

        def raise_404(message: str = "") -> str:
            raise NotFound(message)

        return {
            "custom_status": custom_status,
            "custom_header": custom_header,
            "custom_redirect": custom_redirect,
            "raise_404": raise_404,
        }


async def custom_page(site: Site, request: Request) -> Response | None:
    """The page template that fits the path, rendered; None where there is none.

    ``pages/about.html`` serves ``/about``; ``pages/{year}/{name}.html`` serves
    any two segments and gives the template both. A template may raise
    NotFound through ``raise_404``, which becomes the answer.
    """
    path = (request.scope.get("route_path") or request.path).strip("/")
    templates = site.templates
    # A template directory is read again each time, since its owner may add pages while the server runs.
    environment = environment_for(site, request)
    added = templates.has_more_loaders(environment)
    listing = partial(templates.page_names, environment)
    names = await asyncio.to_thread(listing) if templates.template_dir else listing()
    if not (names or added) or not path or ".." in path or request.path.endswith("/"):
        return None
    exact = f"{_PREFIX}{path}.html"
    has_exact = exact in names or (added and templates.has(exact, environment))
    found: tuple[str, dict[str, str]] | None = (exact, {}) if has_exact else _by_pattern(names, path)
    if found is None:
        return None
    outcome = _Outcome()
    functions = {**found[1], **outcome.functions()}
    body, policy = await render_with_policy(site, request, found[0], functions, "page")
    if "Location" in outcome.headers:
        outcome.headers["Location"] = location_value(outcome.headers["Location"])
    content_type = outcome.headers.pop("content-type", "text/html; charset=utf-8")
    if content_type.startswith("text/html") and POLICY not in map(str.lower, outcome.headers):
        outcome.headers[POLICY] = policy
    return Response(body, outcome.status, outcome.headers, content_type)


def _by_pattern(names: frozenset[str], path: str) -> tuple[str, dict[str, str]] | None:
    for name in sorted(name for name in names if "{" in name):
        text = re.escape(name[len(_PREFIX) : -len(".html")]).replace(r"\{", "{").replace(r"\}", "}")
        matched = re.fullmatch(_PLACE.sub(r"(?P<\1>[^/]*)", text), path)
        if matched:
            return name, matched.groupdict()
    return None
