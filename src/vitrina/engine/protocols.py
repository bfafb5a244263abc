"""What the layers above may ask of an engine, with the contract of each call."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from vitrina.catalog.model import DatabaseCatalog

T = TypeVar("T")
Params = Mapping[str, Any] | Sequence[Any]


class CatalogChanged(Exception):
    """The schema is no longer the one that the caller planned with.

    The new catalog is already published on the database when this is raised;
    the page handler is simply run again.
    """


@dataclass(slots=True)
class Rows:
    """Rows of one statement: ``columns`` in select order, ``rows`` as tuples.

    ``truncated`` is True when the statement had more rows than its limit.
    """

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    truncated: bool = False


@dataclass(slots=True)
class Budget:
    """The one deadline of a page.

    ``deadline`` is on ``time.monotonic()``'s clock, in seconds; None is no
    deadline. :meth:`limit` turns an item's own limit into what is left.
    """

    deadline: float | None = None
    skipped: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, milliseconds: float | None) -> Budget:
        """A budget that ends ``milliseconds`` from now."""
        return cls(None if milliseconds is None else time.monotonic() + milliseconds / 1000)

    def limit(self, milliseconds: float) -> float:
        """Milliseconds that an item with this limit of its own may still use; 0 or less: its turn has not come."""
        if self.deadline is None:
            return milliseconds
        return min(milliseconds, (self.deadline - time.monotonic()) * 1000)


class Reader(Protocol):
    """One read-only connection, inside a worker thread. Never kept after the job returns."""

    @property
    def catalog(self) -> DatabaseCatalog:
        """The catalog current when the job began."""

    @property
    def generation(self) -> int:
        """The database's generation when the job began: what the job reads is at least that new."""

    def select(
        self,
        sql: str,
        params: Params = (),
        *,
        time_limit_ms: float | None = None,
        max_rows: int | None = None,
        untrusted: bool = False,
        may_fail: bool = False,
        has_limit: bool = False,
    ) -> Rows:
        """Run one statement and fetch its rows (blocking).

        Fetches at most ``max_rows`` rows and sets ``truncated`` when there were
        more. ``untrusted`` prepares the statement under the authorizer: only
        reading, the contract's PRAGMA table functions, no ATTACH, no writing.
        With ``may_fail`` an error is an answer, and telemetry shows none. A
        statement that ``has_limit`` ends one row after ``max_rows`` by itself:
        telemetry shows that row too, and nothing that was cut short.

        Raises QueryInterrupted after ``time_limit_ms``, InvalidSQL with the
        engine's text when the statement cannot be prepared or run,
        DatabaseCorrupt, Unavailable when the file stays locked.
        """

    def iterate(
        self, sql: str, params: Params = (), *, time_limit_ms: float | None = None, untrusted: bool = False
    ) -> tuple[tuple[str, ...], Iterator[tuple[Any, ...]]]:
        """Columns and a lazy iterator over the rows; errors as for :meth:`select`."""


@dataclass(frozen=True, slots=True)
class DatabaseSpec:
    """How a database is to be opened.

    Exactly one of ``path``, ``memory_name`` or ``is_memory`` says where it is.
    ``mode`` is SQLite's URI mode for the write connection ("rw", "rwc") or None.
    """

    name: str
    route: str
    path: str | None = None
    memory_name: str | None = None
    is_memory: bool = False
    is_mutable: bool = True
    is_temp_disk: bool = False
    mode: str | None = None
    nolock: bool = False
    hash: str | None = None
    size: int | None = None


class Engine(Protocol):
    """One served database.

    ``generation`` identifies the contents as last seen: equal generations mean
    equal contents. ``catalog`` is the last published snapshot, None before the
    first use.
    """

    spec: DatabaseSpec

    @property
    def catalog(self) -> DatabaseCatalog | None: ...

    @property
    def generation(self) -> int: ...

    async def ready(self) -> DatabaseCatalog:
        """The catalog, introspected now (one hop) if it never was."""

    async def read(self, job: Callable[[Reader], T], *, catalog: DatabaseCatalog | None = None) -> T:
        """Run ``job`` in a reader thread (one hop) on a connection no foreign function has touched.

        The hop first looks at the file's version counter; when the schema
        changed it publishes a new catalog. With ``catalog`` given and no
        longer current it raises CatalogChanged instead of running the job.
        """

    async def foreign_read(self, fn: Callable[[Any], T]) -> T:
        """Run a plugin's function on a connection of the foreign pool (one hop)."""

    async def look(self) -> int:
        """One hop that re-reads the file's version counter and returns the current ``generation``."""

    async def write(self, fn: Callable[[Any], T], *, transaction: bool = True) -> T:
        """Run ``fn(conn)`` on the writer thread, in a transaction of its own; commits before it returns."""

    def close(self) -> None:
        """Close every connection; later calls raise DatabaseClosed. Idempotent."""
