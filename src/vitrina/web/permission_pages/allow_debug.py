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
    if not errors and actor is not None and not isinstance(actor, dict):
        errors.append("Actor must be a JSON object or null")
    result = None
    if not errors:
        result = "allow" if actor_matches_allow(actor, allow) else "deny"
    context = {
        **debug_tabs(site, request, "allow-debug"),
        "actor_input": actor_text,
        "allow_input": allow_text,
        "error": "\n".join(errors),
        "result": result,
    }
    return await render_page(site, request, ["allow_debug.html"], context, view_name="allow_debug")


def _parse(text: str | None, label: str, example: Any) -> tuple[Any, str, str | None]:
    """The value, the text to show again, and what is wrong with it."""
    if text is None:
        return example, json.dumps(example, indent=4), None
    if not text.strip():
        return None, "", None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        return None, text, f"{label} JSON error: {error}"
    return value, json.dumps(value, indent=4), None
