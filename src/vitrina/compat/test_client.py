"""A synchronous client for tests of plugins."""

from __future__ import annotations

import asyncio
import json as json_text
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

_REDIRECTS = (301, 302, 303, 307, 308)


class TestResponse:
    """An answer: ``status``, ``headers``, ``text``, ``json`` (a value, not a function), ``body`` as bytes."""

    __test__ = False

    def __init__(self, httpx_response: Any) -> None:
        self.httpx_response = httpx_response

    @property
    def status(self) -> int:
        return int(self.httpx_response.status_code)

    status_code = status

    @property
    def headers(self) -> Any:
        return self.httpx_response.headers

    @property
    def cookies(self) -> dict[str, str]:
        return dict(self.httpx_response.cookies)

    @property
    def body(self) -> bytes:
        content: bytes = self.httpx_response.content
        return content

    content = body

    @property
    def text(self) -> str:
        return str(self.httpx_response.text)

    @property
    def json(self) -> Any:
        return json_text.loads(self.text)


class TestClient:
    """Requests to an instance, without a loop of one's own. Redirects are followed only when asked for."""

    __test__ = False

    max_redirects = 5

    def __init__(self, ds: Any) -> None:
        self.ds = ds

    def actor_cookie(self, actor: Any) -> str:
        """The value of a ``ds_actor`` cookie."""
        return str(self.ds.client.actor_cookie(actor))

    def get(
        self,
        path: str,
        follow_redirects: bool = False,
        redirect_count: int = 0,
        method: str = "GET",
        params: Any = None,
        cookies: Any = None,
        if_none_match: str | None = None,
        headers: Any = None,
    ) -> TestResponse:
        return self.request(
            path,
            follow_redirects=follow_redirects,
            redirect_count=redirect_count,
            method=method,
            params=params,
            cookies=cookies,
            if_none_match=if_none_match,
            headers=headers,
        )

    def post(
        self,
        path: str,
        post_data: Any = None,
        body: Any = None,
        follow_redirects: bool = False,
        redirect_count: int = 0,
        content_type: str = "application/x-www-form-urlencoded",
        cookies: Any = None,
        headers: Any = None,
        csrftoken_from: Any = None,
    ) -> TestResponse:
        """A form (``post_data``) or a ``body``; ``csrftoken_from`` is accepted and needed no more."""
        if post_data is not None:
            body = urlencode(post_data, doseq=True)
        return self.request(
            path,
            follow_redirects=follow_redirects,
            redirect_count=redirect_count,
            method="POST",
            cookies=cookies,
            headers=headers,
            post_body=body,
            content_type=content_type,
        )

    def request(
        self,
        path: str,
        follow_redirects: bool = True,
        redirect_count: int = 0,
        method: str = "GET",
        params: Any = None,
        cookies: Any = None,
        headers: Any = None,
        post_body: Any = None,
        content_type: str | None = None,
        if_none_match: str | None = None,
    ) -> TestResponse:
        """Any request."""
        lines = dict(headers or {})
        if content_type:
            lines.setdefault("content-type", content_type)
        if if_none_match:
            lines["if-none-match"] = if_none_match
        response = _run(self._request(method, path, params=params, cookies=cookies, headers=lines, content=post_body))
        if not follow_redirects or response.status not in _REDIRECTS:
            return response
        if redirect_count >= self.max_redirects:
            raise RuntimeError(f"More than {self.max_redirects} redirects")
        return self.request(
            response.headers["location"], cookies=cookies, headers=headers, redirect_count=redirect_count + 1
        )

    async def _request(self, method: str, path: str, **options: Any) -> TestResponse:
        await self.ds.invoke_startup()
        return TestResponse(
            await self.ds.client.request(method, path, follow_redirects=False, avoid_path_rewrites=True, **options)
        )


def _run(coroutine: Coroutine[Any, Any, TestResponse]) -> TestResponse:
    """Run to the end, also while a loop runs in this thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()
