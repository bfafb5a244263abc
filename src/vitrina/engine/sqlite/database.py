"""One SQLite database behind the engine protocol."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from vitrina.catalog.model import DatabaseCatalog
from vitrina.dialect.analysis import SQLAnalysis
from vitrina.engine import observed
from vitrina.engine.observed import Seen
from vitrina.engine.protocols import CatalogChanged, DatabaseSpec
from vitrina.engine.sqlite.analysis import analyze
from vitrina.engine.sqlite.awaited import Awaited
from vitrina.engine.sqlite.connections import ConnectionSetup, Purpose, open_connection
from vitrina.engine.sqlite.files import explain
from vitrina.engine.sqlite.fingerprint import Fingerprint
from vitrina.engine.sqlite.own_commits import OwnCommits
from vitrina.engine.sqlite.queued import Watch
from vitrina.engine.sqlite.reader import ReadConnection, SqliteReader
from vitrina.engine.sqlite.readers import ReaderPool
from vitrina.engine.sqlite.session import ReadSession
from vitrina.engine.sqlite.slots import ENDING_S, Slot, Slots
from vitrina.engine.sqlite.transactions import in_transaction, without_transaction
from vitrina.engine.sqlite.translate import translated
from vitrina.engine.sqlite.turns import turn_of
from vitrina.engine.sqlite.watcher import Watcher
from vitrina.engine.sqlite.writer import Writer
from vitrina.errors import DatabaseClosed, DatabaseCorrupt, EngineError, InvalidSQL, StartupError, VitrinaError
from vitrina.hooks.tracing import carried

T = TypeVar("T")


class SqliteDatabase:
    """Implements :class:`vitrina.engine.protocols.Engine` for SQLite files and memory databases.

    ``attach`` has (schema name, URI) pairs that every connection attaches.
    ``counts`` are the exact row counts of an immutable file, where an inspect
    file has them.
    """

    def __init__(
        self,
        spec: DatabaseSpec,
        *,
        pool: ReaderPool,
        setup: ConnectionSetup | None = None,
        attach: tuple[tuple[str, str], ...] = (),
        counts: Mapping[str, int] | None = None,
    ) -> None:
        self.spec = spec
        self.name = spec.name
        self.route = spec.route
        self.path = spec.path
        self.is_mutable = spec.is_mutable
        self.is_memory = spec.is_memory or spec.memory_name is not None
        self.memory_name = spec.memory_name
        self.setup = setup or ConnectionSetup()
        self.pool = pool
        self._attach = attach
        self._lock = threading.Lock()
        self._slots = Slots(self._lock, self._new_slot)
        self._closed = False
        self._next_look: asyncio.Future[int] | None = None
        self._next_glance: asyncio.Future[None] | None = None
        self._memo: tuple[int, dict[str, Any]] = (0, {})
        never = spec.is_mutable or spec.path is None
        self._fingerprint = Fingerprint(spec.hash, None if counts is None else dict(counts), begun=never)
        self._turn = turn_of(spec.memory_name)
        self._watcher = Watcher(spec, lambda: self._open("read"))
        self._own_commits = OwnCommits(self._watcher, self._lock)
        self._writer = Writer(
            spec.name,
            self._open_for_writing,
            self._file_epoch,
            turn=self._turn,
            commit=self._own_commits.commit,
            let_others_go_first=self._own_commits.let_reads_begin,
            threaded=pool.num_sql_threads > 0,
        )

    # What it is

    def rename(self, name: str, route: str) -> None:
        """Go by another name from the next catalog on, for one that is served under several in turn."""
        self.spec = replace(self.spec, name=name, route=route)
        self.name = name
        self.route = route
        self._watcher.rename(self.spec)

    @property
    def is_writable(self) -> bool:
        """Whether this server may change it."""
        return self.is_mutable

    @property
    def catalog(self) -> DatabaseCatalog | None:
        """The last published snapshot, None before the first use."""
        return self._watcher.catalog

    @property
    def generation(self) -> int:
        """Identifies the contents as last seen: equal generations mean equal contents."""
        return self._watcher.generation

    @property
    def hash(self) -> str | None:
        """SHA-256 of an immutable file in hex; None for others, and while a large file is still being read."""
        return self._fingerprint.hash

    @property
    def known_counts(self) -> dict[str, int] | None:
        """Exact rows of every table of an immutable file; None for others, and until they are known."""
        return None if self.is_mutable else self._fingerprint.counts

    def known_count(self, table: str) -> int | None:
        """Exact rows of ``table`` where they are known, see :attr:`known_counts`."""
        counts = self.known_counts
        return None if counts is None else counts.get(table)

    def memo(self, generation: int) -> dict[str, Any]:
        """Results that hold while the contents are those of ``generation``; forgotten when they change."""
        kept = self._memo
        if kept[0] < generation:
            kept = self._memo = (generation, {})
        return kept[1] if kept[0] == generation else {}

    @property
    def color(self) -> str:
        """Six hexadecimal digits that tell databases apart at a glance."""
        return (self.hash or hashlib.md5(self.name.encode("utf-8"), usedforsecurity=False).hexdigest())[:6]

    @property
    def size(self) -> int:
        """Bytes of the file, as last seen; 0 for memory databases."""
        if self._watcher.size is None and self.path is not None:
            self._watcher.size = os.path.getsize(self.path)
        return self._watcher.size or 0

    @property
    def mtime_ns(self) -> int | None:
        """Time of the file's last change as last seen; None for memory databases."""
        if self._watcher.mtime_ns is None and self.path is not None:
            self._watcher.mtime_ns = os.stat(self.path).st_mtime_ns
        return self._watcher.mtime_ns

    # Reading

    async def ready(self) -> DatabaseCatalog:
        """The catalog, introspected now (one hop) if it never was."""
        catalog = self._watcher.catalog
        return catalog if catalog is not None else await self.pool.run(self.look_now)

    async def look(self) -> int:
        """One hop that looks at the file's version counter; the current generation.

        Callers that come while a look waits for its thread share it: it begins after all of them came.
        """
        if not self.pool.num_sql_threads:
            return self._current()[1]
        shared = self._next_look
        if shared is None:
            shared = self._next_look = asyncio.ensure_future(self.pool.run(self._shared_look))
        # One caller that goes away must not end the look of the others.
        return await asyncio.shield(shared)

    def _shared_look(self) -> int:
        self._next_look = None
        return self._current()[1]

    async def holds(self, generation: int, tables: frozenset[str] | None) -> bool:
        """Whether ``tables``, or everything with None, are still as they were in ``generation`` (at most one hop).

        While a commit of this process is under way, and locks the file, what
        was before it still holds: nobody has been told that it was done.
        """
        if self.is_mutable or self.path is None:
            await self._glance()
        return not self._watcher.changes.since(generation, tables)

    async def _glance(self) -> None:
        """As :meth:`look`, without waiting for a commit that is under way."""
        if not self.pool.num_sql_threads:
            self._glance_now()
            return
        shared = self._next_glance
        if shared is None:
            shared = self._next_glance = asyncio.ensure_future(self.pool.run(self._shared_glance))
        await asyncio.shield(shared)

    def _shared_glance(self) -> None:
        self._next_glance = None
        self._glance_now()

    def _glance_now(self) -> None:
        with self._turn, self._lock:
            self._ensure_open()
            locked = self._watcher.is_committing()
        self._own_commits.want()
        if not locked:
            self._current()

    async def read(self, job: Callable[[SqliteReader], T], *, catalog: DatabaseCatalog | None = None) -> T:
        """Run ``job(reader)`` in a reader thread (one hop); the contract is in the protocol."""
        seen = observed.current()
        awaited = Awaited()
        job = carried(job)
        return await awaited.result(self.pool.run_of(self.name, lambda: self._read(job, catalog, awaited, seen=seen)))

    async def foreign_read(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        """Run a plugin's ``fn(conn)`` on a connection of the foreign pool (one hop).

        What ``fn`` raises is passed on as it is.
        """
        return await self.pool.run_of(self.name, lambda: self._foreign_read(fn))

    def check(self) -> None:
        """Open the file for the first time, at start-up (blocking; does not grow with the data).

        Raises StartupError that says why the file cannot be served.
        """
        problem = explain(self.spec)
        try:
            with self._turn, self._lock, translated(self.name):
                self._watcher.connect()
        except VitrinaError as error:
            if problem is not None and not isinstance(error, DatabaseCorrupt):
                raise StartupError(problem[0], hint=problem[1]) from error
            raise StartupError(error.message, hint=error.hint) from error

    def look_now(self) -> DatabaseCatalog:
        """The current catalog, after looking at the file's version counter (blocking; for worker threads)."""
        return self._current()[0]

    def _current(self) -> tuple[DatabaseCatalog, int]:
        """The current catalog and its generation; every job begins with it."""
        with self._turn, self._lock:
            self._ensure_open()
            self._own_commits.wait()
            catalog = self._watcher.look()
            # Taken with the catalog: another thread may see a newer one before this job has read anything.
            generation = self._watcher.generation
        if not self._fingerprint.begun and self.path is not None:
            self._fingerprint.begin(self.name, self.path, self.size, catalog.tables, lambda: self._open("read"))
        return catalog, generation

    def _read(
        self,
        job: Callable[[SqliteReader], T],
        planned_with: DatabaseCatalog | None,
        awaited: Awaited,
        slot: Slot | None = None,
        *,
        seen: dict[Any, Seen] | None = None,
    ) -> T:
        self._own_commits.begin_read()
        try:
            return self._run_job(job, planned_with, awaited, slot, seen)
        finally:
            self._own_commits.end_read()

    def _run_job(
        self,
        job: Callable[[SqliteReader], T],
        planned_with: DatabaseCatalog | None,
        awaited: Awaited,
        slot: Slot | None,
        seen: dict[Any, Seen] | None,
    ) -> T:
        current, generation = self._current()
        noted = None if seen is None else seen.setdefault(self, Seen(generation))
        if planned_with is not None and planned_with.serial != current.serial:
            raise CatalogChanged
        if slot is None:
            slot = self._slots.of_thread(self._watcher.epoch)
        with slot.lock, self._turn:
            self._ensure_usable(slot)
            try:
                return job(awaited.begin(self._reader(slot, current, generation, noted)))
            except InvalidSQL:
                # The schema may have changed between the look and the statement.
                if planned_with is not None and self.look_now().serial != planned_with.serial:
                    raise CatalogChanged from None
                raise
            finally:
                awaited.end()

    def _reader(self, slot: Slot, catalog: DatabaseCatalog, generation: int, seen: Seen | None) -> SqliteReader:
        core = slot.core
        if core is None:
            with translated(self.name):
                core = slot.core = ReadConnection(self._open("read"), guarded=False, tells_tables=self._tells_tables())

        def guarded() -> ReadConnection:
            self.pool.refuse_when_crowded()
            if slot.guarded is None:
                with translated(self.name):
                    slot.guarded = ReadConnection(self._open("guarded"), guarded=True)
            return slot.guarded

        has_hooks = self.setup.has_hooks
        return SqliteReader(self.name, catalog, core, guarded, has_hooks=has_hooks, generation=generation, seen=seen)

    def _tells_tables(self) -> bool:
        """Whether SQLite says all that a statement reads: not of functions that look for themselves."""
        return not (self.setup.has_hooks or self.setup.extensions or self._attach)

    def _foreign_read(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        self._current()
        slot = self._slots.of_thread(self._watcher.epoch)
        with slot.lock, self._turn:
            self._ensure_usable(slot)
            if slot.foreign is None:
                with translated(self.name):
                    slot.foreign = self._open("foreign")
            try:
                return fn(slot.foreign)
            finally:
                # A transaction left open would show the next caller old contents for ever.
                if slot.foreign.in_transaction:
                    slot.foreign.rollback()

    def _new_slot(self) -> Slot:
        self._ensure_open()
        return Slot(self._watcher.epoch, self._watcher.outside)

    def open_session(self) -> ReadSession:
        """Connections of one's own, for a stream: they are not those of any reader thread."""
        slot = self._slots.add()

        def read(job: Callable[[SqliteReader], Any], planned_with: DatabaseCatalog | None, awaited: Awaited) -> Any:
            return self._read(job, planned_with, awaited, slot)

        return ReadSession(self.pool, read, lambda: self._slots.drop(slot))

    # Writing

    async def write(
        self, fn: Callable[[sqlite3.Connection], T], *, transaction: bool = True, watch: Watch | None = None
    ) -> T:
        """Run ``fn(conn)`` on the writer thread (one hop), in a transaction of its own; commits before it returns.

        What ``fn`` raises is passed on as it is, after a rollback. ``watch`` sees it happen.
        """
        return await self._writer.run(lambda conn: self._run_write(conn, fn, transaction), watch=watch)

    async def write_for_request(
        self,
        fn: Callable[[sqlite3.Connection], T],
        *,
        shared: bool,
        size: int = 0,
        tables: frozenset[str] | None = None,
        watch: Watch | None = None,
    ) -> T:
        """As :meth:`write` for a request whose body has ``size`` bytes: refused with Unavailable while many wait.

        A ``shared`` one may share its transaction with others, and may be run
        twice: it must keep nothing but what it returns. It changes rows of
        ``tables`` only, None for anything. Driver errors leave it as Vitrina's.
        """
        with translated(self.name):
            if shared:
                return await self._writer.run(fn, shared=True, bounded=True, size=size, tables=tables, watch=watch)
            job = partial(self._run_write, fn=fn, transaction=True)
            return await self._writer.run(job, bounded=True, size=size, watch=watch)

    async def isolated(self, fn: Callable[[sqlite3.Connection], T], *, watch: Watch | None = None) -> T:
        """Run ``fn(conn)`` on a connection opened for it and closed after it, while writes wait."""
        return await self._writer.run(lambda _: self._run_isolated(fn), watch=watch)

    def _run_write(self, conn: sqlite3.Connection, fn: Callable[[sqlite3.Connection], T], transaction: bool) -> T:
        with self._turn:
            return in_transaction(conn, fn) if transaction else without_transaction(conn, fn)

    def _run_isolated(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        # Without hooks: plugins ask for it to do what these forbid everywhere else.
        with translated(self.name):
            conn = open_connection(self.spec, "write", replace(self.setup, prepare=()), self._attach)
        conn.isolation_level = "IMMEDIATE"
        conn.row_factory = None
        try:
            with self._turn:
                return fn(conn)
        finally:
            conn.close()

    async def analyze(self, sql: str, params: Mapping[str, Any] | Sequence[Any] = ()) -> SQLAnalysis:
        """What a statement would do, asked on a connection opened for it (one hop).

        Raises the driver's own errors for one that cannot be prepared.
        """
        return await self.pool.run(lambda: self._analyze(sql, params))

    def _analyze(self, sql: str, params: Mapping[str, Any] | Sequence[Any]) -> SQLAnalysis:
        self._current()
        conn = self._open("guarded")
        try:
            with self._turn:
                return analyze(conn, sql, params, database=self.name)
        finally:
            conn.close()

    # Opening and closing

    @property
    def pending_writes(self) -> int:
        """Writes that wait for the writer's thread."""
        return self._writer.queue_depth

    @property
    def was_written(self) -> bool:
        """Whether this process ever wrote to it."""
        return self._writer.hops > 0

    @property
    def open_connections(self) -> int:
        """Connections that are open now: of reader threads and streams, of the writer, and to look for changes."""
        return self._slots.count() + self._writer.is_connected + self._watcher.is_connected

    def _open(self, purpose: Purpose) -> sqlite3.Connection:
        return open_connection(self.spec, purpose, self.setup, self._attach)

    def _open_for_writing(self) -> sqlite3.Connection:
        with translated(self.name):
            return self._open("write")

    def _file_epoch(self) -> tuple[int, int]:
        """The first number rises when another file was put in the place of this one, the second when others wrote."""
        with self._lock:
            self._watcher.look_at_file()
            if self._watcher.may_be_overwritten():
                # Writing through a connection that keeps pages of another file would destroy this one.
                self._watcher.look()
            return self._watcher.epoch, self._watcher.outside

    def _ensure_open(self) -> None:
        if self._closed:
            raise DatabaseClosed(f"Database {self.name!r} has been closed")

    def _ensure_usable(self, slot: Slot) -> None:
        self._ensure_open()
        if slot.epoch <= self._watcher.spoiled:
            raise EngineError(f"Database {self.name}: the file was overwritten while it was read")
        slot.forget_pages(self._watcher.outside)

    def close(self) -> None:
        """Close every connection; later calls raise DatabaseClosed. Idempotent.

        A connection inside one call of an SQL function that does not end is left as it is after some seconds.
        """
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._fingerprint.stopped.set()
            slots = self._slots.take_all()
            self._watcher.close()
        self._writer.close()
        end = time.monotonic() + ENDING_S
        for slot in slots:
            slot.end(end)
