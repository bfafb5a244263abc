"""Inserts and upserts whose body is CSV, TSV or NDJSON of any length."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Any

from vitrina.catalog.model import Table
from vitrina.errors import Forbidden, InvalidBody, NotFound, VitrinaError
from vitrina.execute.imports.load import Loader
from vitrina.execute.imports.planning import Wishes, plan_import
from vitrina.execute.imports.report import ImportReport
from vitrina.execute.imports.run import run_import
from vitrina.execute.imports.source import Format, Source, open_source
from vitrina.execute.imports.upload import LARGEST, spool
from vitrina.hooks.events import Event, InsertRowsEvent, UpsertRowsEvent
from vitrina.http.response import Response
from vitrina.plan.imports.model import Mode
from vitrina.web.imports.check import column_type_check
from vitrina.web.target import current_catalog, named
from vitrina.web.write.durable import durable_by_address
from vitrina.web.write.insert import insert_rows, upsert_rows
from vitrina.web.write.refusals import database_or_404, refuse_immutable, refusing_in_json
from vitrina.web.write.repeated import answered_once, key_name

if TYPE_CHECKING:
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.execute.permissions import Access
    from vitrina.http.request import Request
    from vitrina.web.site import Site

#: content type → format
STREAMED: Mapping[str, Format] = {
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
}
#: arguments in the query string
ARGUMENTS = ("_batch", "_ignore", "_replace", "_strict", "_null", "_empty_null", "_delimiter")
_YES = ("1", "on", "true")
_BLOCK = 1024 * 1024


async def insert_any(site: Site, request: Request) -> Response:
    """``/DB/TABLE/-/insert``: rows in JSON, or a whole file in the body."""
    kind = _streamed(request)
    return await (insert_rows(site, request) if kind is None else _stream(site, request, kind, upsert=False))


async def upsert_any(site: Site, request: Request) -> Response:
    """``/DB/TABLE/-/upsert``: rows in JSON, or a whole file in the body."""
    kind = _streamed(request)
    return await (upsert_rows(site, request) if kind is None else _stream(site, request, kind, upsert=True))


def _streamed(request: Request) -> Format | None:
    content_type = (request.header(b"content-type") or "").partition(";")[0].strip().lower()
    return STREAMED.get(content_type)


async def _stream(site: Site, request: Request, kind: Format, *, upsert: bool) -> Response:
    async def answer(site: Site, request: Request) -> Response:
        return await _insert(site, request, kind, upsert=upsert)

    return await refusing_in_json(durable_by_address(answer))(site, request)


async def _insert(site: Site, request: Request, kind: Format, *, upsert: bool) -> Response:
    database = database_or_404(site, request)
    name = named(request, "table")
    catalog = await current_catalog(database)
    table = catalog.tables.get(name)
    if table is None:
        raise NotFound(f"Table not found: {name}" if name in catalog.views else "Table not found")
    access = await site.permissions.load(request.actor, ("insert-row", "update-row"))
    wishes = parse_arguments(request, name, upsert=upsert)
    check_mode(access, database.name, name, wishes.mode)
    refuse_immutable(database)
    key = key_name(site, request)
    file = await spool(request.body_chunks(), database.pool.run, largest=largest_file(site))

    async def load() -> Response:
        return await _load(site, request, database, table, file, kind, wishes)

    if key is None:
        try:
            return await load()
        finally:
            file.close()
    try:
        content = await database.pool.run(lambda: _digest_of(file))
    except BaseException:
        file.close()
        raise
    return await answered_once(site, request, key, content, load, close=file.close)


def _digest_of(file: IO[bytes]) -> bytes:
    digest = hashlib.sha256()
    file.seek(0)
    while block := file.read(_BLOCK):
        digest.update(block)
    return digest.digest()


def check_mode(access: Access, database: str, table: str, mode: Mode) -> None:
    """Raise Forbidden unless the actor may insert, and update where the mode changes rows."""
    may_insert, may_update = (access.allowed(action, database, table) for action in ("insert-row", "update-row"))
    if mode == "upsert" and not (may_insert and may_update):
        raise Forbidden("Permission denied: need both insert-row and update-row")
    if not may_insert:
        raise Forbidden("Permission denied")
    if mode == "replace" and not may_update:
        raise Forbidden('Permission denied: need update-row to use "replace"')


def largest_file(site: Site) -> int:
    """Bytes that an imported file may have: ``vitrina: {max_import_bytes: N}``."""
    own = site.config.raw.get("vitrina")
    given = own.get("max_import_bytes") if isinstance(own, Mapping) else None
    return given if type(given) is int and given > 0 else LARGEST


def parse_arguments(request: Request, table: str, *, upsert: bool) -> Wishes:
    """What the query string asks for. Raises InvalidBody."""
    args = request.args
    ignore, replace = args.get("_ignore") in _YES, args.get("_replace") in _YES
    if ignore and replace:
        raise InvalidBody("Cannot use _ignore and _replace at the same time")
    if upsert and (ignore or replace):
        raise InvalidBody("Upsert does not support ignore or replace")
    batch = args.get("_batch") or "0"
    if not (batch.isascii() and batch.isdigit() and len(batch) < 10):
        raise InvalidBody("_batch must be a number of rows")
    return Wishes(
        table,
        "upsert" if upsert else "ignore" if ignore else "replace" if replace else "append",
        nulls=frozenset(value for key, value in request.pairs if key == "_null"),
        empty_is_null=args.get("_empty_null") in _YES,
        batch_rows=int(batch),
        strict=args.get("_strict") in _YES,
    )


async def _load(
    site: Site,
    request: Request,
    database: SqliteDatabase,
    table: Table,
    file: IO[bytes],
    kind: Format,
    wishes: Wishes,
) -> Response:
    delimiter = request.args.get("_delimiter") or None

    def look() -> Source:
        file.seek(0)
        return open_source(file, "", format=kind, encoding=_charset(request), delimiter=delimiter)

    source = await database.pool.run(look)
    if not source.headings:
        raise InvalidBody("The body has no rows")
    plan = plan_import(await current_catalog(database), source, wishes)
    check = await column_type_check(site, database, table, plan, source.rows())
    if check is not None:
        source = await database.pool.run(look)
    report = ImportReport(headings=source.headings)
    try:
        await run_import(
            site.writes, database, Loader(plan, source.rows(), report, meter=source.meter, check=check), request=request
        )
    except VitrinaError as error:
        return _answer(report, error.status, error.messages)
    if report.written:
        await site.writes.track(_event(request, database.name, wishes, report))
    if report.rejected and not report.written and not report.skipped:
        return _answer(report, 400, [f"Row {each.row}: {each.reason}" for each in report.first_rejected])
    return _answer(report, 200 if wishes.mode == "upsert" else 201)


def _charset(request: Request) -> str | None:
    """The encoding that the content type names."""
    for part in (request.header(b"content-type") or "").split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"') or None
    return None


def _event(request: Request, database: str, wishes: Wishes, report: ImportReport) -> Event:
    if wishes.mode == "upsert":
        return UpsertRowsEvent(request.actor, database, wishes.table, report.written)
    ignore, replace = wishes.mode == "ignore", wishes.mode == "replace"
    return InsertRowsEvent(request.actor, database, wishes.table, report.written, ignore, replace)


def _answer(report: ImportReport, status: int, errors: list[str] | None = None) -> Response:
    if not errors:
        return Response.json({"ok": True, **report.as_json()}, status)
    head: dict[str, Any] = {"ok": False, "error": "; ".join(errors), "errors": errors, "status": status}
    return Response.json({**head, **report.as_json()}, status)
