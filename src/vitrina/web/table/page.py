"""The handler of table and view pages: parse, decide, plan, execute, render."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from vitrina.errors import NotFound
from vitrina.execute.table import run_table
from vitrina.http.paths import own_path
from vitrina.http.response import Response
from vitrina.plan.model import Wanted
from vitrina.plan.redirects import form_redirect
from vitrina.web.extras import TABLE, refuse_unknown_extras, requested_extras, with_implied
from vitrina.web.output_renderers import output_renderers, run_renderer
from vitrina.web.page_headers import NO_REFERRER, page_headers
from vitrina.web.reuse import reusable
from vitrina.web.shapes import BARE, Shape, check_infinity, parse_shape, shape_response
from vitrina.web.table import foreign
from vitrina.web.table.blob_page import table_blob
from vitrina.web.table.csv_page import table_csv
from vitrina.web.table.facets import check_facet_columns
from vitrina.web.table.html_page import build_context, html_response
from vitrina.web.table.json_page import encode_json, envelope
from vitrina.web.table.planning import find_table, open_view, visible_table
from vitrina.web.table.view import TableView
from vitrina.web.target import database_of, format_of, named

if TYPE_CHECKING:
    from vitrina.engine.protocols import Reader
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.http.request import Request
    from vitrina.web.site import Site

_EVERYTHING: Wanted = frozenset(("count", "facets", "suggestions", "labels"))
_OF_EXTRA = {
    "count": "count",
    "count_truncated": "count",
    "facet_results": "facets",
    "facets_timed_out": "facets",
    "sorted_facet_results": "facets",
    "suggested_facets": "suggestions",
}


async def table_page(site: Site, request: Request) -> Any:
    """``/DB/TABLE(.FORMAT)`` for a table or view that exists.

    Raises TableNotFound, Forbidden and BadRequest with the contract's messages.
    """
    database, name, format = database_of(site, request), named(request, "table"), format_of(request)
    redirected = form_redirect(request.pairs) if request.pairs else None
    if redirected is not None:
        return await send_on(site, request, database, name, redirected)
    match format:
        case "":
            return await _html(site, request, database, name)
        case "json":
            return await _json(site, request, database, name)
        case "csv":
            return await table_csv(site, request, database, name)
        case "blob":
            return await table_blob(site, request, database, name)
    if format in output_renderers(site):
        return await _plugin_format(site, request, database, name, format)
    await find_table(database, name)
    await visible_table(site, request, database, name, editing=False)
    refuse_unknown_extras(request, TABLE)
    raise NotFound(f"Invalid format: {format}", hint="Tables come as HTML, .json and .csv.")


async def send_on(
    site: Site, request: Request, database: SqliteDatabase, name: str, pairs: list[tuple[str, str]]
) -> Response:
    """Send the filter form's request on to the address that it means."""
    await find_table(database, name)
    await visible_table(site, request, database, name, editing=False)
    url = str(own_path(request)) + (f"?{urlencode(pairs)}" if pairs else "")
    return Response.redirect(url, headers={**NO_REFERRER, "Link": f"<{url}>; rel=preload"})


async def _json(site: Site, request: Request, database: SqliteDatabase, name: str) -> Response:
    extras = with_implied(requested_extras(request, TABLE, strict=False))
    shape = parse_shape(request, strict=False)
    if shape.name in BARE:
        extras, wanted = (), frozenset[str]()
    else:
        extras = _with_facets(request, extras)
        wanted = _wanted(site, extras)
    view = await open_view(site, request, database, name, format="json", extras=extras, wanted=wanted)
    if shape.name in BARE:
        check_facet_columns(view)
    if foreign.needs_foreign(view, cells="render_cell" in extras):
        body, next_url = await _foreign_json(view, shape)
    else:
        body, next_url = await database.read(_json_job(view, shape), catalog=view.plan.catalog)
    check_infinity(request)
    _note_reusable(view)
    headers = page_headers(site, request, private=view.private, next_url=next_url)
    return shape_response(shape, body, headers)


