"""Importing a file of rows into a new table: a look at it, the beginning, and the progress."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from vitrina.access.actors import actor_id
from vitrina.errors import BadRequest, Forbidden, InvalidBody, NotFound, VitrinaError
from vitrina.execute.imports.planning import Wishes
from vitrina.files.import_rows import ENDED as ROW_ENDED
from vitrina.files.import_rows import ImportRows, as_json
from vitrina.files.tabular import PREVIEW_BYTES, Preview, default_table, import_type, preview, tabular_format
from vitrina.http.response import Response
from vitrina.plan.definitions import is_table_name
from vitrina.tilde import tilde_encode
from vitrina.web.files.common import file_url, files_of, record_for
from vitrina.web.files.import_job import FileImport
from vitrina.web.imports.access import jobs_of, owner_of
from vitrina.web.page import render_page
from vitrina.web.target import current_catalog
from vitrina.web.unframed import UNFRAMED
from vitrina.web.write.refusals import refuse_immutable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.execute.imports.source import Format
    from vitrina.files.records import Record
    from vitrina.http.request import Request
    from vitrina.web.site import Site

_ACTIONS = ("create-table", "insert-row")
#: key of ``site.state``: imports of this process by their number
_RUNNING = "file_imports"
_NO_STORE = {"cache-control": "private, no-store"}
_POLL_MS = 1000


def _running(site: Site) -> dict[int, FileImport]:
    running: dict[int, FileImport] = site.state.setdefault(_RUNNING, {})
    return running


def _import_url(site: Site, file_id: str, ending: str = "") -> str:
    return str(site.urls.path(f"/-/files/import/{file_id}{ending}"))


async def import_file(site: Site, request: Request) -> Response:
    """``/-/files/import/ID``: GET shows the first rows and a form, POST begins the import."""
    record = await record_for(site, request)
    if request.method == "POST":
        return await _begin(site, request, record)
    files = files_of(site)
    shown, problem = None, None
    kind = tabular_format(record)
    try:
        if kind is None:
            raise InvalidBody("This is not a file of rows that can be imported: CSV, TSV, JSON or NDJSON")
        head = await files.storage_of(record).read_bytes(record["path"], PREVIEW_BYTES)
        shown = await site.internal.pool.run(functools.partial(preview, head, record, kind))
    except FileNotFoundError:
        problem = "The content of this file is missing"
    except VitrinaError as error:
        problem = error.message
    databases, may_import = await _databases(site, request)
    context = {
        "file": record,
        "file_url": file_url(site, record["id"]),
        "import_url": _import_url(site, record["id"]),
        "table_name": default_table(record["filename"]),
        "databases": databases,
        "may_import": may_import,
        "database_name": databases[0] if databases else "",
        "problem": problem,
        **_shown(shown),
    }
    return await render_page(site, request, ["files_import.html"], context, view_name="files-import", headers=UNFRAMED)


def _shown(shown: Preview | None) -> dict[str, Any]:
    return {
        "format": shown.format if shown else "",
        "delimiter": shown.delimiter if shown else "",
        "headings": shown.headings if shown else (),
        "column_types": shown.types if shown else (),
        "preview_rows": shown.rows if shown else [],
    }


async def _databases(site: Site, request: Request) -> tuple[list[str], bool]:
    """Databases that the actor may import into, else those that it may view; and which of the two they are.

    Those in files, or those in memory where there are no others.
    """
    access = await site.permissions.load(request.actor, (*_ACTIONS, "view-database"))
    viewable = [
        database
        for database in site.databases.values()
        if database is not site.internal and access.allowed("view-database", database.name)
    ]
    allowed = [
        each for each in viewable if each.is_writable and all(access.allowed(action, each.name) for action in _ACTIONS)
    ]
    shown = allowed or viewable
    in_files = [database.name for database in shown if not database.is_memory]
    return in_files or [database.name for database in shown if database.name != "_internal"], bool(allowed)


def _telling_errors(
    handler: Callable[[Site, Request, Record], Awaitable[Response]],
) -> Callable[[Site, Request, Record], Awaitable[Response]]:
    """Errors in the form that the contract has for imports."""

    @functools.wraps(handler)
    async def answer(site: Site, request: Request, record: Record) -> Response:
        try:
            return await handler(site, request, record)
        except VitrinaError as error:
            return Response.json({"error": error.message}, error.status, headers=error.headers)

    return answer


@_telling_errors
async def _begin(site: Site, request: Request, record: Record) -> Response:
    form = await request.form()
    table, name, key = (str(form.get(each) or "").strip() for each in ("table_name", "database_name", "pk"))
    kind = tabular_format(record)
    if not table:
        raise BadRequest("table_name is required")
    if kind is None:
        raise BadRequest("This is not a file of rows that can be imported: CSV, TSV, JSON or NDJSON")
    database = await _target(site, request, name, table)
    # Raises NotFound where its source is not configured any more.
    files_of(site).storage_of(record)
    wishes = Wishes(table, keys=(key,) if key else ())
    number = await _start(site, request, database, record, kind, wishes)
    return Response.redirect(_import_url(site, record["id"], f"/{number}"))


async def _target(site: Site, request: Request, name: str, table: str) -> SqliteDatabase:
    """The database to import into. Raises BadRequest, then Forbidden."""
    database = site.databases.get(name)
    if database is None or database is site.internal:
        raise BadRequest(f"Database not found: {name}" if name else "database_name is required")
    access = await site.permissions.load(request.actor, _ACTIONS)
    for action in _ACTIONS:
        if not access.allowed(action, name):
            raise Forbidden(f"Permission denied: need {action}")
    refuse_immutable(database)
    if not is_table_name(table):
        raise BadRequest("Invalid table name")
    catalog = await current_catalog(database)
    if any(each.lower() == table.lower() for each in (*catalog.tables, *catalog.views)):
        raise BadRequest(f"Table already exists: {table}")
    return database


async def _start(
    site: Site, request: Request, database: SqliteDatabase, record: Record, kind: Format, wishes: Wishes
) -> int:
    owner = owner_of(request)
    rows = ImportRows(files_of(site).records)
    number = await rows.add(record, import_type(kind), database.name, wishes.table, actor_id(request.actor))
    running = FileImport(site, request, database, record, kind, wishes, number)

    def close() -> None:
        _running(site).pop(number, None)
        running.close()

    try:
        running.job = jobs_of(site).start(
            "file-import",
            database.name,
            owner,
            running.work,
            progress=running.progress,
            stop=running.report.cancel.set,
            close=close,
        )
    except VitrinaError as error:
        await rows.end(number, error.message, rows=0, read=0)
        raise
    _running(site)[number] = running
    return number


async def import_progress(site: Site, request: Request) -> Response:
    """``/-/files/import/ID/JOB`` and its JSON. Raises NotFound and Forbidden."""
    record = await record_for(site, request)
    told = await _told(site, request, record)
    if request.url_vars.get("format") == "json":
        return Response.json(told, headers=_NO_STORE)
    context = {
        "file": record,
        "file_url": file_url(site, record["id"]),
        "job": told,
        "api_url": _import_url(site, record["id"], f"/{told['id']}.json"),
        "table_url": told["table_url"],
        "cancel_url": told["cancel_url"],
        "rejected_url": told["rejected_url"],
        "poll_interval": _POLL_MS,
    }
    return await render_page(site, request, ["files_import_progress.html"], context, view_name="files-import-progress")


async def _told(site: Site, request: Request, record: Record) -> dict[str, Any]:
    """What is known of the import of the request."""
    number = request.url_vars["job"]
    rows = ImportRows(files_of(site).records)
    usable = number.isascii() and number.isdecimal() and len(number) < 19
    row = await rows.find(record["id"], int(number)) if usable else None
    if row is None:
        raise NotFound("Import not found")
    running = _running(site).get(row["id"])
    if running is not None and running.never_ran and row["status"] not in ROW_ENDED:
        # Nothing ran that could have noted it.
        await running.end_waiting()
        row = await rows.find(record["id"], row["id"]) or row
    told = as_json(row, _table_url(site, row))
    links = {"rejected": 0, "rejected_url": None, "cancel_url": None}
    if running is not None:
        told.update(running.live())
        links = _links(site, request, running)
    return {**told, **links}


def _table_url(site: Site, row: Record) -> str:
    database, table = row["database_name"], row["table_name"]
    if database in site.databases:
        return str(site.urls.table(database, table))
    # It was served when the import ran.
    return str(site.urls.path(f"/{tilde_encode(database)}/{tilde_encode(table)}"))


def _links(site: Site, request: Request, running: FileImport) -> dict[str, Any]:
    """Number of refused rows, and what only who began the import may do."""
    job = running.job
    rejected = running.report.rejected
    if job is None or job.owner != owner_of(request):
        return {"rejected": rejected, "rejected_url": None, "cancel_url": None}
    base = f"{site.urls.database(running.database.name)}/-/jobs/{job.id}"
    return {
        "rejected": rejected,
        "rejected_url": f"{base}/rejected" if rejected and running.has_ended else None,
        "cancel_url": None if running.has_ended else f"{base}/cancel",
    }
