"""Where a path that names nothing should have pointed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vitrina.http.response import Response

if TYPE_CHECKING:
    from vitrina.http.request import Request

_HTML = "text/html; charset=utf-8"


def early_redirect(request: Request, path: str) -> Response | None:
    """301 for two addresses that are written differently since long; ``path`` is the route path."""
    if path == "/-":
        return _to(request, "/-/", 301)
    if path.startswith("/:memory:"):
        return _to(request, "/_memory" + path[len("/:memory:") :], 301)
    return None


def not_found_redirect(request: Request) -> Response | None:
    """302 for percent-encoded names and for a trailing slash, None where the path has neither."""
    path = request.route_path
    if "%" in path:
        path = path.replace("~", "~7E").replace("%", "~").replace(".", "~2E")
    elif path.endswith("/") and path.strip("/\\"):
        path = path.rstrip("/")
    else:
        return None
    response = _to(request, path, 302)
    response.content_type = _HTML
    return response


def is_within_site(url: str) -> bool:
    """Whether a browser that is sent to ``url`` stays on this site: a path, and none that it takes for a host."""
    return url.startswith("/") and not url.replace("\\", "/").startswith("//") and url.isprintable()


def _to(request: Request, path: str, status: int) -> Response:
    """A redirect within this site: a browser takes ``//host`` or ``/\\host`` for another one."""
    own = "/" + path.lstrip("/\\")
    prefix = request.path[: len(request.path) - len(request.route_path)]
    query_string = request.query_string
    return Response.redirect(prefix + own + (f"?{query_string}" if query_string else ""), status)
