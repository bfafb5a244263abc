"""The built-in pages as classes, for plugins that put a page of theirs in front of one or list the routes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, ClassVar

from vitrina.facade.views import BaseView
from vitrina.hooks.call import await_me_maybe
from vitrina.http.request import Request
from vitrina.http.response import Response
from vitrina.http.router import Handler, Route
from vitrina.web.route_patterns import ROUTE_PATTERNS
from vitrina.web.routes import built_in_routes

#: names that plugins know as functions
_FUNCTIONS = frozenset({"favicon", "inner_static", "database_download", "table_view"})
#: what plugins see as ``view_name``, where it is not the class
_VIEW_NAMES = {"IndexView": "index", "DatabaseView": "database", "QueryView": "query", "RowView": "row"}


class BuiltInPage(BaseView):
    """A page of the core; ``handler`` makes it for every method."""

    handler: ClassVar[Handler]
    methods: ClassVar[tuple[str, ...]] = ("GET",)

    def __init__(self, datasette: Any = None) -> None:
        super().__init__(datasette)

    async def get(self, request: Request, datasette: Any = None) -> Response:
        """The page, or what the request asks it to do."""
        if "*" not in self.methods and request.method not in (*self.methods, "HEAD"):
            return await self.method_not_allowed(request)
        instance = datasette if datasette is not None else self.ds
        response: Response = await type(self).handler(instance.site, request)
        return response

    post = get


class JsonDataView(BaseView):
    """A JSON document and a page that shows it, made by ``data_callback``."""

    def __init__(
        self,
        datasette: Any,
        filename: str,
        data_callback: Callable[..., Any],
        needs_request: bool = False,
        permission: str | None = "view-instance",
        template: str | None = None,
    ) -> None:
        super().__init__(datasette)
        self.filename = filename
        self.data_callback = data_callback
        self.needs_request = needs_request
        self.permission = permission
        self.template = template

    async def get(self, request: Request) -> Response:
        """The document. Raises Forbidden."""
        if self.permission:
            await self.ds.ensure_permission(action=self.permission, actor=request.actor)
        callback = self.data_callback
        data = await await_me_maybe(callback(request) if self.needs_request else callback())
        if request.url_vars.get("format"):
            return Response.json(data, default=repr)
        context = {
            "filename": self.filename,
            "data": data,
            "data_json": json.dumps(data, indent=4, default=repr),
        }
        return await self.render([self.template or "show_json.html"], request, context)


def _classes() -> dict[str, type[BuiltInPage]]:
    by_name: dict[str, Route] = {route.name: route for route in built_in_routes()}
    made: dict[str, type[BuiltInPage]] = {}
    for pattern in ROUTE_PATTERNS:
        route = by_name.get(pattern.routes[0])
        if route is None or pattern.view in _FUNCTIONS or pattern.view in made or pattern.view == "JsonDataView":
            continue
        members = {
            "handler": staticmethod(route.handler),
            "methods": route.methods,
            "name": _VIEW_NAMES.get(pattern.view),
            "__doc__": f"The page at {route.pattern}.",
        }
        made[pattern.view] = type(pattern.view, (BuiltInPage,), members)
    return made


#: name → class
PAGE_CLASSES = _classes()


def __getattr__(name: str) -> Any:
    if name in PAGE_CLASSES:
        return PAGE_CLASSES[name]
    raise AttributeError(name)


async def table_view(request: Request, datasette: Any) -> Response:
    """The page of a table, view or stored query."""
    return await _serve("table", request, datasette)


async def database_download(request: Request, datasette: Any) -> Response:
    """A whole database file."""
    return await _serve("download", request, datasette)


async def favicon(request: Request, send: Any) -> None:
    """The icon."""
    response = await _serve("favicon", request, None)
    await response.asgi_send(send)


async def _serve(name: str, request: Request, datasette: Any) -> Response:
    route = next(route for route in built_in_routes() if route.name == name)
    response: Response = await route.handler(datasette.site if datasette is not None else None, request)
    return response


def known_routes(datasette: Any, plugin_routes: list[tuple[str, Any]]) -> list[tuple[re.Pattern[str], Any]]:
    """Every route as a pair of expression and view function, those of plugins first."""
    found = [(re.compile(regex), view) for regex, view in plugin_routes]
    functions = {"favicon": favicon, "database_download": database_download, "table_view": table_view}
    for pattern in ROUTE_PATTERNS:
        view: Any = functions.get(pattern.view)
        if view is None:
            view = _named(pattern.view, datasette, pattern.routes[0])
        found.append((pattern.regex, view))
    return found


def _named(name: str, datasette: Any, route: str) -> Any:
    page = PAGE_CLASSES.get(name)
    if page is not None:
        return page.as_view(datasette)

    async def view(request: Request) -> Response:
        return await _serve(route, request, datasette)

    view.__name__ = name
    if name == "JsonDataView":
        view.view_class = JsonDataView  # type: ignore[attr-defined]
    return view
