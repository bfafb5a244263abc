"""The tabs that join the permission tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site

_TABS = (
    ("check", "Explain"),
    ("allowed", "Access map"),
    ("rules", "Rule explorer"),
    ("permissions", "Activity"),
    ("actions", "Actions"),
    ("allow-debug", "Allow debug"),
)
#: tabs that understand each other's arguments
_SHARING = frozenset({"check", "allowed", "rules"})


def debug_tabs(site: Site, request: Request, current: str) -> dict[str, Any]:
    """Context of ``_permissions_debug_tabs.html``: links to the other tools, with what was asked here."""
    query = request.query_string
    tabs = []
    for name, label in _TABS:
        shared = f"?{query}" if query and name in _SHARING and current in _SHARING else ""
        tabs.append({"href": f"{site.urls.path(f'/-/{name}')}{shared}", "label": label, "current": name == current})
    return {"debug_tabs": tabs}
