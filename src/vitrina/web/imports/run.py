"""Running an import that was prepared on the page, as a job."""

from __future__ import annotations

import asyncio
import tempfile
import time
from functools import partial
from typing import IO, TYPE_CHECKING, Any

from vitrina.errors import InvalidBody, Unavailable
from vitrina.execute.imports.load import Loader
from vitrina.execute.imports.planning import Wishes, plan_import
from vitrina.execute.imports.report import ImportReport
from vitrina.execute.imports.run import run_import
from vitrina.execute.imports.source import FORMATS, Source, open_source
from vitrina.hooks.events import CreateTableEvent, InsertRowsEvent, UpsertRowsEvent
from vitrina.http.response import Response
from vitrina.plan.definitions import is_table_name
from vitrina.plan.imports.model import MODES, Mode, parse_columns
from vitrina.web.imports.access import ACTIONS, check_target, jobs_of, owner_of, uploads_of
from vitrina.web.imports.check import column_type_check
from vitrina.web.target import current_catalog, database_of
from vitrina.web.write.durable import is_wanted_in_body, wanted_in_address
from vitrina.web.write.refusals import json_body, refuse_immutable, refusing_in_json
from vitrina.web.write.repeated import repeatable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.execute.imports.upload import Upload
    from vitrina.execute.jobs import Job
    from vitrina.http.request import Request
    from vitrina.web.site import Site

# Characters of refused rows that are kept in memory.
_IN_MEMORY = 256 * 1024

#: keys of the body: type of each, and whether it must be there
KEYS: Mapping[str, tuple[type, bool]] = {
    "upload": (str, True),
    "table": (str, True),
    "mode": (str, False),
    "columns": (list, False),
    "pks": (list, False),
    "nulls": (list, False),
    "empty_null": (bool, False),
    "batch": (int, False),
    "strict": (bool, False),
    "format": (str, False),
    "encoding": (str, False),
    "delimiter": (str, False),
    "durable": (bool, False),
}


@refusing_in_json
@repeatable
async def run_import_job(site: Site, request: Request) -> Response:
    """``/DB/-/import/run``: begins the import of an uploaded file, answered with the job."""
    database = database_of(site, request)
    access = await site.permissions.load(request.actor, ACTIONS)
    owner = owner_of(request)
    body = checked_body(await json_body(request))
    catalog = await current_catalog(database)
    table = body["table"]
    if not is_table_name(table):
        raise InvalidBody("Invalid table name")
    mode = next((each for each in MODES if each == body.get("mode", "append")), None)
    if mode is None:
        raise InvalidBody(f"mode must be one of {', '.join(MODES)}")
    exists = any(name.lower() == table.lower() for name in catalog.tables)
    check_target(access, database.name, table, mode, exists=exists)
    refuse_immutable(database)
    is_durable = wanted_in_address(request) or await is_wanted_in_body(request)
    if is_durable:
        site.writes.refuse_unreplicated(database.name)
    upload = uploads_of(site).get(body["upload"], owner=owner, database=database.name)
    async with upload.lock:
        uploads_of(site).get(body["upload"], owner=owner, database=database.name)
        source = await database.pool.run(lambda: _open(upload, body))
        # Says at once what can be said, while the person still looks at the form.
        wishes = _wishes(body, mode, source)
        plan_import(catalog, source, wishes)
        uploads_of(site).take(upload)
    running = _Running(site, request, database, upload, body, wishes)
    if is_durable:
        running.durable = False
    job = jobs_of(site).start(
        "import",
        database.name,
        owner,
        running.work,
        progress=running.progress,
        stop=running.stop,
        close=running.close,
    )
    return Response.json({"ok": True, "job": job.as_json()}, 202)


def _wishes(body: Mapping[str, Any], mode: Mode, source: Source) -> Wishes:
    return Wishes(
        body["table"],
        mode,
        tuple(body.get("pks", ())),
        columns=parse_columns(body["columns"], source.width) if "columns" in body else None,
        nulls=frozenset(body.get("nulls", ())),
        empty_is_null=body.get("empty_null", False),
        batch_rows=body.get("batch", 0),
        strict=body.get("strict", False),
    )


def checked_body(body: Any) -> dict[str, Any]:
    """The body, its keys and their types checked. Raises InvalidBody with everything that is wrong."""
    if not isinstance(body, dict):
        raise InvalidBody("JSON must be an object")
    errors = [f"Invalid key: {key}" for key in sorted(body.keys() - KEYS.keys())]
    for key, (kind, required) in KEYS.items():
        if key not in body:
            if required:
                errors.append(f"{key} is required")
        elif type(body[key]) is not kind:
            errors.append(f"{key} must be {_NOUNS[kind]}")
        elif key in ("pks", "nulls") and not all(isinstance(each, str) for each in body[key]):
            errors.append(f"{key} must be a list of texts")
    if errors:
        raise InvalidBody(errors)
    return body


