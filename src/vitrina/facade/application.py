"""The ASGI application of an instance: routes, ports, and what plugins wrap around it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from itsdangerous import BadSignature

from vitrina.errors import PluginError
from vitrina.execute.authentication import Authenticator, address_reader
from vitrina.facade.files import file_routes
from vitrina.facade.old_hooks import refresh_old_queries
from vitrina.facade.replication import replication_routes, start_replication
from vitrina.facade.views import exception_for_plugins
from vitrina.hooks.blame import blaming
from vitrina.hooks.call import await_me_maybe, call_with_supported_arguments
from vitrina.hooks.manager import items_of
from vitrina.http.app import Application
from vitrina.http.open_length import without_length
from vitrina.http.ports import Answer, Ports
from vitrina.http.request import Request
from vitrina.http.router import PluginRoute, Route, Router
from vitrina.http.static import StaticFiles, static_handler
from vitrina.http.telemetry import TelemetryMiddleware
from vitrina.http.trace_output import traced
from vitrina.web.concealment import conceal, hides_existence, refuse_hidden
from vitrina.web.credentials import credential_routes
from vitrina.web.custom_page import custom_page
from vitrina.web.error_page import csrf_page_renderer
from vitrina.web.forbidden_page import error_renderer
from vitrina.web.limits import limited_site
from vitrina.web.replication.read_replicas import READ_REPLICAS, WithFreshness
from vitrina.web.reuse import AnswerCache
from vitrina.web.route_patterns import PATTERN_OF_ROUTE
from vitrina.web.routes import routes

if TYPE_CHECKING:
    from vitrina.execute.own_tokens import OwnTokens
    from vitrina.http.types import Actor, ASGIApp, Receive, Scope, Send
    from vitrina.web.site import Site

_MESSAGES = "messages"
_ROUTES = "register_routes"
_WRAPPER = "asgi_wrapper"


def open_application(site: Site, datasette: Any) -> TelemetryMiddleware:
    """The application, built once; plugin routes and wrappers are asked for now."""
    settings = site.settings
    application = Application(
        Router(_all_routes(site), _plugin_routes(site, datasette)),
        site,
        _ports(site, datasette),
        base_url=settings.base_url,
        cors=site.cors,
        force_https=settings.force_https_urls,
        max_post_body_bytes=settings.max_post_body_bytes,
    )
    return TelemetryMiddleware(application, settings.sql_time_limit_ms)


def _pattern_of(route: Route | PluginRoute) -> str:
    """The expression of a route, under which dashboards know it."""
    if isinstance(route, PluginRoute):
        return route.regex.pattern
    return PATTERN_OF_ROUTE.get(route.name, route.pattern)


def _all_routes(site: Site) -> list[Route]:
    static: dict[str, Any] = site.state["static"]
    mounts: dict[str, StaticFiles] = static["mounts"]
    table = [Route("static", "/-/static/{path*}", static_handler(static["built_in"]), ("*",), bare=True)]
    table += [
        Route(f"static-{mount}", f"/{mount}/{{path*}}", static_handler(files), ("*",), bare=True)
        for mount, files in mounts.items()
    ]
    for name, files in static["plugins"].items():
        for spelling in {name, name.replace("-", "_"), name.replace("_", "-")}:
            pattern = f"/-/static-plugins/{spelling}/{{path*}}"
            table.append(Route(f"static-plugin-{spelling}", pattern, static_handler(files), ("*",), bare=True))
    return [*table, *routes(site), *file_routes(site), *credential_routes(site), *replication_routes(site)]


def _plugin_routes(site: Site, datasette: Any) -> list[PluginRoute]:
    found: list[PluginRoute] = []
    for plugin, registered in site.hooks.call_named(_ROUTES, datasette=datasette):
        try:
            found += [PluginRoute(re.compile(regex), view, plugin) for regex, view in items_of(registered)]
        except re.error as error:
            bad = PluginError(f"A route of the plugin {plugin} is no regular expression: {error}")
            site.hooks.refuse(plugin, _ROUTES, bad)
    return found


def _wrappers(site: Site, datasette: Any) -> list[Callable[[ASGIApp], ASGIApp]]:
    """What plugins put around the application."""
    return [
        partial(_wrapped, site, plugin, wrapper)
        for plugin, wrapper in site.hooks.call_named(_WRAPPER, datasette=datasette)
        if wrapper is not None
    ]


def _wrapped(site: Site, plugin: str, wrapper: Callable[[ASGIApp], ASGIApp], app: ASGIApp) -> ASGIApp:
    """The application as the plugin wraps it; what the plugin raises there gets a note that names it."""
    try:
        outer = wrapper(app)
        if not callable(outer):
            raise PluginError(f"The plugin {plugin} wraps the application in {type(outer).__name__}: hook {_WRAPPER}")
    except Exception as error:  # noqa: BLE001 - a plugin call: raised again, or the plugin is left out
        site.hooks.refuse(plugin, _WRAPPER, error)
        return app

    async def named(scope: Scope, receive: Receive, send: Send) -> None:
        with blaming(plugin, _WRAPPER):
            await outer(scope, receive, send)

    return named


def _ports(site: Site, datasette: Any) -> Ports:
    hooks = site.hooks
    tokens: OwnTokens = site.state["tokens"]
    authenticator = Authenticator(
        site.signer,
        hooks,
        lambda: datasette,
        lambda: site.state.get("token_handlers", ()),
        client_address=address_reader(tokens.config.client_address),
    )

    async def startup() -> None:
        await datasette.invoke_startup()
        await start_replication(site)
        await datasette.start_background_tasks()

    async def handle_exception(request: Request, exception: Exception) -> Any:
        known = exception_for_plugins(exception)
        return await hooks.first("handle_exception", datasette=datasette, request=request, exception=known)

    async def forbidden(request: Request, message: str) -> Any:
        return await hooks.first("forbidden", datasette=datasette, request=request, message=message)

    async def authenticate(request: Request) -> Actor | None:
        await site.store.keep_current()
        if hooks.has("canned_queries"):
            await refresh_old_queries(site, datasette)
        return await authenticator.authenticate(request)

    hides = hides_existence(site)
    ports = Ports(
        pattern_of=_pattern_of,
        startup=startup,
        shutdown=datasette.invoke_shutdown,
        authenticate=authenticate,
        site_for=limited_site if tokens.macaroon is not None else None,
        render_error=error_renderer(site),
        render_csrf_error=csrf_page_renderer(site),
        skip_csrf=lambda scope: any(hooks.call("skip_csrf", datasette=datasette, scope=scope)),
        # Asked for each time: tests register plugins while an instance runs.
        handle_exception=handle_exception,
        forbidden=forbidden,
        refuse_hidden=partial(refuse_hidden, site) if hides else None,
        conceal=partial(conceal, site) if hides else None,
        custom_page=lambda request: custom_page(site, request),
        call_view=_view_caller(datasette),
        sign_messages=lambda value: site.signer.sign(value, _MESSAGES),
        unsign_messages=lambda value: _unsign_messages(site, value),
        wrappers=[
            *([partial(WithFreshness, site=site)] if READ_REPLICAS in site.state else []),
            *([traced] if site.settings.trace_debug else []),
            *([without_length] if hooks.has(_WRAPPER) else []),
            *_wrappers(site, datasette),
        ],
    )
    _keep_answers(site, ports)
    return ports


def _keep_answers(site: Site, ports: Ports) -> None:
    """Answer again with what was answered before, unless a plugin may see every request."""
    answers = AnswerCache(site)
    site.state["answers"] = answers
    # A plugin may make an actor of anything in the request, or wrap and see every request.
    if site.hooks.has("actor_from_request") or site.hooks.has(_WRAPPER) or site.settings.trace_debug:
        return

    async def cached(scope: Scope, actor: Actor | None) -> Answer | None:
        await site.store.keep_current()
        return await answers.find(scope, actor)

    ports.cached, ports.remember, ports.finished = cached, answers.remember, answers.finish


def _unsign_messages(site: Site, value: str) -> Any:
    try:
        return site.signer.unsign(value, _MESSAGES)
    except BadSignature:
        return None


def _view_caller(datasette: Any) -> Callable[..., Any]:
    """Calls a plugin's view with those arguments that its signature names."""

    async def call_view(view: Callable[..., Any], request: Request, send: Any) -> Any:
        result = call_with_supported_arguments(
            view, datasette=datasette, request=request, scope=request.scope, receive=request.receive, send=send
        )
        return await result if inspect.isawaitable(result) else await await_me_maybe(result)

    return call_view
