"""Requests to the application from inside its own process, without a network."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from vitrina.http.inside import inside
from vitrina.http.types import ASGIApp
from vitrina.http.urls import PrefixedUrlString, Urls

#: scheme and host of requests that come from inside
ORIGIN = "http://localhost"
ACTOR_COOKIE = "ds_actor"

# Turns of the loop in which tasks that the request woke, such as a plugin's scheduler, come to see it: one that is
# cancelled in the middle of waking up overhears it.
_TURNS = 6


@contextmanager
def _no_skipping() -> Iterator[None]:
    yield


class InProcessClient:
    """httpx methods that call the application directly.

    ``app`` is the ASGI application or a function that gives it;
    ``actor_cookie`` signs an actor into the value of a ``ds_actor`` cookie;
    ``skip_permissions`` is a context manager in which permission checks pass.
    A path gets the base_url prefix unless it has it. Redirects are not
    followed unless asked for.
    """

    def __init__(
        self,
        app: Callable[[], ASGIApp],
        *,
        urls: Urls | None = None,
        actor_cookie: Callable[[dict[str, Any]], str] | None = None,
        skip_permissions: Callable[[], Any] = _no_skipping,
    ) -> None:
        self._app = app
        self._urls = urls or Urls()
        self._sign_actor = actor_cookie
        self._skip_permissions = skip_permissions

    def actor_cookie(self, actor: dict[str, Any]) -> str:
        """The value of a ``ds_actor`` cookie for ``actor``."""
        if self._sign_actor is None:
            raise RuntimeError("This client was made without a way to sign actors")
        return self._sign_actor(actor)

    async def get(self, path: str, skip_permission_checks: bool = False, **kwargs: Any) -> httpx.Response:
        return await self.request("GET", path, skip_permission_checks, **kwargs)

    async def options(self, path: str, skip_permission_checks: bool = False, **kwargs: Any) -> httpx.Response:
        return await self.request("OPTIONS", path, skip_permission_checks, **kwargs)

    async def head(self, path: str, skip_permission_checks: bool = False, **kwargs: Any) -> httpx.Response:
        return await self.request("HEAD", path, skip_permission_checks, **kwargs)

    async def post(self, path: str, skip_permission_checks: bool = False, **kwargs: Any) -> httpx.Response:
        return await self.request("POST", path, skip_permission_checks, **kwargs)

    async def put(self, path: str, skip_permission_checks: bool = False, **kwargs: Any) -> httpx.Response:
        return await self.request("PUT", path, skip_permission_checks, **kwargs)

    async def patch(self, path: str, skip_permission_checks: bool = False, **kwargs: Any) -> httpx.Response:
        return await self.request("PATCH", path, skip_permission_checks, **kwargs)

    async def delete(self, path: str, skip_permission_checks: bool = False, **kwargs: Any) -> httpx.Response:
        return await self.request("DELETE", path, skip_permission_checks, **kwargs)

    async def request(
        self, method: str, path: str, skip_permission_checks: bool = False, **kwargs: Any
    ) -> httpx.Response:
        """Any method; keyword arguments are those of httpx, and ``actor=`` an object to sign in as.

        Raises TypeError where ``actor`` comes together with a ``ds_actor``
        cookie. An exception that leaves the application is raised here.
        """
        cookies = httpx.Cookies(kwargs.pop("cookies", None))
        actor = kwargs.pop("actor", None)
        if actor is not None:
            if ACTOR_COOKIE in cookies or ACTOR_COOKIE in _cookie_names(kwargs.get("headers")):
                raise TypeError("Cannot pass both actor= and a ds_actor cookie")
            cookies.set(ACTOR_COOKIE, self.actor_cookie(actor))
        avoid_prefix = kwargs.pop("avoid_path_rewrites", False)
        transport = httpx.ASGITransport(app=self._app())
        with inside(), self._skip_permissions() if skip_permission_checks else _no_skipping():
            # Nothing of the environment (proxies, certificates) matters without a network.
            async with httpx.AsyncClient(transport=transport, cookies=cookies, trust_env=False) as client:
                response = await client.request(method, self._url(path, avoid_prefix), **kwargs)
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        return response

    def _url(self, path: str, avoid_prefix: bool) -> str:
        if path.startswith(("http://", "https://")):
            return path
        if not avoid_prefix and not isinstance(path, PrefixedUrlString):
            path = self._urls.path(path)
        return ORIGIN + str(path)


def _cookie_names(headers: Any) -> list[str]:
    header = httpx.Headers(headers).get("cookie") or ""
    return [piece.partition("=")[0].strip() for piece in header.split(";")]
