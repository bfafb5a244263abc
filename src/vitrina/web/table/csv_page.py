"""The CSV of a table page, one page of it or all rows."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vitrina.engine.protocols import Budget, CatalogChanged
from vitrina.errors import Conflict
from vitrina.execute.labels import LabelLookups
from vitrina.execute.stream import open_stream, spool_query
from vitrina.execute.table import run_table
from vitrina.http.paths import path_with_added_args, path_with_format
from vitrina.http.response import Response
from vitrina.plan.limits import page_size
from vitrina.render.blob import blob_hash
from vitrina.render.csv import BlobUrl, CsvEncoder
from vitrina.web.csv_export import (
    STREAM_TIME_FACTOR,
    CsvOptions,
    csv_response,
    parse_csv_options,
    query_chunks,
    stream_response,
)
from vitrina.web.extras import TABLE, refuse_unknown_extras
from vitrina.web.page_headers import page_headers
from vitrina.web.table.facets import check_facet_columns
from vitrina.web.table.planning import open_view, visible_table
from vitrina.web.table.view import TableView, row_path

if TYPE_CHECKING:
    from vitrina.engine.protocols import Reader
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.engine.sqlite.session import ReadSession
    from vitrina.http.request import Request
    from vitrina.web.site import Site

#: rows that one hop of a stream reads
_BATCH = 2000
# The end of every page's statement.
_LIMIT = re.compile(r" limit \d+( offset \d+)?\Z")
#: arguments that have no meaning for CSV
_LEFT_OUT = ("_shape", "_nl", "_extra")


async def table_csv(site: Site, request: Request, database: SqliteDatabase, name: str) -> Response:
    """The page's rows as CSV, or with ``_stream`` all of them."""
    await visible_table(site, request, database, name, editing=False)
    if request.args.get("_stream"):
        page_size(request.args.get("_size"), {}, site.settings)
    options = parse_csv_options(site, request)
    pairs = [pair for pair in request.pairs if pair[0] not in _LEFT_OUT]
    # Pages of no rows end at once.
    if options.stream and request.args.get("_size") != "0":
        return await _stream(site, request, database, name, options, pairs)
    view = await open_view(site, request, database, name, format="csv", pairs=pairs)
    check_facet_columns(view)

    def job(reader: Reader) -> bytes:
        view.outcome = run_table(reader, view.plan)
        encoder = _encoder(view, view.plan.columns, view.outcome.labels)
        return (encoder.header() if options.header else b"") + encoder.rows(view.selected_rows)

    body = await database.read(job, catalog=view.plan.catalog)
    refuse_unknown_extras(request, TABLE)
    return csv_response(options, body, page_headers(site, request, private=view.private))


async def _stream(
    site: Site,
    request: Request,
    database: SqliteDatabase,
    name: str,
    options: CsvOptions,
    pairs: Sequence[tuple[str, str]],
) -> Response:
    # Batches are as large as suits the export, whatever the page size is.
    settings = replace(site.settings, max_returned_rows=_BATCH, default_page_size=_BATCH)
    kept = [*(pair for pair in pairs if pair[0] != "_size"), ("_size", str(_BATCH))]
    view = await open_view(
        site, request, database, name, format="csv", pairs=kept, stable_order=True, settings=settings
    )
    check_facet_columns(view)
    refuse_unknown_extras(request, TABLE)
    if _has_key_order(view):
        chunks = _key_chunks(view, options, kept, settings)
    elif view.plan.label_columns:
        chunks = _labelled_chunks(view, options)
    else:
        chunks = query_chunks(
            site,
            database,
            _LIMIT.sub("", view.plan.sql),
            view.plan.params,
            options,
            blob_url=_blob_url(view, view.plan.columns),
            untrusted=view.plan.uses_untrusted_sql,
        )
    return await stream_response(request, options, chunks, page_headers(site, request, private=view.private))


def _has_key_order(view: TableView) -> bool:
    """True where batches can go on from the last key without sorting everything again."""
    return bool(view.plan.pk_columns) and view.plan.sort is None and view.plan.sort_desc is None


