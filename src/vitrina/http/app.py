"""The ASGI application: from a scope to a handler, and from its answer or failure to bytes."""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import Any

from vitrina.engine.protocols import CatalogChanged
from vitrina.errors import Forbidden, NotFound, Unavailable
from vitrina.hooks.blame import blaming
from vitrina.hooks.calling import watched
from vitrina.hooks.span_words import REQUEST_SPAN_SCOPE_KEY
from vitrina.http.body import DEFAULT_MAX_BODY_BYTES
from vitrina.http.csrf import csrf_refusal
from vitrina.http.errors import PAGE_HEADERS, error_response, method_not_allowed, plain_error_page, wants_json
from vitrina.http.file_response import FileResponse
from vitrina.http.header_policy import Outgoing
from vitrina.http.messages import COOKIE, read_messages, write_messages
from vitrina.http.ports import Answer, Ports
from vitrina.http.presence import Presence, has_departed
from vitrina.http.redirects import early_redirect, not_found_redirect
from vitrina.http.request import BASE_URL_KEY, MAX_BODY_KEY, ROUTE_PATH_KEY, Request, path_of
from vitrina.http.response import Response
from vitrina.http.router import PluginRoute, Route, Router
from vitrina.http.streaming import AsgiStream, ClientStalled
from vitrina.http.telemetry import note_route
from vitrina.http.types import ASGIApp, Receive, Scope, Send

logger = logging.getLogger("vitrina.http")

#: how often a page is made again when the schema changes under it
ATTEMPTS = 5
HEALTH_PATH = "/-/healthz"
_LEGACY_TOKEN = secrets.token_urlsafe(32)
_MESSAGE_COOKIE = COOKIE.encode("ascii") + b"="


