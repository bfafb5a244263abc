"""A query's rows as CSV, and single values of it as downloads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vitrina.http.response import Response
from vitrina.render.csv import CsvEncoder
from vitrina.web.absolute import absolute_url
from vitrina.web.blob import blob_answer, wanted_column
from vitrina.web.csv_export import csv_response, parse_csv_options, query_chunks, stream_response
from vitrina.web.query_cells import blob_path

if TYPE_CHECKING:
    from vitrina.web.query_run import QueryView


async def query_csv(view: QueryView, headers: dict[str, str]) -> Response:
    """The rows as CSV; with ``_stream`` all of them, however many.

    Raises BadRequest where streaming was asked for and is off.
    """
    options = parse_csv_options(view.site, view.request)

    def blob_url(row: Sequence[Any], at: int, value: bytes) -> str:
        return absolute_url(view.site, view.request, blob_path(view, view.columns[at], value))

    if options.stream and view.result.truncated:
        trusted = view.stored is not None and view.stored.is_trusted
        chunks = query_chunks(
            view.site, view.database, view.sql, view.params, options, blob_url=blob_url, untrusted=not trusted
        )
        return await stream_response(view.request, options, chunks, headers)
    encoder = CsvEncoder(view.columns, blob_url=blob_url)
    head = encoder.header() if options.header else b""
    return csv_response(options, head + encoder.rows(view.rows), headers)


def query_blob(view: QueryView, headers: dict[str, str]) -> Response:
    """One value of the column ``_blob_column``, that with the digest ``_blob_hash`` where it is given.

    Raises BadRequest where there is no such column or value.
    """
    column = wanted_column(view.request, view.columns)
    at = view.columns.index(column)
    return blob_answer(view.request, (row[at] for row in view.rows), [column], headers)
