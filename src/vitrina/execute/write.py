"""Every write of the server: plugins' wrappers around it, its transaction, and the events after its commit."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from vitrina.engine.protocols import CatalogChanged
from vitrina.errors import InvalidBody, VitrinaError
from vitrina.execute.change_rows import ChangedRows
from vitrina.execute.observed_write import Submit, is_watched, observed
from vitrina.execute.renames import Renames
from vitrina.execute.wrapped_write import TrackEvent, WriteFunction, WriteWrapper, call_write, nested
from vitrina.hooks.events import Event

if TYPE_CHECKING:
    from vitrina.catalog.model import DatabaseCatalog, Table
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.engine.sqlite.queued import Watch

T = TypeVar("T")

# Where SQLite keeps the largest rowid of tables with AUTOINCREMENT.
_SEQUENCES = "sqlite_sequence"
#: in the state of a request that is to be answered when the replica has what it wrote
DURABLE = "durable"
# In the state of a request.
_WRITTEN = "has_written"


async def _nobody(event: Event) -> None:
    return None


def has_written(request: Any) -> bool:
    """Whether a write for this request was committed, whatever became of it afterwards."""
    return _WRITTEN in request.state


def _note_written(request: Any) -> None:
    state = getattr(request, "state", None)
    if state is not None:
        state[_WRITTEN] = True


class Writes:
    """Runs writes on databases on behalf of requests and plugins.

    Ports: ``wrappers(database, request, transaction)`` gives the plugins'
    generator functions for one write, outermost first; ``track(event)`` tells
    plugins what happened; ``listened()`` is whether any would hear it.
    """

    def __init__(
        self,
        wrappers: Callable[[str, Any, bool], list[WriteWrapper]] | None = None,
        track: Callable[[Event], Awaitable[None]] = _nobody,
        listened: Callable[[], bool] = lambda: False,
    ) -> None:
        self._wrappers = wrappers
        self.track = track
        self._listened = listened
        #: port: whether a database is replicated, for writes that are to be answered when the replica has them
        self.replicated: Callable[[str], bool] = lambda name: False

    def refuse_unreplicated(self, database: str) -> None:
        """Raise InvalidBody where no write to the database of this name can be durable beyond this machine."""
        if not self.replicated(database):
            raise InvalidBody(
                f"Database {database} is not replicated, so no write to it can be durable beyond this machine"
            )

    async def rows(
        self,
        database: SqliteDatabase,
        fn: Callable[[sqlite3.Connection], T],
        catalog: DatabaseCatalog,
        *,
        request: Any = None,
        changes: Table | None = None,
        alone: bool = False,
        size: int = 0,
    ) -> T:
        """Run a structured write that was planned with ``catalog``; it is committed when this returns (one hop).

        It changes rows of the table ``changes``, None for anything else. It
        may share its commit with others unless it is to be ``alone`` or a
        plugin wraps it. ``size`` is what it holds in bytes. Raises
        CatalogChanged when the schema is another one by now, Unavailable when
        too many writes wait or the file stays locked, InvalidSQL with the
        engine's text, and what ``fn`` raises.
        """

        def checked(conn: sqlite3.Connection) -> T:
            version = conn.execute("PRAGMA schema_version").fetchone()[0]
            if version != catalog.schema_version:
                raise CatalogChanged
            return fn(conn)

        wrappers = self._wrappers_of(database, request, True)
        events: list[Event] = []
        try:
            submit: Submit[T]
            if wrappers:
                submit = partial(self._wrapped, database, wrappers, checked, events, size)
            else:
                tables = None if changes is None else touched_tables(changes)
                submit = partial(database.write_for_request, checked, shared=not alone, size=size, tables=tables)
            result = await (observed(database.name, submit, {"callback": fn}) if is_watched(request) else submit())
        except CatalogChanged:
            # The page is made again, and needs the new one.
            await database.look()
            raise
        _note_written(request)
        if events:
            await self._send(events)
        return result

    async def _wrapped(
        self,
        database: SqliteDatabase,
        wrappers: list[WriteWrapper],
        fn: Callable[[sqlite3.Connection], T],
        events: list[Event],
        size: int,
        watch: Watch | None = None,
    ) -> T:
        """Run a structured write inside plugins' wrappers. What they raise refuses the write."""
        kept: list[T] = []

        def shown(conn: sqlite3.Connection) -> Any:
            value = fn(conn)
            kept.append(value)
            return value.as_objects() if isinstance(value, ChangedRows) else value

        try:
            job = nested(wrappers, shown, events.append)
            await database.write_for_request(job, shared=False, size=size, watch=watch)
        except (VitrinaError, CatalogChanged):
            raise
        except Exception as error:  # a plugin call: a wrapper says no by raising
            raise InvalidBody(str(error)) from error
        return kept[-1]

    async def sql(
        self,
        database: SqliteDatabase,
        fn: Callable[[sqlite3.Connection], T],
        *,
        request: Any = None,
        size: int = 0,
        about: Mapping[str, Any] | None = None,
    ) -> T:
        """Run one write of a request in a transaction of its own, such as DDL or a person's SQL (one hop).

        ``about`` is what telemetry shows in the place of the function, such as ``sql`` and ``params``.
        """
        job, events = self._prepare(database, fn, request, True)
        submit: Submit[T] = partial(database.write_for_request, job, shared=False, size=size)
        about = about or {"callback": fn}
        result = await (observed(database.name, submit, about) if is_watched(request) else submit())
        _note_written(request)
        await self._send(events)
        return result

    async def foreign(
        self,
        database: SqliteDatabase,
        fn: WriteFunction,
        *,
        request: Any = None,
        transaction: bool = True,
        watch: Watch | None = None,
    ) -> Any:
        """Run a plugin's ``fn(conn)`` or ``fn(conn, track_event)``; what it raises is passed on as it is (one hop)."""
        run, events = self._prepare(database, fn, request, transaction)
        result = await database.write(run, transaction=transaction, watch=watch)
        _note_written(request)
        await self._send(events)
        return result

    def _prepare(
        self, database: SqliteDatabase, fn: WriteFunction, request: Any, transaction: bool
    ) -> tuple[Callable[[sqlite3.Connection], Any], list[Event]]:
        events: list[Event] = []
        inner = nested(
            self._wrappers_of(database, request, transaction), _with_events(fn, events.append), events.append
        )
        if not self._listened():
            return inner, events
        return Renames(database.name, _actor_of(request)).watched(inner, events), events

    def _wrappers_of(self, database: SqliteDatabase, request: Any, transaction: bool) -> list[WriteWrapper]:
        if request is not None and DURABLE in request.state:
            self.refuse_unreplicated(database.name)
        return self._wrappers(database.name, request, transaction) if self._wrappers is not None else []

    async def _send(self, events: list[Event]) -> None:
        for event in events:
            await self.track(event)


def touched_tables(table: Table) -> frozenset[str] | None:
    """The tables that change with the rows of an ordinary table; None where that cannot be told."""
    if table.kind != "table" or table.changes_others:
        return None
    return frozenset((table.name, _SEQUENCES))


def _with_events(fn: WriteFunction, track_event: TrackEvent) -> Callable[[sqlite3.Connection], Any]:
    return lambda conn: call_write(fn, conn, track_event)


def _actor_of(request: Any) -> Any:
    return getattr(request, "actor", None)