class Application:
    """Serves the routes of ``router``; handlers get ``site`` and the request.

    ``base_url`` has a leading and a trailing slash. ``max_post_body_bytes``
    limits bodies read into memory, 0 is no limit.
    """

    def __init__(
        self,
        router: Router,
        site: Any = None,
        ports: Ports | None = None,
        *,
        base_url: str = "/",
        cors: bool = False,
        force_https: bool = False,
        max_post_body_bytes: int = DEFAULT_MAX_BODY_BYTES,
    ) -> None:
        self.router = router
        self.site = site
        self.ports = ports or Ports()
        self.base_url = base_url
        self.cors = cors
        self.force_https = force_https
        self.max_post_body_bytes = max_post_body_bytes
        self._started = False
        self._starting = asyncio.Lock()
        entry: ASGIApp = self._serve
        for wrapper in self.ports.wrappers:
            entry = wrapper(entry)
        self._entry = entry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._started and scope["type"] == "http":
            await self.start()
        await self._entry(scope, receive, send)

    async def start(self) -> None:
        """Run the start-up port, once; other requests wait for it."""
        async with self._starting:
            if not self._started:
                await self.ports.startup()
                self._started = True

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "http":
            await self._http(scope, receive, send)
        elif kind == "lifespan":
            await self._lifespan(receive, send)
        elif kind == "websocket":
            await send({"type": "websocket.close", "code": 1000})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    await self.start()
                except Exception as error:
                    # Without this message a server takes it that the application has no start, and goes on.
                    await send({"type": "lifespan.startup.failed", "message": str(error)})
                    raise
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.ports.shutdown()
                await send({"type": "lifespan.shutdown.complete"})
                return

    # -- one request

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope = self._own_scope(scope)
        path: str = scope.get(ROUTE_PATH_KEY) or path_of(scope)
        if path == HEALTH_PATH:
            await _health(scope, send)
            return
        request = Request(scope, receive)
        outgoing = Outgoing(request, send)
        try:
            if self.ports.cached is not None and not _has_credentials(scope):
                answer = await self.ports.cached(scope, None)
                if answer is not None:
                    self._note_kept(scope, path)
                    outgoing.started = True
                    await answer.asgi_send(send, head=scope["method"] == "HEAD")
                    return
            reason = csrf_refusal(request, force_https=self.force_https)
            if reason is not None and not self.ports.skip_csrf(scope):
                await (await self._refusal(request, reason)).send_whole(send)
                return
            response = await self._respond(request, path, outgoing)
            if isinstance(response, Answer):
                outgoing.started = True
                await response.asgi_send(send, head=scope["method"] == "HEAD")
            elif response is not None:
                await self._deliver(request, response, outgoing)
        except asyncio.CancelledError:
            if not has_departed(request):
                raise
            logger.debug("%s %s: the client did not wait for the answer", request.method, request.path)
        except Exception as error:
            if outgoing.started:
                # Too late for an error page: the server closes the connection, so that the client notices.
                logger.exception("%s %s failed while it was sent", request.method, request.path)
                raise
            await (await error_response(request, error, plain_error_page)).send_whole(outgoing.send)
        finally:
            if self.ports.finished is not None:
                self.ports.finished(scope)

    def _note_kept(self, scope: Scope, path: str) -> None:
        """Name the span of a request whose answer was kept, and so needed no route."""
        match = self.router.match(path) if REQUEST_SPAN_SCOPE_KEY in scope else None
        if match is not None:
            note_route(scope, self.ports.pattern_of(match.route))

    def _own_scope(self, scope: Scope) -> Scope:
        """A copy of the scope with what requests need to know of the settings, and the base_url taken off."""
        scope = {**scope, MAX_BODY_KEY: self.max_post_body_bytes, "csrftoken": _csrf_token}
        if self.force_https:
            scope["scheme"] = "https"
        if self.base_url != "/":
            scope[BASE_URL_KEY] = self.base_url
            path = path_of(scope)
            if path.startswith(self.base_url):
                scope[ROUTE_PATH_KEY] = path[len(self.base_url) - 1 :]
        return scope

    async def _respond(self, request: Request, path: str, outgoing: Outgoing) -> Response | Answer | None:
        """The answer, or None where a plugin has sent its own."""
        route: Route | PluginRoute | None = None
        try:
            request.scope["actor"] = await self.ports.authenticate(request) or request.scope.get("actor")
            if self.ports.cached is not None and _has_credentials(request.scope):
                answer = await self.ports.cached(request.scope, request.actor)
                if answer is not None:
                    return answer
            self._read_messages(request)
            match = self.router.match(path)
            if match is None or isinstance(match.route, Route):
                redirect = early_redirect(request, path)
                if redirect is not None:
                    return redirect
            if match is None:
                raise NotFound("404")
            route = match.route
            if REQUEST_SPAN_SCOPE_KEY in request.scope:
                note_route(request.scope, self.ports.pattern_of(route))
            request.scope["url_route"] = {"kwargs": match.url_vars}
            if isinstance(route, PluginRoute):
                return await self._plugin_view(route, request, outgoing)
            if self.ports.refuse_hidden is not None:
                await self.ports.refuse_hidden(request)
            response = await self._built_in(route, request, outgoing)
            if response.status == 404 and self.ports.conceal is not None:
                # A page's own wording would tell it from a page that is hidden.
                raise NotFound("404")
            return response
        except Exception as error:
            if outgoing.started:
                raise
            return await self._failure(request, error, route, outgoing)

    async def _built_in(self, route: Route, request: Request, outgoing: Outgoing) -> Response:
        outgoing.bare = route.bare
        outgoing.cors = self.cors and not route.bare
        if not route.any_method and request.method not in route.accepted:
            outgoing.cors = outgoing.cors and not route.allow
            if request.method == "OPTIONS":
                return Response.text("ok", headers={"allow": route.allow_value} if route.allow else None)
            return method_not_allowed(request)
        site = self.site if self.ports.site_for is None else self.ports.site_for(self.site, request)
        if request.method in ("GET", "HEAD") and request.receive is not None:
            with Presence(request):
                response = await self._handled(site, route, request)
        else:
            response = await self._handled(site, route, request)
        if route.own_html and (response.content_type or "").startswith("text/html"):
            outgoing.cors = False
        return response

    async def _handled(self, site: Any, route: Route, request: Request) -> Response:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                response: Response = await route.handler(site, request)
                return response
            except CatalogChanged:
                if attempt == ATTEMPTS:
                    raise Unavailable(
                        "The tables of the database are changing too fast", hint="Try again in a moment."
                    ) from None
        raise AssertionError("unreachable")

    async def _plugin_view(self, route: PluginRoute, request: Request, outgoing: Outgoing) -> Response | None:
        if self.ports.call_view is None:
            raise RuntimeError("The application was made without a way to call plugin views")
        with blaming(route.plugin, "register_routes"):
            called = self.ports.call_view(route.view, request, outgoing.send)
            result = await watched("register_routes", route.plugin, called)
            if result is None and not outgoing.started:
                raise TypeError(f"{_name_of(route.view)} neither returned a Response nor sent an answer")
            if result is not None and not hasattr(result, "asgi_send"):
                raise TypeError(f"{_name_of(route.view)} should return a Response, not {type(result).__name__}")
            return result  # type: ignore[no-any-return]

    # -- failures

    async def _failure(
        self, request: Request, error: Exception, route: Route | PluginRoute | None, outgoing: Outgoing
    ) -> Response:
        """The answer for an exception: a redirect, a page of the site's owner or a plugin, or the error itself."""
        outgoing.bare = False
        outgoing.cors = False
        try:
            if self.ports.conceal is not None:
                error = await self.ports.conceal(request, error)
            answer = await self._other_answer(request, error)
        except Exception as raised:  # noqa: BLE001 - reported as the error below
            # A custom page may say 404 itself, and a plugin may fail: that is the error to report then.
            answer, error = None, raised
        if answer is not None:
            return answer
        always_json = isinstance(route, Route) and route.json_errors
        # A page that says "Forbidden" is for people, who are on this site already.
        for_people = isinstance(error, Forbidden) and not always_json and not wants_json(request)
        outgoing.cors = self.cors and not for_people
        try:
            return await error_response(request, error, self.ports.render_error, always_json=always_json)
        except Exception:
            logger.exception("The error page of %s %s failed", request.method, request.path)
            return await error_response(request, error, plain_error_page)

    async def _other_answer(self, request: Request, error: Exception) -> Response | None:
        """What stands in for an error page: a redirect, a custom page, or the answer of a plugin."""
        answer = None
        if isinstance(error, NotFound):
            answer = not_found_redirect(request)
            if answer is None and self.ports.custom_page is not None:
                answer = await self.ports.custom_page(request)
        if answer is not None:
            return answer
        if isinstance(error, Forbidden):
            if self.ports.forbidden is not None:
                return await self.ports.forbidden(request, error.message)
        elif self.ports.handle_exception is not None:
            return await self.ports.handle_exception(request, error)
        return None

    async def _refusal(self, request: Request, reason: str) -> Response:
        context = {"ok": False, "error": reason, "status": 403, "reason": reason, "title": "Form origin check failed"}
        html = await self.ports.render_csrf_error(request, 403, context)
        return Response.html(html, 403, request.state.get(PAGE_HEADERS))

    # -- sending

    def _read_messages(self, request: Request) -> None:
        for name, value in request.scope["headers"]:
            if name == b"cookie" and _MESSAGE_COOKIE in value:
                read_messages(request, self.ports.unsign_messages)

    async def _deliver(self, request: Request, response: Response, outgoing: Outgoing) -> None:
        if request.state and isinstance(response, Response):
            write_messages(request, response, self.ports.sign_messages)
        if isinstance(response, FileResponse):
            response.request = request
        if request.method == "HEAD" and isinstance(response, Response):
            await response.send_head(outgoing.send)
        elif isinstance(response, AsgiStream):
            await _send_while_connected(response, request, outgoing.send)
        else:
            # A plugin may answer with an object of its own that only sends itself.
            await getattr(response, "send_whole", response.asgi_send)(outgoing.send)
            remember = self.ports.remember
            if remember is not None and request.method == "GET" and _is_whole_success(response):
                remember(request, Answer(200, outgoing.headers, response.body_bytes()))


