"""One import of a file into a new table: a job, whose state is also kept in the internal database."""

from __future__ import annotations

import tempfile
from functools import partial
from typing import IO, TYPE_CHECKING, Any

from vitrina.errors import InvalidBody, NotFound, VitrinaError
from vitrina.execute.imports.load import ImportCancelled, Loader
from vitrina.execute.imports.planning import Wishes, plan_import
from vitrina.execute.imports.report import ImportReport
from vitrina.execute.imports.run import run_import
from vitrina.execute.imports.upload import spool
from vitrina.execute.jobs import ENDED
from vitrina.files.import_rows import ImportRows
from vitrina.files.tabular import columns_of_all, open_rows, padded
from vitrina.hooks.events import CreateTableEvent, InsertRowsEvent
from vitrina.web.files.common import files_of
from vitrina.web.imports.body import largest_file
from vitrina.web.target import current_catalog

if TYPE_CHECKING:
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.execute.imports.source import Format
    from vitrina.execute.jobs import Job
    from vitrina.files.records import Record
    from vitrina.http.request import Request
    from vitrina.web.site import Site

CANCELLED = "The import was cancelled"
_UNKNOWN = "An error of the server; its log says more"
# Characters of refused rows that are kept in memory.
_IN_MEMORY = 256 * 1024


class FileImport:
    """An import while it runs, and its report afterwards. ``number`` is that of its row."""

    def __init__(
        self,
        site: Site,
        request: Request,
        database: SqliteDatabase,
        record: Record,
        kind: Format,
        wishes: Wishes,
        number: int,
    ) -> None:
        self.site, self.request, self.database = site, request, database
        self.record, self.kind, self.wishes, self.number = record, kind, wishes, number
        self.rows = ImportRows(files_of(site).records)
        self.report = ImportReport()
        self._has_begun = False
        self.job: Job | None = None
        self.read_bytes = 0
        self._rejected: IO[str] = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - closed with the job
            _IN_MEMORY, "w+", encoding="utf-8", errors="replace", newline=""
        )

    # The job

    async def work(self, job: Job) -> None:
        """Fetch, look through and write the file; all of it is written, or nothing."""
        self._has_begun = True
        try:
            await self.rows.begin(self.number)
            await self._import(job)
        except BaseException as error:
            # Told to whoever looks at the row; the job itself fails with the error as it is.
            await self._end(CANCELLED if job.stopping else _said(error))
            raise
        await self._end(None)

    async def _end(self, error: str | None) -> None:
        await self.rows.end(self.number, error, rows=self.report.written, read=self.read_bytes)

    async def _import(self, job: Job) -> None:
        run, storage = self.database.pool.run, files_of(self.site).storage_of(self.record)
        try:
            file = await spool(storage.stream_file(self.record["path"]), run, largest=largest_file(self.site))
        except FileNotFoundError as error:
            raise NotFound("The content of this file is missing") from error
        try:
            await self._load(job, file)
        finally:
            file.close()
        await self._announce()

    async def _load(self, job: Job, file: IO[bytes]) -> None:
        run, cancelled = self.database.pool.run, self.report.cancel.is_set
        source = await run(lambda: open_rows(file, self.record, self.kind))
        if not source.headings:
            raise InvalidBody("There are no rows in this file")
        columns = await run(lambda: columns_of_all(source, cancelled))
        source = await run(lambda: open_rows(file, self.record, self.kind))
        catalog = await current_catalog(self.database)
        plan = plan_import(catalog, source, Wishes(self.wishes.table, keys=self.wishes.keys, columns=columns))
        if plan.definition is None:
            raise InvalidBody(f"Table already exists: {plan.table}")
        self.report.headings, self.report.rejected_file = source.headings, self._rejected

        def look() -> None:
            self.read_bytes = file.tell()

        loader = Loader(plan, padded(source), self.report, meter=source.meter, progress=look)
        try:
            await run_import(self.site.writes, self.database, loader, request=self.request)
        finally:
            self.report.rejected_file = None
            await run(partial(self._rejected.seek, 0))
            job.rejected = self._rejected

    async def _announce(self) -> None:
        name, table, actor = self.database.name, self.wishes.table, self.request.actor
        sql = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?"
        found = await self.database.read(lambda reader: reader.select(sql, (table,)).rows)
        await self.site.writes.track(CreateTableEvent(actor, name, table, found[0][0] if found else ""))
        await self.site.writes.track(InsertRowsEvent(actor, name, table, self.report.written, False, False))

    # What is told of it

    def live(self) -> dict[str, Any]:
        """The keys of the row that change while it runs."""
        if self.job is None or self.job.state != "running":
            return {}
        return {"status": "running", "row_count": self.report.written, "bytes_read": self.read_bytes}

    @property
    def has_ended(self) -> bool:
        """Whether nothing changes any more."""
        return self.job is not None and self.job.state in ENDED

    @property
    def never_ran(self) -> bool:
        """Whether it was cancelled before its turn came."""
        return self.has_ended and not self._has_begun

    async def end_waiting(self) -> None:
        """Note the end of one that was cancelled before its turn came."""
        await self._end(CANCELLED)

    def close(self) -> None:
        """Delete the report."""
        self._rejected.close()

    def progress(self) -> dict[str, Any]:
        """How far it is, as the answers about jobs have it."""
        return {
            "table": self.wishes.table,
            "table_url": str(self.site.urls.table(self.database.name, self.wishes.table)),
            "bytes": self.record["size"] or 0,
            "read_bytes": self.read_bytes,
            "report": self.report.as_json(),
        }


def _said(error: BaseException) -> str:
    if isinstance(error, ImportCancelled):
        return CANCELLED
    return error.message if isinstance(error, VitrinaError) else _UNKNOWN
