"""Lists of stored queries, of one database or of all, and the definition of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from vitrina.errors import BadRequest
from vitrina.http.paths import own_path
from vitrina.http.response import Response
from vitrina.web.absolute import absolute_url, alternate_json
from vitrina.web.page import render_page
from vitrina.web.query_search import QueryFilters, filter_choices, narrow, page_of, parse_filters, parse_limit
from vitrina.web.query_view import query_with_private
from vitrina.web.target import database_of, format_of, named
from vitrina.web.unstable import UNSTABLE

if TYPE_CHECKING:
    from vitrina.catalog.stored import StoredQuery
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.execute.permissions import Access
    from vitrina.http.request import Request
    from vitrina.web.site import Site

_JSON_SIZE, _HTML_SIZE = 50, 20


async def database_queries_page(site: Site, request: Request) -> Response:
    """``/DB/-/queries``: the stored queries of one database that the actor may view."""
    return await _list(site, request, database_of(site, request))


async def instance_queries_page(site: Site, request: Request) -> Response:
    """``/-/queries``: those of every database."""
    return await _list(site, request, None)


def visible_queries(site: Site, access: Access, database: str | None = None) -> list[StoredQuery]:
    """Stored queries the actor may view, of one database or of all that are served."""
    visible: list[StoredQuery] = []
    for name in [database] if database is not None else site.databases:
        queries = site.store.snapshot.queries_of(name)
        allowed = set(access.children("view-query", name, [query.name for query in queries]))
        visible += [query for query in queries if query.name in allowed]
    return visible


async def _list(site: Site, request: Request, database: SqliteDatabase | None) -> Response:
    as_json = format_of(request) == "json"
    maximum = site.settings.max_returned_rows
    try:
        limit = parse_limit(request.args.get("_size"), _JSON_SIZE if as_json else _HTML_SIZE, maximum)
        filters = parse_filters(request.args.get)
    except BadRequest as error:
        # in JSON, whoever asks
        return Response.error(error.messages, 400)
    access = await site.permissions.load(request.actor, ("view-query",))
    found = visible_queries(site, access, database.name if database else None)
    page = page_of(narrow(found, filters), request.args.get("_next"), limit, with_database=database is None)
    next_url = None
    if page.next:
        next_url = absolute_url(site, request, _with_arguments(request, own_path(request), _next=page.next))
    body: dict[str, Any] = {
        "ok": True,
        "database": database.name if database else None,
        "database_color": database.color if database else None,
        "queries": [query_with_private(access, query) for query in page.queries],
        "next": page.next,
        "next_url": next_url,
        "limit": limit,
        "show_private_note": any(query.is_private for query in page.queries),
        "show_trusted_note": any(query.is_trusted for query in page.queries),
        "query_list_path": _list_path(site, database),
        "show_database": database is None,
        "facets": _facets(site, request, found, filters, database),
        "filters": {name: request.args.get(name) or "" for name in QueryFilters.__dataclass_fields__},
    }
    if as_json:
        return Response.json(body)
    body["alternate_url_json"] = alternate_json(site, request)
    view_name = "query-list" if database else "global-query-list"
    return await render_page(site, request, ["query_list.html"], body, view_name=view_name)


def _list_path(site: Site, database: SqliteDatabase | None) -> str:
    return f"{site.urls.database(database.name)}/-/queries" if database else site.urls.path("/-/queries")


def _facets(
    site: Site, request: Request, found: list[StoredQuery], filters: QueryFilters, database: SqliteDatabase | None
) -> list[dict[str, Any]]:
    path = _list_path(site, database)
    groups = []
    for title, choices in filter_choices(found, filters):
        items = []
        for choice in choices:
            value = None if choice.active else choice.value
            href = _with_arguments(request, path, _next=None, **{choice.argument: value})
            items.append({"label": choice.label, "count": choice.count, "href": href, "active": choice.active})
        groups.append({"title": title, "items": items})
    return groups


def _with_arguments(request: Request, path: str, **replaced: str | None) -> str:
    """``path`` with the page's arguments, some replaced (and moved to the end) or, where None, left out."""
    pairs = [(key, value) for key, value in request.pairs if key not in replaced]
    pairs += [(key, value) for key, value in replaced.items() if value is not None]
    return f"{path}?{urlencode(pairs)}" if pairs else path


async def query_definition_page(site: Site, request: Request) -> Response:
    """``/DB/QUERY/-/definition``: everything that is stored about a query, as JSON."""
    database = database_of(site, request)
    query = site.store.snapshot.query(database.name, named(request, "query"))
    if query is None:
        return Response.error([f"Query not found: {named(request, 'query')}"], 404)
    access = await site.permissions.load(request.actor, ("view-query",))
    if not access.allowed("view-query", database.name, query.name):
        return Response.error(["Permission denied"], 403)
    return Response.json({"ok": True, "unstable": UNSTABLE, "query": query.as_dict()})
