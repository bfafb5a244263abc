"""The page that tries an actor against an allow block."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from vitrina.access.actors import actor_matches_allow
from vitrina.http.response import Response
from vitrina.web.page import render_page
from vitrina.web.permission_pages.tabs import debug_tabs

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site

_EXAMPLE_ACTOR = {"id": "root"}
_EXAMPLE_ALLOW = {"id": "*"}


async def allow_debug_page(site: Site, request: Request) -> Response:
    """``/-/allow-debug``: needs no permission, since it only compares what was typed in."""
    actor, actor_text, actor_error = _parse(request.args.get("actor"), "Actor", _EXAMPLE_ACTOR)
    allow, allow_text, allow_error = _parse(request.args.get("allow"), "Allow", _EXAMPLE_ALLOW)
    errors = [error for error in (actor_error, allow_error) if error]
    is_block = bool(errors) or allow is None or isinstance(allow, (bool, dict))
    if not is_block:
        errors.append("Allow must be a JSON object, true, false or null")
    result = None
    if not errors:
        # Whatever else was typed in is somebody, without any property.
        known = actor if actor is None or isinstance(actor, dict) else {}
        result = "allow" if actor_matches_allow(known, allow) else "deny"
    context = {
        **debug_tabs(site, request, "allow-debug"),
        "actor_input": actor_text,
        "allow_input": allow_text,
        "error": "\n".join(errors),
        "result": result,
    }
    response = await render_page(site, request, ["allow_debug.html"], context, view_name="allow_debug")
    if not is_block:
        response.status = 400
    return response


def _parse(text: str | None, label: str, example: Any) -> tuple[Any, str, str | None]:
    """The value, the text to show again, and what is wrong with it."""
    if not text or not text.strip():
        return example, json.dumps(example, indent=4), None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        return None, text, f"{label} JSON error: {error}"
    return value, json.dumps(value, indent=4), None
