"""A span around each request, for servers that OpenTelemetry watches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vitrina.hooks import span_words, telemetry
from vitrina.hooks import telemetry_registry as names
from vitrina.hooks.tracing import capture_traces, current_traces
from vitrina.http.inside import in_client
from vitrina.http.types import Receive, Scope, Send


def url_path(scope: Scope) -> str:
    """The path as it was sent."""
    raw = scope.get("raw_path")
    path = raw.decode("latin-1").partition("?")[0] if raw else scope["path"]
    return str(path)


def request_span(scope: Mapping[str, Any]) -> Any:
    """The span of a request, to add attributes to; None where nobody would see them."""
    span = scope.get(span_words.REQUEST_SPAN_SCOPE_KEY)
    return span if span is not None and span.is_recording() else None


def note_route(scope: Scope, pattern: str) -> None:
    """Name the request's span after the route that serves it."""
    span = request_span(scope)
    if span is not None:
        span.set_attribute(names.HTTP_ROUTE, pattern)
        span.update_name(f"{span_words.clamp_http_method(scope['method'])} {pattern}")


class TelemetryMiddleware:
    """Starts a span for each request, as a child of the one that the client names in its headers.

    ``sql_time_limit_ms`` is the setting, which tells statements that took too long from those cut short on purpose.
    """

    def __init__(self, app: Any, sql_time_limit_ms: float = 1000) -> None:
        self.app = app
        self._limit = sql_time_limit_ms

    @property
    def router(self) -> Any:
        """The routes of the application inside."""
        return self.app.router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not telemetry.active():
            await self.app(scope, receive, send)
            return
        headers = {name.lower(): value for name, value in reversed(scope["headers"])}
        carrier = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers.items()}
        with telemetry.otel().request_span(_attributes(scope, headers), carrier) as span:

            async def noting(message: Any) -> None:
                if message["type"] == "http.response.start":
                    _note_status(span, message["status"])
                await send(message)

            statements = telemetry.query_spans().StatementSpans(current_traces(), self._limit)
            with capture_traces(statements):
                await self.app({**scope, span_words.REQUEST_SPAN_SCOPE_KEY: span}, receive, noting)


def _attributes(scope: Scope, headers: Mapping[bytes, bytes]) -> dict[str, Any]:
    found: dict[str, Any] = {
        names.HTTP_REQUEST_METHOD: span_words.clamp_http_method(scope["method"]),
        names.URL_PATH: url_path(scope),
        names.URL_SCHEME: scope.get("scheme", "http"),
    }
    for header, name in ((b"host", names.SERVER_ADDRESS), (b"user-agent", names.USER_AGENT_ORIGINAL)):
        value = _text(headers, header)
        if value:
            found[name] = value
    if in_client():
        found[names.INTERNAL_CLIENT] = True
    return found


def _text(headers: Mapping[bytes, bytes], name: bytes) -> str | None:
    value = headers.get(name)
    return None if value is None else value.decode("latin-1")


def _note_status(span: Any, status: int) -> None:
    span.set_attribute(names.HTTP_RESPONSE_STATUS_CODE, status)
    if status >= 500:
        span.set_attribute(names.ERROR_TYPE, str(status))
        telemetry.otel().mark_failed(span)
