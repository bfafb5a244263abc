"""Small parts of routing: patterns of custom pages, redirects, and views as route functions."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from vitrina.hooks.call import async_call_with_supported_arguments, await_me_maybe, call_with_supported_arguments
from vitrina.http.response import Response

_PLACE = re.compile(r"\{(\w+)\}")


def route_pattern_from_filepath(filepath: str) -> re.Pattern[str]:
    """The addresses of a custom page's file, with ``{name}`` parts as named groups."""
    path = filepath.removesuffix(".html")
    return re.compile("^/" + _PLACE.sub(r"(?P<\1>[^/]*)", path) + "$")


def permanent_redirect(path: str, forward_query_string: bool = False, forward_rest: bool = False) -> Callable[..., Any]:
    """A view that leads elsewhere for good (301)."""

    def view(request: Any, send: Any) -> Response:
        target = path + (request.url_vars["rest"] if forward_rest else "")
        if forward_query_string and request.query_string:
            target = f"{target}?{request.query_string}"
        return Response.redirect(target, status=301)

    return view


def wrap_view(view_fn_or_class: Any, datasette: Any) -> Callable[..., Any]:
    """A function ``(request, send)`` around a view function or class, which gets the arguments that it names."""

    @wraps(view_fn_or_class)
    async def view(request: Any, send: Any) -> Any:
        available = {
            "scope": request.scope,
            "receive": request.receive,
            "request": request,
            "send": send,
            "datasette": datasette,
        }
        if inspect.isclass(view_fn_or_class):
            page: Any = view_fn_or_class()
            return await async_call_with_supported_arguments(page, **available)
        result = call_with_supported_arguments(view_fn_or_class, **available)
        return await await_me_maybe(result) if inspect.isawaitable(result) else result

    return view
