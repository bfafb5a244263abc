"""Menus and slots that plugins fill: action links, and HTML at the top of a page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from vitrina.hooks.manager import items_of
from vitrina.web.contributions import has_markup, note_markup
from vitrina.web.page import join_slots

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site


def slot(site: Site, name: str, **arguments: Any) -> Callable[[], Awaitable[Markup]]:
    """A template's function that gives the HTML of all plugins for the slot ``name``."""

    async def fill() -> Markup:
        if not site.hooks.has(name):
            return Markup()
        found = await site.hooks.gather_named(name, datasette=site.facade, **arguments)
        for plugin, html in found:
            if str(html).strip():
                note_markup(arguments.get("request"), plugin, name)
        return join_slots([html for _, html in found])

    return fill


async def plugin_actions(site: Site, request: Request, name: str, **arguments: Any) -> list[dict[str, Any]]:
    """The links that plugins add to the menu ``name``."""
    if not site.hooks.has(name):
        return []
    asked = {"datasette": site.facade, "actor": request.actor, "request": request, **arguments}
    found = []
    for plugin, items in await site.hooks.gather_named(name, **asked):
        added = list(items_of(items))
        if has_markup(added):
            note_markup(request, plugin, name)
        found += added
    return found