_NOUNS: Mapping[type, str] = {str: "a text", list: "a list", bool: "true or false", int: "an integer"}


def _open(upload: Upload, body: Mapping[str, Any]) -> Source:
    upload.file.seek(0)
    return open_source(
        upload.file,
        upload.name,
        format=next((each for each in FORMATS if each == body.get("format")), None),
        encoding=body.get("encoding") or None,
        delimiter=body.get("delimiter") or None,
    )


class _Running:
    """One import while it runs, and its report afterwards."""

    def __init__(
        self,
        site: Site,
        request: Request,
        database: SqliteDatabase,
        upload: Upload,
        body: Mapping[str, Any],
        wishes: Wishes,
    ) -> None:
        self.site, self.request, self.database = site, request, database
        self.upload, self.body, self.wishes = upload, body, wishes
        self.report = ImportReport()
        self.rejected: IO[str] = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - closed with the job
            _IN_MEMORY, "w+", encoding="utf-8", errors="replace", newline=""
        )
        self.read_bytes = 0
        #: whether the replica has what was written; None where nobody asked for it
        self.durable: bool | None = None
        self._confirmation: asyncio.Future[str | None] | None = None

    async def work(self, job: Job) -> None:
        """Read, check and write the file, and wait for the replica where that was asked for."""
        began = time.monotonic()
        database, pool = self.database, self.database.pool
        source = await pool.run(lambda: _open(self.upload, self.body))
        catalog = await current_catalog(database)
        plan = plan_import(catalog, source, self.wishes)
        table = catalog.tables.get(plan.table)
        check = None
        if table is not None:
            check = await column_type_check(self.site, database, table, plan, source.rows())
            if check is not None:
                source = await pool.run(lambda: _open(self.upload, self.body))
        self.report.headings = source.headings
        self.report.rejected_file = self.rejected
        loader = Loader(plan, source.rows(), self.report, meter=source.meter, progress=self._look_at_file, check=check)
        try:
            await run_import(self.site.writes, database, loader, request=self.request)
        finally:
            self.report.rejected_file = None
            await pool.run(partial(self.rejected.seek, 0))
            self.upload.file.close()
            job.rejected = self.rejected
        await self._announce(is_new=plan.definition is not None)
        if self.durable is not None:
            await self._confirm(time.monotonic() - began)

    async def _confirm(self, took_s: float) -> None:
        """Wait until the replica has it: as long as for any write, and once more what the import took."""
        replication = self.site.state["replication"]
        confirmation = asyncio.ensure_future(replication.wait_durable(self.database.name, took_s))
        self._confirmation = confirmation
        try:
            await asyncio.wait((confirmation,))
        finally:
            confirmation.cancel()
        reason = "the job was ended" if confirmation.cancelled() else confirmation.result()
        if reason is not None:
            raise Unavailable(f"The rows are committed, but not durable: {reason}")
        self.durable = True

    def stop(self) -> None:
        """End early; rows that are committed stay."""
        self.report.cancel.set()
        if self._confirmation is not None:
            self._confirmation.cancel()

    def _look_at_file(self) -> None:
        self.read_bytes = self.upload.file.tell()

    async def _announce(self, *, is_new: bool) -> None:
        site, name, table = self.site, self.database.name, self.wishes.table
        actor, mode, written = self.request.actor, self.wishes.mode, self.report.written
        if is_new:
            sql = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?"
            found = await self.database.read(lambda reader: reader.select(sql, (table,)).rows)
            await site.writes.track(CreateTableEvent(actor, name, table, found[0][0] if found else ""))
        if mode == "upsert":
            await site.writes.track(UpsertRowsEvent(actor, name, table, written))
        elif written:
            await site.writes.track(InsertRowsEvent(actor, name, table, written, mode == "ignore", mode == "replace"))

    def progress(self) -> dict[str, Any]:
        """How far it is."""
        return {
            "table": self.wishes.table,
            "table_url": str(self.site.urls.table(self.database.name, self.wishes.table)),
            "bytes": self.upload.size,
            "read_bytes": self.read_bytes,
            "report": self.report.as_json(),
            **({} if self.durable is None else {"durable": self.durable}),
        }

    def close(self) -> None:
        """Delete the files."""
        self.upload.file.close()
        self.rejected.close()