async def _send_while_connected(response: AsgiStream, request: Request, send: Send) -> None:
    """Send a stream, and stop making it when the client goes away or reads no more."""
    receive = request.receive
    if receive is None:
        await response.asgi_send(send)
        return
    sending = asyncio.ensure_future(response.asgi_send(send))
    gone = asyncio.ensure_future(_until_disconnected(receive))
    try:
        await asyncio.wait((sending, gone), return_when=asyncio.FIRST_COMPLETED)
        if sending.done():
            sending.result()
    except ClientStalled:
        logger.info("%s %s was given up: its client stopped reading", request.method, request.path)
    finally:
        for task in (sending, gone):
            task.cancel()
        await asyncio.gather(sending, gone, return_exceptions=True)


async def _until_disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _health(scope: Scope, send: Send) -> None:
    response = Response.text("ok", headers={"cache-control": "no-store"})
    await (response.send_head(send) if scope["method"] == "HEAD" else response.send_whole(send))


def _has_credentials(scope: Scope) -> bool:
    return any(name == b"cookie" or name == b"authorization" for name, _ in scope["headers"])


def _csrf_token() -> str:
    """For old plugins: a token in forms that nothing checks any more."""
    return _LEGACY_TOKEN


def _is_whole_success(response: Any) -> bool:
    return isinstance(response, Response) and response.status == 200


def _name_of(view: Any) -> str:
    return f"The view {getattr(view, '__qualname__', type(view).__name__)}"
