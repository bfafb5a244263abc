"""From a page's context to its response: what every page has in common, and the policy it is sent with."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jinja2 import Environment
from jinja2 import Template as JinjaTemplate
from markupsafe import Markup

from vitrina.access.actors import display_actor
from vitrina.hooks.blame import blaming
from vitrina.hooks.call import await_me_maybe, call_with_supported_arguments
from vitrina.hooks.calling import checked
from vitrina.hooks.manager import items_of
from vitrina.http.response import Response
from vitrina.render.byte_size import format_bytes
from vitrina.version import REFERENCE_VERSION, __version__
from vitrina.web.content_policy import PagePolicy
from vitrina.web.contributions import contributions_of, has_markup, note_markup, replaces
from vitrina.web.file_links import menu_files
from vitrina.web.page_assets import body_scripts, css_urls, js_urls
from vitrina.web.replication.read_replicas import data_as_of

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.render.templates import Selection
    from vitrina.web.site import Site

Names = str | Sequence[str]

_ENVIRONMENT = "jinja2_environment_from_request"

#: context values that are functions without arguments, perhaps asynchronous ones
_CALLED_BY_TEMPLATES = (
    "actions",
    "database_actions",
    "query_actions",
    "top_homepage",
    "top_database",
    "top_table",
    "top_row",
    "top_query",
    "top_stored_query",
)


async def render_page(
    site: Site,
    request: Request,
    names: Names,
    context: Mapping[str, Any],
    *,
    view_name: str | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Render a page and wrap it in a response.

    ``names`` are the templates to look for, first match wins. Adds the
    ``Link`` header to the page's JSON (before one given in ``headers``) and
    a content security policy.
    """
    environment = environment_for(site, request)
    selection = site.templates.select(names, environment)
    page = await _page_context(site, request, selection, context, view_name)
    if site.settings.template_debug and request.args.get("_context"):
        return Response.html(_context_as_html(page), headers=_page_headers(page, headers))
    built_in = selection.built_in and _parts_are_built_in(site, page, environment)
    body, policy = await _rendered(site, request, selection.name, page, environment, built_in=built_in)
    sent = _page_headers(page, headers)
    sent["content-security-policy"] = policy.header(sent.get("content-security-policy"))
    return Response.html(body, status=status, headers=sent)


async def render_with_policy(
    site: Site, request: Request, names: Names, context: Mapping[str, Any], view_name: str | None = None
) -> tuple[str, str]:
    """A page that is no view of its own, as text, and its content security policy."""
    environment = environment_for(site, request)
    selection = site.templates.select(names, environment)
    page = await _page_context(site, request, selection, context, view_name)
    body, policy = await _rendered(site, request, selection.name, page, environment, built_in=selection.built_in)
    return body, policy.header(None)


async def _rendered(
    site: Site, request: Request, name: str, page: dict[str, Any], environment: Environment, *, built_in: bool
) -> tuple[str, PagePolicy]:
    if built_in:
        # Called before the policy is made, which depends on what plugins answer.
        page = await _without_awaiting(page)
    elif "rows" in page:
        # Other people's templates want a real list of the rows of a table, which is made now.
        page["rows"] = list(page["rows"])
    policy = PagePolicy(site, request, page, contributions_of(request), built_in=built_in)
    page["csp_nonce"] = policy.nonce
    if built_in and not _may_await(site):
        return site.templates.render_built_in(name, page), policy
    return await site.templates.render(name, page, environment), policy


def _parts_are_built_in(site: Site, page: Mapping[str, Any], environment: Environment) -> bool:
    """Whether the templates that a page takes from its context are built in."""
    names = page.get("custom_table_templates")
    if not names or (environment is site.templates.environment and not site.templates.has_foreign):
        return True
    return site.templates.select(names, environment).built_in


async def render_text(
    site: Site,
    names: Names | JinjaTemplate,
    context: Mapping[str, Any] | None = None,
    request: Request | None = None,
    view_name: str | None = None,
) -> str:
    """Render any template with what every page has: the plugin-facing ``render_template``.

    Raises jinja2.TemplateNotFound when none of ``names`` exists.
    """
    if isinstance(names, JinjaTemplate):
        page = await _base_context(site, request, names.name, dict(context or {}), view_name)
        return await site.templates.render(names, page)
    environment = environment_for(site, request)
    selection = site.templates.select(names, environment)
    page = await _page_context(site, request, selection, context or {}, view_name)
    return await site.templates.render(selection.name, page, environment)


async def _page_context(
    site: Site, request: Request | None, selection: Selection, context: Mapping[str, Any], view_name: str | None
) -> dict[str, Any]:
    page = dict(context)
    page.setdefault("select_templates", list(selection.considered))
    return await _base_context(site, request, selection.name, page, view_name)


