"""A database that another program keeps up to date by putting whole copies in its place."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

from vitrina.catalog.model import DatabaseCatalog
from vitrina.dialect.analysis import SQLAnalysis
from vitrina.engine.protocols import DatabaseSpec
from vitrina.engine.sqlite.awaited import Awaited
from vitrina.engine.sqlite.connections import ConnectionSetup
from vitrina.engine.sqlite.database import SqliteDatabase
from vitrina.engine.sqlite.reader import SqliteReader
from vitrina.engine.sqlite.readers import ReaderPool
from vitrina.engine.sqlite.session import ReadSession
from vitrina.errors import Forbidden

T = TypeVar("T")


class Gate(Protocol):
    """Says which copy is served: ``switches`` counts how often that changed."""

    @property
    def switches(self) -> int:
        """Rises with each change."""

    def reading(self) -> AbstractContextManager[None]:
        """Holds on to the copy that is served now: it does not change before the block ends."""


class GatedDatabase(SqliteDatabase):
    """Reads within ``gate`` only, also where it attaches what is behind the gate.

    A copy that comes back may have other contents under the same version
    counter, so each switch ends all connections, once those have left who
    came before it: they may read on in the copy that they opened.
    """

    def __init__(
        self,
        spec: DatabaseSpec,
        *,
        pool: ReaderPool,
        setup: ConnectionSetup,
        gate: Gate,
        attach: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(spec, pool=pool, setup=setup, attach=attach)
        self._gate = gate
        self._switches = -1
        self._watcher.expects_others = True

    def _current(self) -> tuple[DatabaseCatalog, int]:
        with self._gate.reading():
            switches = self._gate.switches
            with self._lock:
                if switches != self._switches:
                    self._watcher.renew()
                    self._switches = switches
            return super()._current()

    def _read(self, *arguments: Any, **options: Any) -> Any:
        with self._gate.reading():
            return super()._read(*arguments, **options)

    def open_session(self) -> ReadSession:
        slot = self._slots.add()

        def read(job: Callable[[SqliteReader], Any], planned_with: DatabaseCatalog | None, awaited: Awaited) -> Any:
            nonlocal slot
            with self._gate.reading():
                self._current()
                if slot.epoch != self._watcher.epoch:
                    # Between two reads nobody held the copy: it may have been written to.
                    self._slots.drop(slot)
                    slot = self._slots.add()
                return super(GatedDatabase, self)._read(job, planned_with, awaited, slot)

        return ReadSession(self.pool, read, lambda: self._slots.drop(slot))

    def _foreign_read(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        with self._gate.reading():
            return super()._foreign_read(fn)

    def _analyze(self, sql: str, params: Any) -> SQLAnalysis:
        with self._gate.reading():
            return super()._analyze(sql, params)

    def check(self) -> None:
        with self._gate.reading():
            super().check()


class ReplicaDatabase(GatedDatabase):
    """A copy of a replica; ``writer()`` gives the address of the server that takes writes, or None."""

    def __init__(
        self,
        spec: DatabaseSpec,
        *,
        pool: ReaderPool,
        setup: ConnectionSetup,
        gate: Gate,
        writer: Callable[[], str | None],
    ) -> None:
        super().__init__(spec, pool=pool, setup=setup, gate=gate)
        self._writer_address = writer

    @property
    def is_writable(self) -> bool:
        return False

    @property
    def refusal(self) -> Forbidden:
        address = self._writer_address()
        if address is None:
            hint = "Changes are made on the server whose replica this is."
        else:
            hint = f"Changes are made at {address}"
        return Forbidden(f"Database is a read replica{f': write to {address}' if address else ''}", hint=hint)

    async def holds(self, generation: int, tables: frozenset[str] | None) -> bool:
        if self._switches != self._gate.switches:
            return await super().holds(generation, tables)
        # The copy that is served never changes, so there is nothing to look at.
        return not self._watcher.changes.since(generation, tables)

    def _open_for_writing(self) -> sqlite3.Connection:
        raise self.refusal
