"""The recent permission checks of this process, and a form for a hypothetical one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from vitrina.errors import BadRequest, NotFound
from vitrina.execute.permissions import Check
from vitrina.http.response import Response
from vitrina.web.page import render_page
from vitrina.web.permission_pages.check import explain_check, parse_actor
from vitrina.web.permission_pages.tabs import debug_tabs

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site

_FILTERS = {"all": "All", "exclude-yours": "Exclude yours", "only-yours": "Only yours"}


async def permissions_page(site: Site, request: Request) -> Response:
    """``/-/permissions``: recent checks; the form's answer is JSON."""
    await site.permissions.ensure(request.actor, "view-instance")
    await site.permissions.ensure(request.actor, "permissions-debug")
    if request.method == "POST":
        form = await request.form()
        actor = parse_actor(form.get("actor"))
        place = (form.get("resource_1") or None, form.get("resource_2") or None)
        action = form.get("permission")
        try:
            if action is not None and action not in site.permissions.actions:
                raise NotFound(f"Unknown action: {action}")
            return Response.json(await explain_check(site, actor, action, *place))
        except (BadRequest, NotFound) as error:
            return Response.error(error.messages, error.status)
    wanted = request.args.get("filter") or "all"
    context = {
        **debug_tabs(site, request, "permissions"),
        "checks": [_shown(check) for check in _filtered(site, request, wanted)],
        "filters": [(value, label, value == wanted) for value, label in _FILTERS.items()],
        "action_names": sorted(site.permissions.actions),
    }
    names = ["debug_permissions_playground.html"]
    return await render_page(site, request, names, context, view_name="permissions_debug")


def _filtered(site: Site, request: Request, wanted: str) -> list[Check]:
    """Newest first."""
    checks = list(reversed(site.permissions.checks))
    if wanted == "exclude-yours":
        return [check for check in checks if check.actor != request.actor]
    if wanted == "only-yours":
        return [check for check in checks if check.actor == request.actor]
    return checks


def _shown(check: Check) -> dict[str, Any]:
    return {
        "when": datetime.fromtimestamp(check.when, UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "actor": json.dumps(check.actor, default=repr),
        "action": check.action,
        "parent": check.parent,
        "child": check.child,
        "allowed": check.allowed,
    }
