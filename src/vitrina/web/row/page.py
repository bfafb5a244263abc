"""The handler of row pages: parse, decide, plan, execute, render."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vitrina.errors import NotFound
from vitrina.http.response import Response
from vitrina.plan.model import Wanted
from vitrina.render.csv import CsvEncoder
from vitrina.web.absolute import absolute_url
from vitrina.web.blob import blob_answer, wanted_column
from vitrina.web.csv_export import csv_response, parse_csv_options
from vitrina.web.extras import ROW, refuse_unknown_extras, requested_extras
from vitrina.web.output_renderers import output_renderers, run_renderer
from vitrina.web.page_headers import NO_REFERRER, page_headers
from vitrina.web.reuse import reusable
from vitrina.web.row.extras import compute_extras
from vitrina.web.row.html_page import add_cells, html_response, rendered_page
from vitrina.web.row.view import RowView, open_row
from vitrina.web.shapes import BARE, encode_page, parse_shape, shape_response
from vitrina.web.target import database_of, format_of

if TYPE_CHECKING:
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.http.request import Request
    from vitrina.web.site import Site

_PAGE: Wanted = frozenset(("incoming", "labels"))
_INCOMING: Wanted = frozenset(("incoming",))


async def row_page(site: Site, request: Request) -> Any:
    """``/DB/TABLE/PKS(.FORMAT)``.

    Raises Forbidden, TableNotFound, RowNotFound and BadRequest with the
    contract's messages.
    """
    database, format = database_of(site, request), format_of(request)
    match format:
        case "":
            requested_extras(request, ROW, strict=False)
            view = await open_row(site, request, database, wanted=_PAGE, editing=True)
            _note_reusable(view)
            return await html_response(view, page_headers(site, request, private=view.private))
        case "json":
            return await _json(site, request, database)
        case "csv":
            return await _csv(site, request, database)
        case "blob":
            return await _blob(site, request, database)
    view = await open_row(site, request, database)
    refuse_unknown_extras(request, ROW)
    if format not in output_renderers(site):
        raise NotFound(f"Invalid format: {format}", hint="Rows come as HTML, .json, .csv and .blob.")
    page = rendered_page(view)
    data = {**_envelope(view), "rows": page.rows, "columns": list(view.columns), **_key(view)}
    response = await run_renderer(site, request, format, page, data)
    if response.status == 200:
        response.headers.update(page_headers(site, request, private=view.private))
    return response


def _note_reusable(view: RowView) -> None:
    """As for table pages; a row of a view, or one whose labels come from one, is read each time."""
    plan, tables = view.plan, view.plan.catalog.tables
    names = [plan.table.name, *(label.other_table for label in plan.labels)]
    ordinary = all(name in tables and tables[name].kind == "table" for name in names)
    if ordinary and len(view.result.incoming) == len(plan.incoming):
        reusable(view.request, by_tables=True)


def _envelope(view: RowView) -> dict[str, Any]:
    return {"ok": True, "database": view.database.name, "table": view.table.name}


def _key(view: RowView) -> dict[str, Any]:
    return {
        "primary_keys": list(view.plan.pk_columns),
        "primary_key_values": list(view.plan.pk_values),
        "query_ms": view.result.query_ms,
    }


async def _json(site: Site, request: Request, database: SqliteDatabase) -> Response:
    extras = requested_extras(request, ROW, strict=False)
    wanted = _INCOMING if "foreign_key_tables" in extras else frozenset[str]()
    view = await open_row(site, request, database, extras=extras, wanted=wanted)
    refuse_unknown_extras(request, ROW)
    shape = parse_shape(request, headers=NO_REFERRER)
    if "render_cell" in extras:
        await add_cells(view, labels=False)
    extra_blocks = {} if shape.name in BARE else compute_extras(view)
    key = _key(view)
    ending = {**key, **extra_blocks, "query_ms": key["query_ms"], "truncated": False}
    _note_reusable(view)
    body = encode_page(
        shape, _envelope(view), view.columns, [view.row], row_keys=lambda rows: [view.row_path], ending=ending
    )
    return shape_response(shape, body, page_headers(site, request, private=view.private))


async def _csv(site: Site, request: Request, database: SqliteDatabase) -> Response:
    options = parse_csv_options(site, request)
    view = await open_row(site, request, database)
    refuse_unknown_extras(request, ROW)

    def blob_url(row: Any, at: int, value: bytes) -> str:
        url = site.urls.row_blob(database.name, view.table.name, view.own_path[0], view.columns[at])
        return absolute_url(site, request, url)

    encoder = CsvEncoder(view.columns, blob_url=blob_url)
    body = (encoder.header() if options.header else b"") + encoder.rows([view.row])
    return csv_response(options, body, {})


async def _blob(site: Site, request: Request, database: SqliteDatabase) -> Response:
    view = await open_row(site, request, database)
    refuse_unknown_extras(request, ROW)
    column = wanted_column(request, view.columns)
    value = view.row[view.columns.index(column)]
    headers = page_headers(site, request, private=view.private)
    return blob_answer(request, [value], [view.table.name, column], headers, row_path=view.row_path)
