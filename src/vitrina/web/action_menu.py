"""Menus and slots that plugins fill: action links, and HTML at the top of a page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from vitrina.web.page import join_slots

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site


def slot(site: Site, name: str, **arguments: Any) -> Callable[[], Awaitable[Markup]]:
    """A template's function that gives the HTML of all plugins for the slot ``name``."""

    async def fill() -> Markup:
        if not site.hooks.has(name):
            return Markup()
        return join_slots(await site.hooks.gather(name, datasette=site.facade, **arguments))

    return fill


async def plugin_actions(site: Site, request: Request, name: str, **arguments: Any) -> list[dict[str, Any]]:
    """The links that plugins add to the menu ``name``."""
    if not site.hooks.has(name):
        return []
    return await site.hooks.lists(name, datasette=site.facade, actor=request.actor, request=request, **arguments)
