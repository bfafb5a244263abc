"""What all CSV answers share: options, size limit, headers, and sending while reading."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

from markupsafe import escape

from vitrina.engine.protocols import Params
from vitrina.errors import BadRequest, VitrinaError
from vitrina.execute.stream import open_stream
from vitrina.http.header_text import attachment
from vitrina.http.response import Response
from vitrina.http.streaming import AsgiStream, AsgiWriter
from vitrina.render.csv import BlobUrl, CsvEncoder
from vitrina.render.proof import CsvProof

if TYPE_CHECKING:
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.engine.sqlite.reader import SqliteReader
    from vitrina.http.request import Request
    from vitrina.web.site import Site

TEXT_TYPE = "text/plain; charset=utf-8"
FILE_TYPE = "text/csv; charset=utf-8"

#: an export reads everything, so it may take this many times as long as a page
STREAM_TIME_FACTOR = 60
_MEGABYTE = 1024 * 1024
_CHUNK_BYTES = 256 * 1024
#: rows encoded together
_BATCH = 2000


@dataclass(frozen=True, slots=True)
class CsvOptions:
    """How the CSV was asked for; ``max_bytes`` None is no limit, ``proof`` asks for a last line about the others."""

    header: bool
    download: bool
    stream: bool
    debug: bool
    max_bytes: int | None
    file_name: str
    proof: bool = False


def parse_csv_options(site: Site, request: Request) -> CsvOptions:
    """The options in the query string and the settings.

    Raises BadRequest where streaming is off, or asked for with ``_next``.
    """
    args = request.args
    stream = bool(args.get("_stream"))
    if stream and not site.settings.allow_csv_stream:
        raise BadRequest("CSV streaming is disabled", hint="The setting allow_csv_stream turns it on.")
    if stream and args.get("_next"):
        raise BadRequest("_next not allowed for CSV streaming", hint="A stream always has every row.")
    name = request.url_vars.get("table") or request.url_vars["database"]
    megabytes = site.settings.max_csv_mb
    return CsvOptions(
        header=args.get("_header") != "off",
        download=bool(args.get("_dl")),
        stream=stream,
        debug=bool(args.get("_trace")),
        max_bytes=megabytes * _MEGABYTE if megabytes else None,
        file_name=f"{name}.csv",
        proof=bool(args.get("_proof")),
    )


def csv_headers(options: CsvOptions, headers: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """The headers and the content type of the answer."""
    sent = {name: value for name, value in headers.items() if name.lower() != "link"}
    if not options.download:
        return sent, TEXT_TYPE
    sent["Content-Disposition"] = attachment(options.file_name)
    return sent, FILE_TYPE


def csv_response(options: CsvOptions, body: bytes, headers: Mapping[str, str]) -> Response:
    """A CSV that is already there; longer ones than allowed are cut off with a word about it."""
    parts = _limited(options, body, 0)
    if options.proof and len(parts) == 1:
        proof = CsvProof()
        proof.update(body)
        parts.append(proof.trailer(header=options.header))
    body = b"".join(parts)
    sent, content_type = csv_headers(options, headers)
    if options.debug:
        return debug_response(body, sent)
    return Response(body, headers=sent, content_type=content_type)


def debug_response(body: bytes, headers: Mapping[str, str]) -> Response:
    """The CSV inside an HTML page, where browsers do not offer it as a file."""
    shown = escape(body.decode("utf-8", "replace"))
    page = f'<html><head><title>CSV debug</title></head><body><textarea rows="40" cols="120">{shown}</textarea></body>'
    return Response.html(f"{page}</html>", headers={**headers, "Content-Security-Policy": "default-src 'none'"})


def _limited(options: CsvOptions, chunk: bytes, sent: int) -> list[bytes]:
    """``chunk`` where it still fits, else the lines of it that do and a word about the rest."""
    limit = options.max_bytes
    if limit is None or sent + len(chunk) <= limit:
        return [chunk]
    end = chunk.rfind(b"\r\n", 0, max(limit - sent, 0))
    return [chunk[: end + 2] if end >= 0 else b"", f"CSV contains more than {limit} bytes".encode()]


async def limited_chunks(options: CsvOptions, chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """``chunks`` up to the size limit; an error after the first one becomes text at the end.

    The proof, where it was asked for, follows only what is whole.
    """
    sent = 0
    proof = CsvProof() if options.proof else None
    try:
        async for chunk in chunks:
            parts = _limited(options, chunk, sent)
            for part in parts:
                yield part
            if len(parts) > 1:
                return
            sent += len(chunk)
            if proof is not None:
                proof.update(chunk)
        if proof is not None:
            yield proof.trailer(header=options.header)
    except VitrinaError as error:
        if not sent:
            raise
        yield error.message.encode("utf-8", "replace")


async def stream_response(
    request: Request, options: CsvOptions, chunks: AsyncGenerator[bytes, None], headers: Mapping[str, str]
) -> Response:
    """An answer that is sent while ``chunks`` are made.

    The first one is made before anything is sent, so that errors in the
    request still get their status. ``chunks`` is closed in any case.
    """
    limited = limited_chunks(options, chunks)
    try:
        first = await anext(limited, b"")
        if options.debug:
            body = first + b"".join([chunk async for chunk in limited])
            await _close(limited, chunks)
            return debug_response(body, csv_headers(options, headers)[0])
        if request.method == "HEAD":
            await _close(limited, chunks)
    except BaseException:
        await _close(limited, chunks)
        raise

    async def send(writer: AsgiWriter) -> None:
        try:
            await writer.write(first)
            async for chunk in limited:
                await writer.write(chunk)
        finally:
            await _close(limited, chunks)

    sent, content_type = csv_headers(options, headers)
    return AsgiStream(send, headers=sent, content_type=content_type)


async def _close(*generators: AsyncGenerator[bytes, None]) -> None:
    for generator in generators:
        await generator.aclose()


async def query_chunks(
    site: Site,
    database: SqliteDatabase,
    sql: str,
    params: Params,
    options: CsvOptions,
    *,
    blob_url: BlobUrl | None = None,
    untrusted: bool = True,
) -> AsyncGenerator[bytes, None]:
    """Every row of a statement as CSV.

    The statement runs to its end into a temporary file first (one hop), so
    that a slow client never holds a transaction open. Raises InvalidSQL or
    QueryInterrupted where there is no first row; a later error follows the
    rows that there are.
    """
    # Without threads of its own an export stands in everybody's way, so it gets no more time than a page.
    factor = STREAM_TIME_FACTOR if database.pool.num_sql_threads else 1
    time_limit_ms = site.settings.sql_time_limit_ms * factor

    def job(reader: SqliteReader) -> _Spool:
        columns, rows = reader.iterate(sql, params, time_limit_ms=time_limit_ms, untrusted=untrusted)
        return _spool(CsvEncoder(columns, blob_url=blob_url), rows, options)

    async with open_stream(database) as session:
        spool = await session.read(job)
        try:
            # Whole lines, so that the size limit can cut between two of them.
            while chunk := await session.run(lambda: spool.file.read(_CHUNK_BYTES) + spool.file.readline()):
                yield chunk
        finally:
            spool.file.close()
    if spool.error is not None:
        raise spool.error


@dataclass(frozen=True, slots=True)
class _Spool:
    """A CSV in a temporary file, and what ended it early."""

    file: IO[bytes]
    error: VitrinaError | None


def _spool(encoder: CsvEncoder, rows: Iterator[tuple[Any, ...]], options: CsvOptions) -> _Spool:
    """Write the CSV of ``rows``, not much more of it than will be sent."""
    file = tempfile.SpooledTemporaryFile(max_size=_MEGABYTE)  # noqa: SIM115 - closed with the stream
    error: VitrinaError | None = None
    try:
        if options.header:
            file.write(encoder.header())
        while batch := list(islice(rows, _BATCH)):
            file.write(encoder.rows(batch))
            if options.max_bytes is not None and file.tell() > options.max_bytes:
                break
    except VitrinaError as failure:
        error = failure
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return _Spool(file, error)
