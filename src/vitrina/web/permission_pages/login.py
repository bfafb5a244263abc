"""The page where people sign in with a name and a password."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from vitrina.errors import NotFound
from vitrina.hooks.events import LoginEvent, send_event
from vitrina.http.response import Response
from vitrina.tokens.cookies import NAMESPACE, cookie_payload
from vitrina.web.page import render_page
from vitrina.web.permission_pages.sign_in import COOKIE
from vitrina.web.ways_out import LOGIN_KEY, LOGIN_PATH

if TYPE_CHECKING:
    from vitrina.execute.login import Login
    from vitrina.http.request import Request
    from vitrina.web.site import Site

_HOUR_SECONDS = 3600
_LONGEST_NAME = 200


async def login_page(site: Site, request: Request) -> Response:
    """``/-/login``: asks for name and password, and signs in.

    Raises NotFound where there is no such configuration, TooManyAttempts.
    """
    login: Login | None = site.state.get(LOGIN_KEY)
    if login is None:
        raise NotFound("404")
    target = request.args.get("next") or ""
    if request.method != "POST":
        return await render_page(site, request, ["login.html"], _context(target), view_name="login")
    form = await request.post_vars()
    name = form.get("name", "")[:_LONGEST_NAME]
    user = await login.user(name, form.get("password", ""))
    if user is None:
        context = {**_context(target), "name": name, "error": "The name or the password is wrong."}
        return await render_page(site, request, ["login.html"], context, view_name="login", status=403)
    actor = {"id": user}
    response = Response.redirect(target if _is_here(target) else site.urls.instance())
    seconds = login.config.hours * _HOUR_SECONDS
    signed = site.signer.sign(cookie_payload(actor, now=time.time(), expire_after=seconds), NAMESPACE)
    # Unlike the contract's other sign-ins this one is new, so that no script needs to read its cookie.
    response.set_cookie(COOKIE, signed, httponly=True, secure=request.scheme == "https", max_age=seconds or None)
    await send_event(site.hooks, site.facade, LoginEvent(actor=actor))
    return response


async def menu_links(site: Site, actor: Any) -> list[dict[str, str]]:
    """The link to the page, in the menu of those who have not signed in."""
    return [] if actor else [{"href": str(site.urls.path(LOGIN_PATH)), "label": "Sign in"}]


def _context(target: str) -> dict[str, str | None]:
    return {"name": "", "error": None, "next": target if _is_here(target) else ""}


def _is_here(target: str) -> bool:
    """Whether an address is a path of this site; two slashes, or a backslash, lead elsewhere."""
    return target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
