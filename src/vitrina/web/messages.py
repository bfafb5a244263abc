"""The page that tries out flash messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vitrina.errors import BadRequest
from vitrina.http.messages import ERROR, INFO, WARNING, add_message
from vitrina.http.response import Response
from vitrina.web.page import render_page

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site

_KINDS = {"INFO": INFO, "WARNING": WARNING, "ERROR": ERROR}


async def messages_page(site: Site, request: Request) -> Response:
    """``/-/messages``: a form that queues a message of any kind."""
    await site.permissions.ensure(request.actor, "view-instance")
    if request.method != "POST":
        return await render_page(site, request, ["messages_debug.html"], {}, view_name="messages_debug")
    form = await request.form()
    text = form.get("message", "")
    kind = form.get("message_type") or "INFO"
    if kind != "all" and kind not in _KINDS:
        raise BadRequest("message_type must be INFO, WARNING, ERROR or all")
    for each in _KINDS.values() if kind == "all" else [_KINDS[kind]]:
        add_message(request, text, each)
    return Response.redirect(site.urls.instance())
