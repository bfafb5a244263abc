"""Signing in with the server's one-time address, and signing out."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING

from vitrina.errors import Forbidden
from vitrina.hooks.events import LoginEvent, LogoutEvent, send_event
from vitrina.http.messages import WARNING, add_message
from vitrina.http.response import Response
from vitrina.tokens.cookies import NAMESPACE, cookie_payload
from vitrina.web.page import render_page

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site

#: key in ``site.state`` of the token that signs root in once; absent when there is none or it was used
ROOT_TOKEN_KEY = "root_token"

COOKIE = "ds_actor"


async def auth_token_page(site: Site, request: Request) -> Response:
    """``/-/auth-token?token=…``: signs root in, once."""
    if request.actor is not None and request.actor.get("id") == "root":
        return Response.redirect(site.urls.instance())
    expected = site.state.get(ROOT_TOKEN_KEY)
    given = request.args.get("token") or ""
    if not expected or not secrets.compare_digest(given.encode("utf-8"), expected.encode("utf-8")):
        raise Forbidden("Invalid token", hint="The address works once. Restart the server with --root for a new one.")
    # Taken away before anything is awaited: two requests must not both get in.
    del site.state[ROOT_TOKEN_KEY]
    actor = {"id": "root"}
    response = Response.redirect(site.urls.instance())
    response.set_cookie(COOKIE, site.signer.sign(cookie_payload(actor, now=time.time()), NAMESPACE))
    await send_event(site.hooks, site.facade, LoginEvent(actor=actor))
    return response


async def logout_page(site: Site, request: Request) -> Response:
    """``/-/logout``: asks, and signs out when the form comes back."""
    if request.method != "POST":
        if request.actor is None:
            return Response.redirect(site.urls.instance())
        return await render_page(site, request, ["logout.html"], {}, view_name="logout")
    response = Response.redirect(site.urls.instance())
    response.set_cookie(COOKIE, "", expires=0, max_age=0)
    add_message(request, "You are now logged out", WARNING)
    await send_event(site.hooks, site.facade, LogoutEvent(actor=request.actor))
    return response
