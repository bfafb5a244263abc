"""The page of tokens that their holder can narrow: making, reading, narrowing and revoking them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vitrina.access.actors import actor_id
from vitrina.errors import BadRequest, Forbidden, TokenInvalid
from vitrina.execute.revocations import revocation_id
from vitrina.hooks.events import CreateTokenEvent, send_event
from vitrina.tokens.signed import PREFIX as SIGNED_PREFIX
from vitrina.web.page import render_page
from vitrina.web.permission_pages.create_token import check_token_maker

if TYPE_CHECKING:
    from vitrina.execute.own_tokens import OwnTokens
    from vitrina.http.request import Request
    from vitrina.http.response import Response
    from vitrina.web.site import Site

_DAY_SECONDS = 24 * 60 * 60
_DAYS = ("1", "7", "30", "365", "")


async def tokens_page(site: Site, request: Request) -> Response:
    """``/-/tokens``: what a pasted token may do (in the browser), new tokens, and revoking.

    Raises Forbidden for who may not see the instance, and for a POST of who may not have tokens.
    """
    await site.permissions.ensure(request.actor, "view-instance")
    own: OwnTokens = site.state["tokens"]
    context: dict[str, Any] = {"enabled": own.macaroon is not None, "refusal": None, "token": None}
    context.update(notice=None, error=None)
    status = 200
    if request.method == "POST":
        actor = check_token_maker(site, request)
        try:
            context.update(await _done(site, own, actor, await request.post_vars()))
        except (BadRequest, TokenInvalid) as error:
            context["error"], status = error.message, 400
    else:
        try:
            check_token_maker(site, request)
        except Forbidden as error:
            context["refusal"] = error.message
    headers = {"cache-control": "no-store"} if context["token"] else None
    return await render_page(
        site, request, ["tokens.html"], context, view_name="tokens", status=status, headers=headers
    )


async def _done(site: Site, own: OwnTokens, actor: Mapping[str, Any], form: Mapping[str, str]) -> dict[str, Any]:
    if own.macaroon is None or own.revocations is None:
        raise BadRequest("This server does not make such tokens")
    if form.get("do") == "revoke":
        return await _revoke(site, own, actor, form.get("token", "").strip())
    days = form.get("days", "")
    if days not in _DAYS:
        raise BadRequest("Invalid expire duration")
    expires_after = int(days) * _DAY_SECONDS if days else None
    token = await own.macaroon.create_token(site.facade, str(actor["id"]), expires_after=expires_after)
    event = CreateTokenEvent(
        actor=actor, expires_after=expires_after, restrict_all=[], restrict_database={}, restrict_resource={}
    )
    await send_event(site.hooks, site.facade, event)
    return {"token": token}


async def _revoke(site: Site, own: OwnTokens, actor: Mapping[str, Any], token: str) -> dict[str, Any]:
    """Revoke a token that the actor has and that is the actor's own."""
    assert own.macaroon is not None and own.revocations is not None
    if token.startswith(SIGNED_PREFIX):
        found = await site.facade.verify_token(token)
        owner = None if found is None else actor_id(found)
    else:
        # One that expired or is not used from here may be revoked all the same.
        owner = own.macaroon.verifier.signed(token)[1].actor
    if owner is None or owner != actor_id(actor):
        raise BadRequest("Only your own tokens can be revoked here")
    await own.revocations.revoke(revocation_id(token), revoked_by=owner)
    return {"notice": "The token is revoked."}
