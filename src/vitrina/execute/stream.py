"""Reading more rows than fit in memory, batch by batch, while the client takes its time."""

from __future__ import annotations

import asyncio
import marshal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from vitrina.errors import Unavailable, VitrinaError

if TYPE_CHECKING:
    from vitrina.engine.protocols import Params
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.engine.sqlite.reader import SqliteReader
    from vitrina.engine.sqlite.session import ReadSession

#: seconds that a stream waits for its turn before the client is told to come back
WAIT_S = 5.0
_BATCH = 500
_IN_MEMORY = 1024 * 1024


@asynccontextmanager
async def open_stream(database: SqliteDatabase, *, wait_s: float = WAIT_S) -> AsyncIterator[ReadSession]:
    """A session for one stream: each ``await session.read(job)`` is one hop, and no transaction outlives it.

    There are at most as many streams at once as reader threads, over all
    databases. Raises Unavailable (503) when none ends within ``wait_s``.
    """
    permits = database.pool.streams
    try:
        await asyncio.wait_for(permits.acquire(), wait_s)
    except TimeoutError:
        raise Unavailable(
            "Too many exports are running",
            hint="Exports of many rows take turns; try again in a moment.",
            headers={"Retry-After": str(max(1, round(wait_s)))},
        ) from None
    try:
        session = database.open_session()
        try:
            yield session
        finally:
            await session.close()
    finally:
        permits.release()


@dataclass(slots=True)
class SpooledQuery:
    """The result of a free query, kept in a temporary file.

    ``columns`` in select order. ``error`` is what ended the query early: the
    rows before it are there all the same, and :meth:`batches` raises it after
    them. ``truncated`` is True when the file had reached its largest size.
    """

    columns: tuple[str, ...]
    error: VitrinaError | None
    truncated: bool
    _session: ReadSession
    _file: IO[bytes]

    async def batches(self) -> AsyncIterator[list[tuple[Any, ...]]]:
        """The rows, some hundred at a time (one hop each). Raises ``error`` at the end."""
        while rows := await self._session.run(self._load):
            yield rows
        if self.error is not None:
            raise self.error

    def _load(self) -> list[tuple[Any, ...]]:
        try:
            rows: list[tuple[Any, ...]] = marshal.load(self._file)
        except EOFError:
            return []
        return rows

    def close(self) -> None:
        """Delete the file. Idempotent."""
        self._file.close()


async def spool_query(
    session: ReadSession,
    sql: str,
    params: Params = (),
    *,
    time_limit_ms: float | None = None,
    max_bytes: int | None = None,
    untrusted: bool = True,
) -> SpooledQuery:
    """Run a query to its end into a temporary file (one hop).

    A free query has no key to go on from, and holding its cursor open would
    hold a lock on the database for as long as a client likes to read. Stops
    when the file has ``max_bytes`` bytes. The file goes with the session. Raises InvalidSQL or
    QueryInterrupted when there is no first row to give.
    """

    def job(reader: SqliteReader) -> SpooledQuery:
        columns, rows = reader.iterate(sql, params, time_limit_ms=time_limit_ms, untrusted=untrusted)
        file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed with the session
        session.keep(file)
        error: VitrinaError | None = None
        truncated = False
        batch: list[tuple[Any, ...]] = []
        try:
            for row in rows:
                batch.append(row)
                if len(batch) == _BATCH:
                    file.write(marshal.dumps(batch))
                    batch = []
                    if max_bytes is not None and file.tell() >= max_bytes:
                        truncated = True
                        break
        except VitrinaError as failure:
            error = failure
        if batch:
            file.write(marshal.dumps(batch))
        file.seek(0)
        return SpooledQuery(columns, error, truncated, session, file)

    return await session.read(job)