async def _key_chunks(
    view: TableView, options: CsvOptions, pairs: Sequence[tuple[str, str]], settings: Any
) -> AsyncGenerator[bytes, None]:
    """Batches in the order of the primary key, each planned and read on its own.

    Raises Conflict where the table gets other columns or another key
    meanwhile: half of the file is sent already, and cannot be begun again.
    """
    encoder: CsvEncoder | None = None
    shape, token = (view.plan.columns, view.plan.pk_columns), None
    async with open_stream(view.database) as session:
        while True:
            try:
                chunk, token, encoder = await _next_batch(session, view, options, encoder)
            except CatalogChanged:
                if encoder is None:
                    raise
                # Something else in the file was altered: the same batch again.
            else:
                yield chunk
                if token is None:
                    return
            view = await open_view(
                view.site,
                view.request,
                view.database,
                view.name,
                format="csv",
                pairs=[*pairs, ("_next", str(token))],
                stable_order=True,
                settings=settings,
            )
            if (view.plan.columns, view.plan.pk_columns) != shape:
                raise Conflict("The table was altered while it was exported")


async def _next_batch(
    session: ReadSession, view: TableView, options: CsvOptions, encoder: CsvEncoder | None
) -> tuple[bytes, str | None, CsvEncoder]:
    def job(reader: Reader) -> tuple[bytes, str | None, CsvEncoder]:
        result = view.outcome = run_table(reader, view.plan)
        used = _encoder(view, view.plan.columns, result.labels) if encoder is None else encoder
        used.labels = dict(result.labels)
        head = used.header() if encoder is None and options.header else b""
        return head + used.rows(view.selected_rows), result.next_token, used

    return await session.read(job, catalog=view.plan.catalog)


async def _labelled_chunks(view: TableView, options: CsvOptions) -> AsyncGenerator[bytes, None]:
    """All rows of a sorted table, read at once into a temporary file and labelled as they come out of it."""
    plan = view.plan
    async with open_stream(view.database) as session:
        spooled = await spool_query(
            session,
            _LIMIT.sub("", plan.sql),
            plan.params,
            time_limit_ms=plan.time_limit_ms * (STREAM_TIME_FACTOR if view.database.pool.num_sql_threads else 1),
            max_bytes=options.max_bytes * 4 if options.max_bytes else None,
            untrusted=plan.uses_untrusted_sql,
        )
        try:
            encoder = _encoder(view, spooled.columns, {})
            head = encoder.header() if options.header else b""
            async for rows in spooled.batches():
                if plan.labels:
                    encoder.labels = await _labels_of(session, view, spooled.columns, rows)
                yield head + encoder.rows(rows)
                head = b""
            if head:
                yield head
        finally:
            spooled.close()


async def _labels_of(
    session: ReadSession, view: TableView, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> dict[str, Mapping[Any, Any]]:
    def job(reader: Reader) -> dict[str, Mapping[Any, Any]]:
        plans = view.plan.labels
        lookups = LabelLookups(reader, Budget.of(view.plan.rest_time_limit_ms), view.plan.count_time_limit_ms)
        for plan in plans:
            at = columns.index(plan.column)
            lookups.add(plan, [row[at] for row in rows])
        return {plan.column: lookups.labels(plan) for plan in plans}

    return await session.read(job)


def _encoder(view: TableView, columns: Sequence[str], labels: Mapping[str, Mapping[Any, Any]]) -> CsvEncoder:
    return CsvEncoder(
        columns,
        labels=labels,
        labelled=view.plan.label_columns,
        blob_url=_blob_url(view, columns),
    )


def _blob_url(view: TableView, columns: Sequence[str]) -> BlobUrl:
    positions = view.plan.pk_positions
    database, name = view.database.name, view.name

    def of_row(row: Sequence[Any], at: int, value: bytes) -> str:
        path, _ = row_path(row, positions)
        return view.absolute(view.site.urls.row_blob(database, name, path, columns[at]))

    def of_page(row: Sequence[Any], at: int, value: bytes) -> str:
        # Rows of a view have no address; the value is found again by its digest.
        path = path_with_format(request=view.request, format="blob", replace_format="csv")
        wanted = [("_blob_column", columns[at]), ("_blob_hash", blob_hash(value))]
        return view.absolute(path_with_added_args(view.request, wanted, path=path.partition("?")[0]))

    return of_row if positions else of_page
