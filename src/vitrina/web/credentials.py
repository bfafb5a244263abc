"""``/-/credentials``: where secrets for object stores come from, whether they are valid, and what went wrong last."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from vitrina.access.actions import Action
from vitrina.credentials.model import CredentialUse
from vitrina.http.response import Response
from vitrina.http.router import Route
from vitrina.web.page import render_page
from vitrina.web.unframed import UNFRAMED

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site

VIEW_CREDENTIALS = Action("view-credentials", "View the state of credentials for object stores", "vcr")
#: key of ``site.state``: functions that give the uses of one feature
CREDENTIALS_KEY = "credentials"

Uses = Callable[[], Iterable[CredentialUse]]


def offer_credentials(site: Site, uses: Uses) -> None:
    """Show what ``uses()`` gives on the page, which is there from now on."""
    site.state.setdefault(CREDENTIALS_KEY, []).append(uses)
    if VIEW_CREDENTIALS.name not in site.permissions.actions:
        site.permissions.actions.register(VIEW_CREDENTIALS)


def credential_routes(site: Site) -> tuple[Route, ...]:
    """The route of the page, none where nothing needs credentials."""
    if CREDENTIALS_KEY not in site.state:
        return ()
    return (Route("credentials", "/-/credentials(.json)", credentials_page),)


async def credentials_page(site: Site, request: Request) -> Response:
    """Source, validity and last error of each; never a secret. Raises Forbidden."""
    await site.permissions.ensure(request.actor, VIEW_CREDENTIALS.name)
    credentials = [_told(use) for uses in site.state[CREDENTIALS_KEY] for use in uses()]
    headers = {"cache-control": "private, no-store"}
    if request.url_vars.get("format") == "json":
        return Response.json({"ok": True, "credentials": credentials}, headers=headers)
    return await render_page(
        site,
        request,
        ["credentials.html"],
        {"credentials": credentials},
        view_name="credentials",
        headers={**headers, **UNFRAMED},
    )


def _told(use: CredentialUse) -> dict[str, Any]:
    state = use.state
    return {
        "used_by": use.used_by,
        "place": use.place,
        "source": state.source,
        "status": state.summary,
        "is_valid": state.is_valid,
        "valid_until": _moment(state.valid_until),
        "obtained_at": _moment(state.obtained_at),
        "last_error": state.last_error,
        "failures": state.failures,
        "next_attempt_at": _moment(state.next_attempt_at),
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")