def _wanted(site: Site, extras: tuple[str, ...]) -> Wanted:
    """What the engine is asked for; facets of plugins are told how many rows there are."""
    wanted = frozenset(_OF_EXTRA[extra] for extra in extras if extra in _OF_EXTRA)
    return wanted | {"count"} if "facets" in wanted and foreign.facet_classes(site) else wanted


def _with_facets(request: Request, extras: tuple[str, ...]) -> tuple[str, ...]:
    """Any facet argument implies the facets' results."""
    asked = any(key == "_facet" or key.startswith("_facet_") for key, _ in request.pairs)
    if "facet_results" in extras or not asked:
        return extras
    return (*extras, "facet_results")


def _json_job(view: TableView, shape: Shape) -> Any:
    def job(reader: Reader) -> tuple[bytes, str | None]:
        view.outcome = run_table(reader, view.plan)
        next_url = view.next_url()
        return encode_json(view, shape, next_url), next_url

    return job


async def _run(view: TableView) -> None:
    view.outcome = await view.database.read(lambda reader: run_table(reader, view.plan), catalog=view.plan.catalog)


async def _foreign_json(view: TableView, shape: Shape) -> tuple[bytes, str | None]:
    await _run_with_plugins(view)
    await foreign.transform_values(view)
    next_url = view.next_url()
    return encode_json(view, shape, next_url), next_url


async def _run_with_plugins(view: TableView) -> None:
    """Run the page, and let plugins add what its extras ask for."""
    await _run(view)
    extras = view.extras
    await foreign.add_facets(
        view,
        results=any(_OF_EXTRA.get(extra) == "facets" for extra in extras),
        suggest="suggested_facets" in extras,
    )
    if "render_cell" in extras:
        await foreign.add_cells(view, skip_link=False)
    if "renderers" in extras:
        await foreign.add_renderers(view)


async def _html(site: Site, request: Request, database: SqliteDatabase, name: str) -> Response:
    requested_extras(request, TABLE, strict=False)
    view = await open_view(site, request, database, name, format="", wanted=_EVERYTHING)
    if foreign.needs_foreign(view, cells=True):
        await _run(view)
        await foreign.add_facets(view, results=True, suggest=view.plan.suggestions is not None)
        await foreign.add_cells(view, skip_link=True)
        await foreign.add_renderers(view)
        next_url = view.next_url()
        context = build_context(view, next_url)
    else:
        context, next_url = await database.read(_html_job(view), catalog=view.plan.catalog)
    _note_reusable(view)
    headers = page_headers(site, request, private=view.private, next_url=next_url)
    return await html_response(view, context, headers)


def _note_reusable(view: TableView) -> None:
    """Ordinary tables change only with their file; a view or a person's SQL may look at the clock, or at chance."""
    plan, tables = view.plan, view.plan.catalog.tables
    names = [plan.table.name, *(label.other_table for label in plan.expandable)]
    ordinary = all(name in tables and tables[name].kind == "table" for name in names)
    if ordinary and not plan.uses_untrusted_sql and view.result.complete:
        reusable(view.request, by_tables=True)


def _html_job(view: TableView) -> Any:
    def job(reader: Reader) -> tuple[dict[str, Any], str | None]:
        view.outcome = run_table(reader, view.plan)
        next_url = view.next_url()
        return build_context(view, next_url), next_url

    return job


async def _plugin_format(site: Site, request: Request, database: SqliteDatabase, name: str, format: str) -> Response:
    extras = _with_facets(request, with_implied(requested_extras(request, TABLE, strict=False)))
    wanted = _wanted(site, extras)
    view = await open_view(site, request, database, name, format=format, extras=extras, wanted=wanted)
    await _run_with_plugins(view)
    refuse_unknown_extras(request, TABLE)
    next_url = view.next_url()
    page = foreign.rendered_page(view)
    data = {**envelope(view, next_url), "rows": page.rows}
    response = await run_renderer(site, request, format, page, data)
    if response.status == 200:
        response.headers.update(page_headers(site, request, private=view.private, next_url=next_url))
    return response
