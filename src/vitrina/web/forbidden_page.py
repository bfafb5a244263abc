"""The page for what is forbidden, the one error page on which plugins and their templates have a say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from vitrina.http.errors import PAGE_HEADERS
from vitrina.http.request import Request
from vitrina.web.content_policy import POLICY
from vitrina.web.contributions import forget_contributions
from vitrina.web.error_page import RenderError, error_page_renderer
from vitrina.web.page import render_with_policy
from vitrina.web.ways_out import ways_out

if TYPE_CHECKING:
    from vitrina.web.site import Site

_STATUS = 403


def error_renderer(site: Site) -> RenderError:
    """Renders error pages: that of 403 like any page, the others without asking anybody."""
    others = error_page_renderer(site)

    async def render_error(request: Request, status: int, context: dict[str, Any]) -> str:
        if status != _STATUS:
            return await others(request, status, context)
        page = {**context, **ways_out(site, request, context)}
        if context.get("message_html"):
            page["error"] = Markup(context["message_html"])
        forget_contributions(request)
        html, policy = await render_with_policy(site, request, (f"{status}.html", "error.html"), page)
        request.state[PAGE_HEADERS] = {POLICY: policy}
        return html

    return render_error
