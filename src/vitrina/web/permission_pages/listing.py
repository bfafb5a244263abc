"""The lists behind a permission: resources that are allowed, and the rules that say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from vitrina.errors import BadRequest, NotFound, VitrinaError
from vitrina.execute.resource_list import ResourceLists
from vitrina.http.response import Response
from vitrina.web.page import render_page
from vitrina.web.permission_pages.tabs import debug_tabs
from vitrina.web.target import format_of

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site

_DEFAULT_SIZE = 50
_LARGEST_SIZE = 200


@dataclass(frozen=True, slots=True)
class _Asked:
    """The arguments of a list page."""

    action: str
    parent: str | None
    child: str | None
    page: int
    size: int


async def allowed_page(site: Site, request: Request) -> Response:
    """``/-/allowed``: resources that the actor may do an action to."""
    await site.permissions.ensure(request.actor, "view-instance")
    access = await site.permissions.load(request.actor, ("permissions-debug",))
    may_debug = access.allowed("permissions-debug")

    async def items(asked: _Asked) -> tuple[int, list[dict[str, Any]]]:
        lists = ResourceLists(site.permissions, site.store, site.internal, lambda: site.facade)
        found = await lists.allowed(
            asked.action, request.actor, parent=asked.parent, child=asked.child, with_reasons=may_debug
        )
        shown = []
        for place in _page_of(found, asked):
            item: dict[str, Any] = _place(place.parent, place.child)
            if may_debug:
                item["reason"] = list(place.reasons)
            shown.append(item)
        return len(found), shown

    return await _list_page(site, request, "allowed", items, has_child=True)


async def rules_page(site: Site, request: Request) -> Response:
    """``/-/rules``: every rule about an action for this actor."""
    await site.permissions.ensure(request.actor, "view-instance")
    await site.permissions.ensure(request.actor, "permissions-debug")

    async def items(asked: _Asked) -> tuple[int, list[dict[str, Any]]]:
        rules = await site.permissions.rules(request.actor, asked.action)
        shown = [
            {
                **_place(rule.parent, rule.child),
                "allow": int(rule.allow),
                "reason": rule.reason,
                "source_plugin": rule.source,
            }
            for rule in _page_of(rules, asked)
        ]
        return len(rules), shown

    return await _list_page(site, request, "rules", items, has_child=False)


async def _list_page(site: Site, request: Request, name: str, items: Any, *, has_child: bool) -> Response:
    is_json = format_of(request) == "json"
    document: dict[str, Any] | None = None
    error: str | None = None
    if is_json or request.args.get("action"):
        try:
            asked = _parse(site, request, has_child=has_child)
            document = await _document(site, request, name, asked, items)
        except VitrinaError as problem:
            if is_json:
                raise
            error = problem.message
    if is_json:
        return Response.json(document)
    context = {
        **debug_tabs(site, request, name),
        "document": document,
        "error": error,
        "action_names": sorted(site.permissions.actions),
        "args": {key: request.args.get(key) or "" for key in ("action", "parent", "child", "_size")},
        "has_debug_permission": name == "rules" or await site.permissions.allowed(request.actor, "permissions-debug"),
    }
    view_name = "allowed" if name == "allowed" else "permission_rules"
    return await render_page(site, request, [f"debug_{name}.html"], context, view_name=view_name)


async def _document(site: Site, request: Request, name: str, asked: _Asked, items: Any) -> dict[str, Any]:
    total, shown = await items(asked)
    actor = request.actor
    document: dict[str, Any] = {
        "ok": True,
        "action": asked.action,
        "actor_id": actor.get("id") if actor else None,
        "page": asked.page,
        "page_size": asked.size,
        "total": total,
        "items": shown,
    }
    path = site.urls.path(f"/-/{name}{'.json' if format_of(request) == 'json' else ''}")
    if asked.page * asked.size < total:
        document["next_url"] = _page_url(path, request, asked.page + 1, asked.size)
    # What is done to the whole instance has no list that one could leaf through.
    if asked.page > 1 and (name == "rules" or site.permissions.actions[asked.action].takes_parent):
        document["previous_url"] = _page_url(path, request, asked.page - 1, asked.size)
    return document


def _parse(site: Site, request: Request, *, has_child: bool) -> _Asked:
    args = request.args
    action = args.get("action")
    if not action:
        raise BadRequest("action parameter is required")
    if action not in site.permissions.actions:
        raise NotFound(f"Unknown action: {action}", hint="Actions are listed at /-/actions.")
    parent, child = args.get("parent"), args.get("child")
    if format_of(request) != "json":
        # A form sends its empty fields too.
        parent, child = parent or None, child or None
    if has_child and child and not parent:
        raise BadRequest("parent must be provided when child is specified")
    page = _number(args.get("_page", "1"), "_page", least=1)
    size = _number(args.get("_size", str(_DEFAULT_SIZE)), "_size", least=0)
    if size > _LARGEST_SIZE:
        raise BadRequest(f"_size must be <= {_LARGEST_SIZE}")
    return _Asked(action, parent, child, page, size)


def _number(text: str, name: str, *, least: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if number < least:
        raise BadRequest(f"{name} must be a positive integer")
    return number


def _page_of(found: list[Any], asked: _Asked) -> list[Any]:
    start = (asked.page - 1) * asked.size
    return found[start : start + asked.size]


def _page_url(path: str, request: Request, page: int, size: int) -> str:
    given = [(name, value) for name, value in request.pairs if name not in ("_page", "_size")]
    return f"{path}?{urlencode([*given, ('_page', page), ('_size', size)])}"


def _place(parent: str | None, child: str | None) -> dict[str, Any]:
    return {"parent": parent, "child": child, "resource": resource_path(parent, child)}


def resource_path(parent: str | None, child: str | None) -> str:
    """The resource as people read it: ``/database/table``, not encoded."""
    return "/" + "/".join(part for part in (parent, child) if part)
