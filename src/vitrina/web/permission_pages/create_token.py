"""The form that makes an API token for whoever is signed in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from vitrina.access.actions import Action
from vitrina.errors import Forbidden
from vitrina.hooks.events import CreateTokenEvent, send_event
from vitrina.http.response import Response
from vitrina.tilde import tilde_decode, tilde_encode
from vitrina.tokens.handlers import pick_handler
from vitrina.tokens.restrictions import TokenRestrictions
from vitrina.tokens.signed import NAMESPACE, PREFIX
from vitrina.tokens.signing import BadSignature
from vitrina.web.page import render_page

if TYPE_CHECKING:
    from vitrina.http.form_data import FormData
    from vitrina.http.request import Request
    from vitrina.web.site import Site

_UNIT_SECONDS = {"minutes": 60, "hours": 60 * 60, "days": 24 * 60 * 60}

#: tables offered one by one; each brings a row of checkboxes
_TABLES_OFFERED = 1000


async def create_token_page(site: Site, request: Request) -> Response:
    """``/-/create-token``: the form, and the new token after it was sent.

    Raises Forbidden for everybody who may not have tokens.
    """
    actor = check_token_maker(site, request)
    context: dict[str, Any] = {"actor": actor, "token": None, "token_bits": None, "errors": []}
    if request.method == "POST":
        form = await request.form()
        expires_after, error = _expiry(form)
        if error:
            context["errors"] = [error]
        else:
            context.update(await _make_token(site, actor, form, expires_after))
    context.update(await _choices(site, actor))
    return await render_page(site, request, ["create_token.html"], context, view_name="create_token")


def check_token_maker(site: Site, request: Request) -> Mapping[str, Any]:
    """The request's actor, who may have tokens. Raises Forbidden for everybody else."""
    actor = request.actor
    if not site.settings.allow_signed_tokens:
        raise Forbidden(
            "Signed tokens are not enabled for this Datasette instance",
            hint="The setting allow_signed_tokens turns them on.",
        )
    if actor is None:
        raise Forbidden("You must be logged in to create a token", hint="Sign in first, then come back to this page.")
    if not actor.get("id"):
        raise Forbidden("You must be logged in as an actor with an ID to create a token")
    if actor.get("token"):
        raise Forbidden(
            "Token authentication cannot be used to create additional tokens",
            hint="Open this page in a browser where you are signed in.",
        )
    if "_r" in actor:
        raise Forbidden("Restricted actors cannot create API tokens")
    return actor


def _expiry(form: FormData) -> tuple[int | None, str | None]:
    """Seconds until the token expires (None: never), and what is wrong with the form."""
    unit = form.get("expire_type")
    if not unit:
        return None, None
    duration = form.get("expire_duration", "")
    # int() refuses thousands of digits in its own way.
    if not (duration.isascii() and duration.isdigit() and len(duration) < 100 and int(duration) > 0):
        return None, "Invalid expire duration"
    if unit not in _UNIT_SECONDS:
        return None, "Invalid expire duration unit"
    return int(duration) * _UNIT_SECONDS[unit], None


def _restrictions(names: Iterable[str]) -> TokenRestrictions:
    """What the ticked checkboxes restrict the token to."""
    restrictions = TokenRestrictions()
    for name in names:
        kind, *parts = name.split(":")
        decoded = [tilde_decode(part) for part in parts]
        if kind == "all" and len(decoded) == 1:
            restrictions.allow_all(decoded[0])
        elif kind == "database" and len(decoded) == 2:
            restrictions.allow_database(decoded[0], decoded[1])
        elif kind == "resource" and len(decoded) == 3:
            restrictions.allow_resource(decoded[0], decoded[1], decoded[2])
    return restrictions


async def _make_token(
    site: Site, actor: Mapping[str, Any], form: FormData, expires_after: int | None
) -> dict[str, Any]:
    restrictions = _restrictions(form)
    handler = pick_handler(site.state["token_handlers"])
    token = await handler.create_token(site.facade, actor["id"], expires_after=expires_after, restrictions=restrictions)
    event = CreateTokenEvent(
        actor=actor,
        expires_after=expires_after,
        restrict_all=restrictions.all,
        restrict_database=restrictions.database,
        restrict_resource=restrictions.resource,
    )
    await send_event(site.hooks, site.facade, event)
    return {"token": token, "token_bits": _readable(site, token)}


def _readable(site: Site, token: str) -> str | None:
    """What a signed token says, as indented JSON; None for tokens of other kinds."""
    if not token.startswith(PREFIX):
        return None
    try:
        payload = site.signer.unsign(token[len(PREFIX) :], NAMESPACE)
    except BadSignature:
        return None
    return json.dumps(payload, indent=4, sort_keys=True)


async def _choices(site: Site, actor: Mapping[str, Any]) -> dict[str, Any]:
    """The actions and the databases and tables, as far as the actor may see them, that a token can be limited to."""
    actions = list(site.permissions.actions.values())
    access = await site.permissions.load(actor, ("view-database", "view-table"))
    databases = sorted(name for name in site.databases if name != "_memory" and access.allowed("view-database", name))
    tables: list[tuple[str, str]] = []
    for name in databases:
        if len(tables) > _TABLES_OFFERED:
            break
        catalog = await site.databases[name].ready()
        tables.extend(
            (name, table) for table in access.children("view-table", name, sorted([*catalog.tables, *catalog.views]))
        )
    return {
        "all_actions": [(f"all:{tilde_encode(action.name)}", action) for action in actions],
        "database_choices": [
            (
                name,
                [(f"database:{tilde_encode(name)}:{action.name}", action) for action in actions if action.takes_parent],
            )
            for name in databases
        ],
        "table_choices": [
            (database, table, _table_checkboxes(database, table, actions))
            for database, table in tables[:_TABLES_OFFERED]
        ],
        "tables_left_out": len(tables) > _TABLES_OFFERED,
    }


def _table_checkboxes(database: str, table: str, actions: list[Action]) -> list[tuple[str, Action]]:
    place = f"resource:{tilde_encode(database)}:{tilde_encode(table)}"
    return [(f"{place}:{action.name}", action) for action in actions if action.takes_child]
