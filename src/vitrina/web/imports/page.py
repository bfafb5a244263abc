"""The page that imports a file, and the upload that it begins with."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from vitrina.errors import Forbidden, InvalidBody
from vitrina.execute.imports.source import DELIMITERS, ENCODINGS, FORMATS, Source, open_source
from vitrina.execute.imports.upload import Upload, spool
from vitrina.http.body import check_declared_length
from vitrina.http.response import Response
from vitrina.plan.definitions import TYPES
from vitrina.plan.imports.model import MODES
from vitrina.render.json import blob_value
from vitrina.web.imports.access import ACTIONS, check_may_import, owner_of, uploads_of, writable_tables
from vitrina.web.imports.body import largest_file
from vitrina.web.page import render_page
from vitrina.web.target import current_catalog, database_of
from vitrina.web.unframed import UNFRAMED
from vitrina.web.write.refusals import refuse_immutable, refusing_in_json

if TYPE_CHECKING:
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.http.request import Request
    from vitrina.web.site import Site

_SHOWN_ROWS = 10
_LONGEST_CELL = 200


async def import_page(site: Site, request: Request) -> Response:
    """``/DB/-/import``: GET shows the page, POST takes a file and says what is in it."""
    if request.method == "POST":
        database_of(site, request)
        return await _upload(site, request)
    database = database_of(site, request)
    access = await site.permissions.load(request.actor, ACTIONS)
    catalog = await current_catalog(database)
    check_may_import(access, database.name, catalog)
    if not database.is_writable:
        raise Forbidden("Database is immutable", hint="The server was started with this file as immutable.")
    context = {
        "database": database.name,
        "database_color": database.color,
        "import_data": {
            "path": site.urls.database(database.name) + "/-/import",
            "jobs": site.urls.database(database.name) + "/-/jobs",
            "tables": writable_tables(access, database.name, catalog),
            "table": request.args.get("table") or "",
            "mayCreate": access.allowed("create-table", database.name),
            "types": list(TYPES),
            "largest": largest_file(site),
            "encodings": ENCODINGS,
            "delimiters": DELIMITERS,
        },
        "modes": MODES,
        "formats": FORMATS,
    }
    return await render_page(site, request, ["import.html"], context, view_name="import", headers=UNFRAMED)


@refusing_in_json
async def _upload(site: Site, request: Request) -> Response:
    """Takes the file in the body; ``?name=`` is its name, ``_format``, ``_encoding`` and ``_delimiter`` say more.

    With ``?upload=`` it looks again, with other arguments, into a file that was sent before.
    """
    database = database_of(site, request)
    access = await site.permissions.load(request.actor, ACTIONS)
    check_may_import(access, database.name, await current_catalog(database))
    refuse_immutable(database)
    owner = owner_of(request)
    if request.args.get("upload"):
        return await _look_again(site, request, database, owner)
    limit = largest_file(site)
    check_declared_length(request.header(b"content-length"), limit)
    file = await spool(request.body_chunks(), database.pool.run, largest=limit)
    name = request.args.get("name") or ""
    try:
        source, size = await database.pool.run(lambda: _look(file, name, request))
    except BaseException:
        file.close()
        raise
    upload = uploads_of(site).add(file, name=name, size=size, owner=owner, database=database.name)
    return Response.json(_described(upload, source), 201, default=_blob)


async def _look_again(site: Site, request: Request, database: SqliteDatabase, owner: str) -> Response:
    uploads, upload_id = uploads_of(site), request.args.get("upload") or ""
    upload = uploads.get(upload_id, owner=owner, database=database.name)
    async with upload.lock:
        # An import may have begun meanwhile.
        uploads.get(upload_id, owner=owner, database=database.name)
        source, _ = await database.pool.run(lambda: _look(upload.file, upload.name, request))
    return Response.json(_described(upload, source), default=_blob)


def _look(file: IO[bytes], name: str, request: Request) -> tuple[Source, int]:
    size = file.seek(0, 2)
    file.seek(0)
    format = next((each for each in FORMATS if each == request.args.get("_format")), None)
    encoding, delimiter = request.args.get("_encoding") or None, request.args.get("_delimiter") or None
    source = open_source(file, name, format=format, encoding=encoding, delimiter=delimiter)
    if not source.headings:
        raise InvalidBody("There are no rows in this file")
    return source, size


def _described(upload: Upload, source: Source) -> dict[str, Any]:
    return {
        "ok": True,
        "upload": upload.id,
        "name": upload.name,
        "size": upload.size,
        "format": source.format,
        "encoding": source.encoding,
        "delimiter": source.delimiter,
        "columns": [{"source": column.source, "name": column.name, "type": column.type} for column in source.columns()],
        "rows": [[_shown(cell) for cell in row] for row in source.sample[:_SHOWN_ROWS]],
        "sampled_rows": len(source.sample),
        "complete": source.complete,
    }


def _shown(cell: Any) -> Any:
    if isinstance(cell, str) and len(cell) > _LONGEST_CELL:
        return f"{cell[:_LONGEST_CELL]}…"
    return cell


def _blob(value: Any) -> Any:
    if isinstance(value, bytes):
        return blob_value(value[:_LONGEST_CELL])
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
