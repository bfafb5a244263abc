"""Error pages and refused forms as HTML."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from vitrina.http.errors import PAGE_HEADERS
from vitrina.http.request import Request
from vitrina.render.templates import Selection
from vitrina.version import REFERENCE_VERSION, __version__
from vitrina.web.content_policy import POLICY, PagePolicy
from vitrina.web.contributions import Contributions
from vitrina.web.ways_out import ways_out

if TYPE_CHECKING:
    from vitrina.web.site import Site

RenderError = Callable[[Request, int, dict[str, Any]], Awaitable[str]]


def error_page_renderer(site: Site) -> RenderError:
    """Renders ``STATUS.html`` or ``error.html``; hooks for templates are not asked, as the contract says."""

    async def render_error(request: Request, status: int, context: dict[str, Any]) -> str:
        page = _page(site, request, {**context, **ways_out(site, request, context)})
        if context.get("message_html"):
            page["error"] = Markup(context["message_html"])
        return await _render(site, request, site.templates.select((f"{status}.html", "error.html")), page)

    return render_error


def csrf_page_renderer(site: Site) -> RenderError:
    """Renders the page of a form that came from another site."""

    async def render_csrf_error(request: Request, status: int, context: dict[str, Any]) -> str:
        return await _render(site, request, site.templates.select("csrf_error.html"), _page(site, request, context))

    return render_csrf_error


def _page(site: Site, request: Request, context: dict[str, Any]) -> dict[str, Any]:
    home = {"href": site.urls.instance(), "label": "home"}
    return {
        **context,
        "request": request,
        "urls": site.urls,
        "actor": None,
        "menu_links": list,
        "crumb_items": lambda **_: [home],
        "show_messages": list,
        "base_url": site.settings.base_url,
        "datasette_version": REFERENCE_VERSION,
        "vitrina_version": __version__,
        "extra_css_urls": [],
        "extra_js_urls": [],
        "body_scripts": [],
        "zip": zip,
    }


async def _render(site: Site, request: Request, selection: Selection, page: dict[str, Any]) -> str:
    policy = PagePolicy(site, request, page, Contributions(), built_in=selection.built_in)
    request.state[PAGE_HEADERS] = {POLICY: policy.header(None)}
    if selection.built_in:
        return site.templates.render_built_in(selection.name, page)
    return await site.templates.render(selection.name, page)
