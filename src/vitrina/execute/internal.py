"""The internal database: a real SQLite database that plugins query, filled only when somebody looks."""

from __future__ import annotations

import atexit
import contextlib
import sqlite3
import time
import weakref
from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

from vitrina.catalog.model import DatabaseCatalog
from vitrina.engine.protocols import DatabaseSpec
from vitrina.engine.sqlite.connections import ConnectionSetup, Purpose
from vitrina.engine.sqlite.database import SqliteDatabase
from vitrina.engine.sqlite.queued import Watch
from vitrina.engine.sqlite.readers import ReaderPool
from vitrina.engine.sqlite.transactions import in_transaction
from vitrina.errors import EngineError, Unavailable
from vitrina.execute.internal_schema import create_schema, forget_catalog, write_catalog
from vitrina.execute.observed_write import Submit, observed
from vitrina.hooks import telemetry
from vitrina.temporary import make_file, remove_file, temporary_path

T = TypeVar("T")

INTERNAL_NAME = "__INTERNAL__"
# Served databases are looked at no more often than this before the catalog tables are read.
_LOOK_EVERY_S = 1.0


class InternalDatabase(SqliteDatabase):
    """The database ``__INTERNAL__``: temporary and deleted at exit, or at ``path``.

    The file is created and its ``catalog_*`` tables are filled when a job is
    about to run here and something changed since the last one, in the worker
    of that job; start-up does not pay for it. Ports, set by whoever assembles
    the server: ``served`` gives the databases to describe, ``flush(conn)``
    writes what is only in memory yet, ``wrote(conn)`` is told after every
    write by a foreign function.
    """

    def __init__(self, *, pool: ReaderPool, path: str | None = None, cache_size_kb: int = 0) -> None:
        self.is_persistent = path is not None
        if path is None:
            path = temporary_path("internal")
        spec = DatabaseSpec(INTERNAL_NAME, INTERNAL_NAME, path=path, mode="rwc", is_temp_disk=not self.is_persistent)
        super().__init__(spec, pool=pool, setup=ConnectionSetup(cache_size_kb=cache_size_kb))
        self.served: Callable[[], Iterable[SqliteDatabase]] = tuple
        self.flush: Callable[[sqlite3.Connection], None] | None = None
        self.wrote: Callable[[sqlite3.Connection], None] | None = None
        self._file = path
        self._made = False
        # serial of the catalog that the tables hold, by database
        self._filled: dict[str, int] | None = None
        self._looked_at = float("-inf")
        if not self.is_persistent:
            self._remove_at_exit = weakref.finalize(self, remove_file, path)
            atexit.register(self._remove_at_exit)

    # Jobs

    def _current(self) -> tuple[DatabaseCatalog, int]:
        self._ensure_open()
        if not self._made or self.flush is not None or self._stale():
            self._writer.submit(self._bring_up_to_date).result()
        return super()._current()

    async def write(
        self, fn: Callable[[sqlite3.Connection], T], *, transaction: bool = True, watch: Watch | None = None
    ) -> T:
        """As for any database; the tables are brought up to date first, and ``wrote`` is told after."""

        def job(conn: sqlite3.Connection) -> T:
            self._bring_up_to_date(conn)
            try:
                return self._run_write(conn, fn, transaction)
            finally:
                self._tell(conn)

        return await self._writer.run(job, watch=watch)

    async def isolated(self, fn: Callable[[sqlite3.Connection], T], *, watch: Watch | None = None) -> T:
        """As for any database; the tables are brought up to date first, and ``wrote`` is told after."""

        def job(conn: sqlite3.Connection) -> T:
            self._bring_up_to_date(conn)
            try:
                return self._run_isolated(fn)
            finally:
                self._tell(conn)

        return await self._writer.run(job, watch=watch)

    async def write_own(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        """Run Vitrina's own ``fn(conn)`` in a transaction, after ``flush``; ``wrote`` is not told (one hop)."""

        def job(conn: sqlite3.Connection) -> T:
            self._flush(conn)
            return in_transaction(conn, fn)

        submit: Submit[T] = partial(self._writer.run, job)
        return await (observed(self.name, submit, {"callback": fn}) if telemetry.active() else submit())

    # Bringing the tables up to date, in the writer's thread

    def _bring_up_to_date(self, conn: sqlite3.Connection) -> None:
        self._flush(conn)
        stale = self._stale()
        if stale:
            in_transaction(conn, lambda _: self._fill(conn, stale))

    def _flush(self, conn: sqlite3.Connection) -> None:
        flush = self.flush
        if flush is not None:
            in_transaction(conn, flush)
            self.flush = None

    def _fill(self, conn: sqlite3.Connection, stale: dict[str, SqliteDatabase | None]) -> None:
        if self._filled is None:
            # A file of an earlier run may describe databases that are not served now.
            gone = [row[0] for row in conn.execute("SELECT database_name FROM catalog_databases")]
            forget_catalog(conn, gone)
            self._filled = {}
        forget_catalog(conn, stale)
        filled = dict(self._filled)
        for name, database in stale.items():
            catalog = database.catalog if database is not None else None
            filled.pop(name, None)
            if database is not None and catalog is not None:
                write_catalog(conn, database.spec, catalog)
                filled[name] = catalog.serial
        self._filled = filled

    def _stale(self) -> dict[str, SqliteDatabase | None]:
        """Served databases whose rows are not current, by name; None for those no longer served."""
        served = {database.name: database for database in self.served()}
        now = time.monotonic()
        if now - self._looked_at >= _LOOK_EVERY_S or any(database.catalog is None for database in served.values()):
            self._looked_at = now
            for database in served.values():
                # One that cannot be read keeps its last rows; its own pages say what is wrong.
                with contextlib.suppress(EngineError, Unavailable):
                    database.look_now()
        filled = self._filled or {}
        stale: dict[str, SqliteDatabase | None] = {
            name: database
            for name, database in served.items()
            if database.catalog is not None and filled.get(name) != database.catalog.serial
        }
        stale.update((name, None) for name in filled if name not in served)
        return stale

    def _tell(self, conn: sqlite3.Connection) -> None:
        if self.wrote is not None:
            self.wrote(conn)

    # The file

    def _open(self, purpose: Purpose) -> sqlite3.Connection:
        if purpose == "write" and not self._made and not self.is_persistent:
            make_file(self._file)
        conn = super()._open(purpose)
        if purpose == "write" and not self._made:
            try:
                if not self.is_persistent:
                    conn.execute("PRAGMA journal_mode=WAL")
                    conn.execute("PRAGMA synchronous=OFF")
                create_schema(conn)
            except BaseException:
                conn.close()
                raise
            self._made = True
        return conn

    def close(self) -> None:
        """Close every connection, and delete a temporary file. Idempotent."""
        super().close()
        if not self.is_persistent:
            self._remove_at_exit()
            atexit.unregister(self._remove_at_exit)
