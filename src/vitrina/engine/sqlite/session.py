"""Reads on connections of one's own, for a stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from vitrina.catalog.model import DatabaseCatalog
from vitrina.engine.sqlite.awaited import Awaited
from vitrina.engine.sqlite.reader import SqliteReader
from vitrina.engine.sqlite.readers import ReaderPool
from vitrina.hooks.tracing import carried

T = TypeVar("T")


class Closeable(Protocol):
    """Something that a session holds on to."""

    def close(self) -> None:
        """Give up what it holds. Idempotent."""


class ReadSession:
    """Reads on connections that nobody else uses; each call is one hop and holds nothing open after it.

    ``read`` runs a job in the thread that it is called in, ``drop`` closes the
    connections.
    """

    def __init__(
        self,
        pool: ReaderPool,
        read: Callable[[Callable[[SqliteReader], Any], DatabaseCatalog | None, Awaited], Any],
        drop: Callable[[], None],
    ) -> None:
        self._pool = pool
        self._read = read
        self._drop = drop
        self._kept: list[Closeable] = []

    def keep(self, resource: Closeable) -> None:
        """Close ``resource`` together with the session."""
        self._kept.append(resource)

    async def read(self, job: Callable[[SqliteReader], T], *, catalog: DatabaseCatalog | None = None) -> T:
        """As a database's own. A file replaced meanwhile is still read as it was."""
        awaited = Awaited()
        job = carried(job)
        result: T = await awaited.result(self._pool.run_export(lambda: self._read(job, catalog, awaited)))
        return result

    async def run(self, job: Callable[[], T]) -> T:
        """Run other blocking work of the stream in a thread (one hop)."""
        return await self._pool.run_export(job)

    async def close(self) -> None:
        """Close the connections (one hop). Idempotent."""
        await self._pool.run_export(self._close)

    def _close(self) -> None:
        while self._kept:
            self._kept.pop().close()
        self._drop()
