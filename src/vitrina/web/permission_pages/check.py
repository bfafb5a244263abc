"""The explanation of one decision, and the form that asks for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from vitrina.errors import BadRequest, NotFound, VitrinaError
from vitrina.http.response import Response
from vitrina.web.page import render_page
from vitrina.web.permission_pages.listing import resource_path
from vitrina.web.permission_pages.tabs import debug_tabs
from vitrina.web.target import format_of
from vitrina.web.unstable import UNSTABLE

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site


async def check_page(site: Site, request: Request) -> Response:
    """``/-/check``: why an actor may or may not do something."""
    await site.permissions.ensure(request.actor, "permissions-debug")
    args = request.args
    action, parent, child = (args.get(key) or None for key in ("action", "parent", "child"))
    is_json = format_of(request) == "json"
    document: dict[str, Any] | None = None
    error: str | None = None
    if is_json or action:
        try:
            actor = parse_actor(args.get("actor"), default=request.actor, blank=not is_json)
            document = await explain_check(site, actor, action, parent, child)
        except VitrinaError as problem:
            if is_json:
                raise
            error = problem.message
    if is_json:
        return Response.json(document)
    actor_json = args.get("actor") or json.dumps(request.actor, indent=2)
    context = {
        **debug_tabs(site, request, "check"),
        "document": document,
        "error": error,
        "action_names": sorted(site.permissions.actions),
        "args": {"action": action or "", "parent": parent or "", "child": child or "", "actor": actor_json},
    }
    return await render_page(site, request, ["debug_check.html"], context, view_name="permission_check")


async def explain_check(
    site: Site, actor: dict[str, Any] | None, action: str | None, parent: str | None, child: str | None
) -> dict[str, Any]:
    """The JSON object about one decision. Raises BadRequest and NotFound."""
    if not action:
        raise BadRequest("action parameter is required")
    if action not in site.permissions.actions:
        raise NotFound(f"Unknown action: {action}", hint="Actions are listed at /-/actions.")
    if child and not parent:
        raise BadRequest("parent is required when child is provided")
    explanation = await site.permissions.explain(actor, action, parent, child)
    document = {
        "ok": True,
        "unstable": UNSTABLE,
        "action": action,
        "allowed": explanation["allowed"],
        "actor": actor,
        "resource": {"parent": parent, "child": child, "path": resource_path(parent, child)},
        "explanation": explanation,
    }
    if actor and "id" in actor:
        document["actor_id"] = actor["id"]
    return document


def parse_actor(text: str | None, default: Any = None, *, blank: bool = True) -> dict[str, Any] | None:
    """An actor given as JSON, ``default`` where nothing was given, or, with ``blank``, only white space.

    Raises BadRequest.
    """
    if text is None or (blank and not text.strip()):
        return dict(default) if default is not None else None
    try:
        actor = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"Invalid actor JSON: {error}") from error
    if actor is not None and not isinstance(actor, dict):
        raise BadRequest("actor must be a JSON object or null")
    return actor
