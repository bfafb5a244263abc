"""One HTTP request: everything is read from the ASGI scope when it is first asked for."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote

from vitrina.errors import BadRequest
from vitrina.http.body import DEFAULT_MAX_BODY_BYTES, read_body, stream_body
from vitrina.http.cookies import parse_cookies
from vitrina.http.forms import DEFAULT_LIMITS, FormData, FormLimits, parse_form
from vitrina.http.multi_params import MultiParams, parse_pairs

if TYPE_CHECKING:
    from vitrina.http.types import Actor, Receive, Scope

#: scope key: bytes that a body read into memory may have; 0 is no limit
MAX_BODY_KEY = "vitrina.max_post_body_bytes"
#: scope key: the path below ``base_url``, undecoded; only there when a prefix was taken off
ROUTE_PATH_KEY = "route_path"
#: scope key: ``base_url`` when it is not "/"
BASE_URL_KEY = "vitrina.base_url"


class InvalidJSON(BadRequest, json.JSONDecodeError):
    """A body that should be JSON and is not."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.msg = getattr(error, "msg", str(error))
        self.doc = getattr(error, "doc", "")
        self.pos = getattr(error, "pos", 0)
        self.lineno = getattr(error, "lineno", 1)
        self.colno = getattr(error, "colno", 1)


class Headers(dict[str, str]):
    """Header names in lower case; looking one up ignores case. The last of several equal names wins."""

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


