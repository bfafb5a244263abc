"""Parts of an ASGI server, for plugins that put one together themselves."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from vitrina.hooks.call import await_me_maybe
from vitrina.http.body import DEFAULT_MAX_BODY_BYTES as DEFAULT_MAX_POST_BODY_BYTES
from vitrina.http.csrf import csrf_refusal
from vitrina.http.request import Request
from vitrina.http.response import Response

SAMESITE_VALUES = ("strict", "lax", "none")
HASHED_STATIC_CACHE_CONTROL = "max-age=31536000, immutable, public"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
MAX_POST_BODY_BYTES = DEFAULT_MAX_POST_BODY_BYTES


def _all(functions: Any) -> list[Callable[[], Any]]:
    if functions is None:
        return []
    return list(functions) if isinstance(functions, Iterable) else [functions]


class AsgiLifespan:
    """Runs functions at the start and the end of a server."""

    def __init__(self, app: Any, on_startup: Any = None, on_shutdown: Any = None) -> None:
        self.app = app
        self.on_startup = _all(on_startup)
        self.on_shutdown = _all(on_shutdown)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await self.app(scope, receive, send)
            return
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                for function in self.on_startup:
                    await await_me_maybe(function)
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                for function in self.on_shutdown:
                    await await_me_maybe(function)
                await send({"type": "lifespan.shutdown.complete"})
                return


class AsgiRunOnFirstRequest:
    """Runs functions before the first request is answered."""

    def __init__(self, asgi: Any, on_startup: list[Callable[[], Any]]) -> None:
        self.asgi = asgi
        self.on_startup = list(on_startup)
        self._started = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if not self._started:
            self._started = True
            for function in self.on_startup:
                result = function()
                if inspect.isawaitable(result):
                    await result
        await self.asgi(scope, receive, send)


class CrossOriginProtectionMiddleware:
    """Refuses forms that come from other sites."""

    def __init__(self, app: Any, datasette: Any) -> None:
        self.app = app
        self.datasette = datasette

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            request = Request(scope, receive)
            reason = csrf_refusal(request, force_https=bool(self.datasette.setting("force_https_urls")))
            if reason is not None:
                await Response.text(reason, status=403).asgi_send(send)
                return
        await self.app(scope, receive, send)