async def _base_context(
    site: Site, request: Request | None, template: str | None, page: dict[str, Any], view_name: str | None
) -> dict[str, Any]:
    """``page`` with the names that every template may use; the page's own names win over hooks only for the core's."""
    actor = request.actor if request is not None else None
    arguments = {
        "template": template,
        "database": page.get("database"),
        "table": page.get("table"),
        "columns": page.get("columns"),
        "view_name": view_name,
        "request": request,
        "datasette": site.facade,
    }
    base: dict[str, Any] = {
        **page,
        "request": request,
        "crumb_items": await _crumb_items(site, actor),
        "urls": site.urls,
        "actor": actor,
        "menu_links": await _menu_links(site, request, actor),
        "display_actor": display_actor,
        "show_logout": bool(actor and request is not None and "ds_actor" in request.cookies),
        "zip": zip,
        "format_bytes": format_bytes,
        "show_messages": _show_messages(request),
        "extra_css_urls": await css_urls(site, arguments),
        "extra_js_urls": await js_urls(site, arguments),
        "body_scripts": await body_scripts(site, arguments),
        "base_url": site.settings.base_url,
        "datasette_version": REFERENCE_VERSION,
        "vitrina_version": __version__,
        "data_as_of": data_as_of(site, page.get("database")),
    }
    for plugin, extra in await site.hooks.gather_named("extra_template_vars", **arguments):
        if replaces(base, extra):
            note_markup(request, plugin, "extra_template_vars")
        base.update(extra)
    return base


async def _crumb_items(site: Site, actor: Any) -> Any:
    access = await site.permissions.load(actor, ("view-instance", "view-database", "view-table"))

    def crumb_items(request: Any, database: str | None = None, table: str | None = None) -> list[dict[str, str]]:
        """Links from the home page down to the table, those that the actor may follow."""
        items = []
        if access.allowed("view-instance"):
            items.append({"href": site.urls.instance(), "label": "home"})
        if database and access.allowed("view-database", database):
            items.append({"href": site.urls.database(database), "label": database})
        # A table may be open in a database that is not.
        if database and table and access.allowed("view-table", database, table):
            items.append({"href": site.urls.table(database, table), "label": table})
        return items

    return crumb_items


async def _menu_links(site: Site, request: Request | None, actor: Any) -> Any:
    links = [*await menu_files(site, actor)]
    for plugin, items in await site.hooks.gather_named(
        "menu_links", datasette=site.facade, actor=actor, request=request
    ):
        added = list(items_of(items))
        if has_markup(added):
            note_markup(request, plugin, "menu_links")
        links += added
    for own in site.state.get("menu_links", ()):
        links += await own(site, actor)
    return lambda: links


def _show_messages(request: Request | None) -> Any:
    def show_messages() -> list[tuple[str, int]]:
        """Flash messages of this visitor, shown once: (text, type)."""
        if request is None:
            return []
        messages: list[tuple[str, int]] = request.state.get("messages") or []
        request.state["messages_shown"] = bool(messages)
        return messages

    return show_messages


def environment_for(site: Site, request: Request | None) -> Environment:
    """The shared environment, or what plugins make of it for this request."""
    environment = site.templates.environment
    if not site.hooks.has(_ENVIRONMENT):
        return environment
    # One after the other: each gets what the one before made of it.
    for implementation in reversed(getattr(site.hooks.pm.hook, _ENVIRONMENT).get_hookimpls()):
        plugin = str(implementation.plugin_name)
        with blaming(plugin, _ENVIRONMENT):
            made = call_with_supported_arguments(
                implementation.function, datasette=site.facade, request=request, env=environment
            )
            environment = checked(_ENVIRONMENT, plugin, made) or environment
    return environment


def _may_await(site: Site) -> bool:
    """Whether the page may hold something that is awaited while it is rendered."""
    return site.hooks.has("extra_template_vars") or site.hooks.has(_ENVIRONMENT)


async def _without_awaiting(page: dict[str, Any]) -> dict[str, Any]:
    """``page`` with its functions called beforehand, for the synchronous environment."""
    ready = dict(page)
    # The page of a query has one of these two places.
    unused = "top_query" if page.get("stored_query") else "top_stored_query"
    for name in _CALLED_BY_TEMPLATES:
        if name in page and name != unused:
            ready[name] = _answer(await await_me_maybe(page[name]))
    return ready


def _answer(value: Any) -> Any:
    return lambda: value


def _page_headers(page: Mapping[str, Any], headers: Mapping[str, str] | None) -> dict[str, str]:
    sent = {name.lower(): value for name, value in (headers or {}).items()}
    if page.get("alternate_url_json"):
        alternate = f'<{page["alternate_url_json"]}>; rel="alternate"; type="application/json+datasette"'
        sent["link"] = f"{alternate}, {sent['link']}" if "link" in sent else alternate
    return sent


def _context_as_html(page: Mapping[str, Any]) -> str:
    shown = json.dumps(page, default=repr, indent=4)
    return f"<pre>{html.escape(shown, quote=False)}</pre>"


def join_slots(parts: Iterable[Any]) -> Markup:
    """Texts that plugins put into one place of a page, one after the other, as HTML."""
    return Markup("".join(str(part) for part in parts if part is not None))
