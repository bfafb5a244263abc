"""Row counts of tables for the lists on the home page and the database pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vitrina.dialect.quoting import quote_identifier
from vitrina.engine.protocols import Budget
from vitrina.errors import BadRequest, DatabaseCorrupt

if TYPE_CHECKING:
    from vitrina.catalog.model import DatabaseCatalog
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.engine.sqlite.reader import SqliteReader

#: rows that are counted at most; a count of one more says "more than this"
COUNT_LIMIT = 10_000
#: milliseconds for each table, on the home page and on a database page
HOME_LIMIT_MS = 10.0
DATABASE_LIMIT_MS = 100.0
#: milliseconds for all tables of a database together
TOTAL_LIMIT_MS = 1000.0
#: the home page does not count in mutable files of this size, in bytes, or more
HOME_MAX_BYTES = 100 * 1024 * 1024

# Tables counted by one statement; SQLite allows 500 parts.
_TOGETHER = 50
_MEMO = "counts"


@dataclass(frozen=True, slots=True)
class TableCount:
    """``count`` rows; with ``truncated`` there are more than :data:`COUNT_LIMIT`."""

    count: int
    truncated: bool = False


async def home_counts(database: SqliteDatabase) -> tuple[DatabaseCatalog, dict[str, int]]:
    """Catalog and table → rows, for the home page (at most one hop).

    No counts at all where the file is too large, or where one table could not
    be counted in time.
    """
    known = database.known_counts
    if known is not None:
        return await database.ready(), dict(known)

    def job(reader: SqliteReader) -> dict[str, TableCount] | None:
        if database.is_mutable and database.size >= HOME_MAX_BYTES:
            return {}
        return count_tables(reader, database, HOME_LIMIT_MS, stop_at_failure=True)

    catalog, counts = await database.read(lambda reader: (reader.catalog, job(reader)))
    return catalog, {name: found.count for name, found in (counts or {}).items()}


async def database_counts(database: SqliteDatabase) -> tuple[DatabaseCatalog, dict[str, TableCount]]:
    """Catalog and table → count, for a database page (at most one hop); tables that were not counted are missing."""
    known = database.known_counts
    if known is not None:
        return await database.ready(), {name: TableCount(count) for name, count in known.items()}
    return await database.read(lambda reader: (reader.catalog, count_tables(reader, database, DATABASE_LIMIT_MS) or {}))


def count_tables(
    reader: SqliteReader, database: SqliteDatabase, limit_ms: float, *, stop_at_failure: bool = False
) -> dict[str, TableCount] | None:
    """Count every table of the catalog, each up to :data:`COUNT_LIMIT` (blocking; worker thread).

    Each table has ``limit_ms``, all together :data:`TOTAL_LIMIT_MS`. Tables
    that could not be counted are missing; with ``stop_at_failure`` the first
    of them ends it all and the result is None. Counts are kept for as long as
    the database is unchanged.
    """
    kept: dict[str, TableCount] = database.memo(reader.generation).setdefault(_MEMO, {})
    names = [name for name in reader.catalog.tables if name not in kept]
    counting = _Counting(reader, limit_ms, stop_at_failure)
    counting.run(names)
    kept.update(counting.counts)
    if stop_at_failure and len(kept) < len(reader.catalog.tables):
        return None
    return dict(kept)


# A table that cannot be counted spoils only its own count, be it for want of time or because its pages are damaged.
_FAILURES = (BadRequest, DatabaseCorrupt)


class _Counting:
    """Counts many tables with few statements: a union of one count each, whose rows arrive one by one."""

    def __init__(self, reader: SqliteReader, limit_ms: float, stop_at_failure: bool) -> None:
        self.counts: dict[str, TableCount] = {}
        self._reader = reader
        self._limit_ms = limit_ms
        self._stop = stop_at_failure
        self._budget = Budget.of(TOTAL_LIMIT_MS)
        self._failed = False

    def run(self, names: Sequence[str]) -> None:
        for start in range(0, len(names), _TOGETHER):
            self._run_some(names[start : start + _TOGETHER])

    def _run_some(self, names: Sequence[str]) -> None:
        while names and self._goes_on():
            try:
                done = self._run_statement(names)
            except _FAILURES:
                if len(names) == 1:
                    self._failed = True
                    return
                # One of the tables is unusable, so that nothing could be run; halving finds it.
                half = len(names) // 2
                self._run_some(names[:half])
                names = names[half:]
                continue
            if done < len(names) and self._goes_on():
                # Computing ahead, the driver loses a good row when the one after it fails: ask for that row alone.
                self._run_some(names[done : done + 1])
                done += 1
            names = names[done:]

    def _goes_on(self) -> bool:
        return not (self._failed and self._stop) and self._budget.limit(self._limit_ms) > 0

    def _run_statement(self, names: Sequence[str]) -> int:
        """Count ``names`` in order; how many were counted before one failed.

        Raises BadRequest or DatabaseCorrupt when the first one failed, or none could be begun.
        """
        _, rows = self._reader.iterate(_counts_sql(names), each_row_ms=self._budget.limit(self._limit_ms))
        done = 0
        try:
            for (count,) in rows:
                self.counts[names[done]] = TableCount(count, count > COUNT_LIMIT)
                done += 1
                if self._budget.limit(self._limit_ms) <= 0:
                    break
        except _FAILURES:
            if len(names) == 1:
                raise
        return done


def _counts_sql(names: Sequence[str]) -> str:
    return " UNION ALL ".join(
        [f"SELECT count(*) FROM (SELECT 1 FROM {quote_identifier(name)} LIMIT {COUNT_LIMIT + 1})" for name in names]
    )


def known_counts_of(inspected: Mapping[str, object] | None) -> dict[str, int] | None:
    """Table → rows from one database's block of an inspect file; None where it has no tables."""
    tables = (inspected or {}).get("tables")
    if not isinstance(tables, Mapping):
        return None
    return {
        str(name): block["count"]
        for name, block in tables.items()
        if isinstance(block, Mapping) and isinstance(block.get("count"), int)
    }