class Request:
    """What a handler or plugin sees of a request.

    ``path`` is undecoded and, under ``base_url``, includes the prefix;
    ``route_path`` is the same without it. ``state`` is a memo that lives as
    long as the request.
    """

    def __init__(self, scope: Scope, receive: Receive | None, max_post_body_bytes: int | None = None) -> None:
        self.scope = scope
        self.receive = receive
        self._max_body_bytes = max_post_body_bytes
        self.state: dict[str, Any] = {}
        self._headers: Headers | None = None
        self._pairs: tuple[tuple[str, str], ...] | None = None
        self._args: MultiParams | None = None
        self._cookies: dict[str, str] | None = None
        self._body: bytes | None = None

    def __repr__(self) -> str:
        return f'<asgi.Request method="{self.method}" url="{self.url}">'

    # -- the request line

    @property
    def method(self) -> str:
        method: str = self.scope["method"]
        return method

    @property
    def scheme(self) -> str:
        return self.scope.get("scheme") or "http"

    @property
    def host(self) -> str:
        return self.header(b"host") or "localhost"

    @property
    def path(self) -> str:
        """The path as the client sent it: undecoded, without the query string."""
        return path_of(self.scope)

    raw_path = path

    @property
    def route_path(self) -> str:
        """The undecoded path below ``base_url``."""
        return self.scope.get(ROUTE_PATH_KEY) or path_of(self.scope)

    @property
    def base_url(self) -> str:
        """The ``base_url`` setting, as far as the application said it; "/" by default."""
        return self.scope.get(BASE_URL_KEY) or "/"

    @property
    def query_string(self) -> str:
        return (self.scope.get("query_string") or b"").decode("latin-1")

    @property
    def full_path(self) -> str:
        """Path and query string."""
        query_string = self.query_string
        return f"{self.path}?{query_string}" if query_string else self.path

    @property
    def url(self) -> str:
        path = self.full_path
        return f"{self.scheme}://{self.host}{'' if not path or path[0] == '/' else '/'}{path}"

    @property
    def url_vars(self) -> dict[str, Any]:
        """Named parts of the route, undecoded."""
        return (self.scope.get("url_route") or {}).get("kwargs") or {}

    @property
    def actor(self) -> Actor | None:
        return self.scope.get("actor")

    # -- headers, cookies, arguments

    def header(self, name: bytes) -> str | None:
        """The first header called ``name`` (lower case bytes), decoded, without reading the others."""
        for key, value in self.scope.get("headers", ()):
            if key == name:
                return str(value, "latin-1")
        return None

    @property
    def headers(self) -> Headers:
        if self._headers is None:
            self._headers = Headers(
                (name.decode("latin-1").lower(), value.decode("latin-1"))
                for name, value in self.scope.get("headers", ())
            )
        return self._headers

    @property
    def cookies(self) -> dict[str, str]:
        if self._cookies is None:
            header = self.header(b"cookie")
            self._cookies = parse_cookies(header) if header else {}
        return self._cookies

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The decoded query string as pairs in order; blank values are kept."""
        if self._pairs is None:
            raw = self.scope.get("query_string")
            self._pairs = parse_pairs(raw.decode("latin-1")) if raw else ()
        return self._pairs

    @property
    def args(self) -> MultiParams:
        if self._args is None:
            self._args = MultiParams(self.pairs)
        return self._args

    # -- the body

    @property
    def max_post_body_bytes(self) -> int:
        """What the request was made with, else the setting of this name; 0 is no limit."""
        limit: int | None = self._max_body_bytes
        return self.scope.get(MAX_BODY_KEY, DEFAULT_MAX_BODY_BYTES) if limit is None else limit

    async def post_body(self, max_bytes: int | None = None) -> bytes:
        """The whole body, read once and kept.

        ``max_bytes`` defaults to ``max_post_body_bytes``; 0 is no limit.
        Raises PayloadTooLarge, at once where ``Content-Length`` says so.
        """
        if self._body is None:
            limit = self.max_post_body_bytes if max_bytes is None else max_bytes
            self._body = await read_body(self.receive, limit, self.header(b"content-length"))
        return self._body

    async def body_chunks(self) -> AsyncIterator[bytes]:
        """The body in pieces as they arrive, without keeping it; the kept body where it was read before."""
        if self._body is not None:
            yield self._body
            return
        async for chunk in stream_body(self.receive):
            yield chunk

    async def post_vars(self) -> dict[str, str]:
        """The urlencoded form in the body; the last of several equal names wins."""
        body = await self.post_body()
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))

    async def json(self) -> Any:
        """The body as JSON, whatever its content type.

        Raises InvalidJSON, which is a BadRequest and a json.JSONDecodeError.
        """
        body = await self.post_body()
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise InvalidJSON(error) from error

    async def form(
        self,
        files: bool = False,
        max_file_size: int = DEFAULT_LIMITS.max_file_size,
        max_request_size: int = DEFAULT_LIMITS.max_request_size,
        max_fields: int = DEFAULT_LIMITS.max_fields,
        max_files: int = DEFAULT_LIMITS.max_files,
        max_parts: int | None = None,
        max_field_size: int = DEFAULT_LIMITS.max_field_size,
        max_memory_file_size: int = DEFAULT_LIMITS.max_memory_file_size,
        max_part_header_bytes: int = DEFAULT_LIMITS.max_part_header_bytes,
        max_part_header_lines: int = DEFAULT_LIMITS.max_part_header_lines,
        min_free_disk_bytes: int = DEFAULT_LIMITS.min_free_disk_bytes,
    ) -> FormData:
        """The urlencoded or multipart form in the body.

        Without ``files`` uploaded files are read past and dropped. The limits
        are bytes and counts. Raises BadRequest for a malformed body and for
        exceeding them.
        """
        limits = FormLimits(
            max_file_size,
            max_request_size,
            max_fields,
            max_files,
            max_parts,
            max_field_size,
            max_memory_file_size,
            max_part_header_bytes,
            max_part_header_lines,
            min_free_disk_bytes,
        )
        return await parse_form(self, files=files, limits=limits)

    # -- for tests

    @classmethod
    def fake(
        cls,
        path_with_query_string: str,
        method: str = "GET",
        scheme: str = "http",
        url_vars: dict[str, Any] | None = None,
    ) -> Request:
        """A request without a body, for tests."""
        path, _, query_string = path_with_query_string.partition("?")
        scope: dict[str, Any] = {
            "http_version": "1.1",
            "method": method,
            "path": path,
            "raw_path": _wire_bytes(path_with_query_string),
            "query_string": _wire_bytes(query_string),
            "scheme": scheme,
            "type": "http",
        }
        if url_vars:
            scope["url_route"] = {"kwargs": url_vars}
        return cls(scope, None)


def path_of(scope: Scope) -> str:
    """The undecoded path of an ASGI scope, without the query string."""
    raw = scope.get("raw_path")
    if raw is None:
        return quote(scope["path"], safe="/~!$&'()*+,;=:@")
    text: str = raw.decode("latin-1")
    return text.partition("?")[0] if "?" in text else text


def _wire_bytes(text: str) -> bytes:
    """Text as a client would send it: Latin-1 as the headers are read, what has no place there percent-encoded."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return quote(text, safe="/%=&+?;:@,~!$'()*").encode("ascii")
