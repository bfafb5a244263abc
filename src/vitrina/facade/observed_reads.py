"""Reads of plugins with spans around them, for servers that OpenTelemetry watches."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from vitrina.errors import QueryInterrupted
from vitrina.hooks import telemetry
from vitrina.hooks import telemetry_registry as names
from vitrina.hooks.tracing import trace

if TYPE_CHECKING:
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.facade.results import Results

T = TypeVar("T")


async def select_with_spans(
    engine: SqliteDatabase,
    run: Callable[[sqlite3.Connection], Results],
    sql: str,
    params: Any,
    *,
    limit_ms: int,
    is_short: bool,
    log_sql_errors: bool,
) -> Results:
    """Run one reading statement; errors that nobody is to be told of do not count as failures.

    Neither does that its limit ended it, where that ``is_short``: shorter than that of the server.
    """

    def expected(error: Exception) -> bool:
        return is_short if isinstance(error, QueryInterrupted) else not log_sql_errors

    with (
        telemetry.query_spans().query_span(engine.name, "read", sql=sql, params=params, time_limit_ms=limit_ms) as span,
        trace("sql", database=engine.name, sql=sql.strip(), params=params),
    ):
        try:
            results: Results = await engine.foreign_read(span.reading(run, expected, with_class=False))
        except Exception as error:
            interrupted = isinstance(error, QueryInterrupted)
            if interrupted:
                span.set(names.INTERRUPTED, True)
            if not expected(error):
                span.fail(error, with_class=False)
                if interrupted:
                    telemetry.otel().record_query_interrupted(engine.name)
            elif not interrupted:
                span.set(names.SQL_ERROR_SUPPRESSED, True)
            raise
        span.set(names.TRUNCATED, results.truncated)
        span.set(names.ROWS_RETURNED, len(results.rows))
        return results


async def read_with_spans(engine: SqliteDatabase, fn: Callable[[sqlite3.Connection], T]) -> T:
    """Run a plugin's function in a reader thread."""
    with telemetry.query_spans().query_span(engine.name, "read", callback=fn) as span:
        try:
            result: T = await engine.foreign_read(span.reading(fn, lambda error: False, with_class=True))
            return result
        except Exception as error:
            span.fail(error)
            raise


class CountedSets:
    """Sets of parameters that are counted while they are used."""

    def __init__(self, sets: Iterable[Any]) -> None:
        self._sets = iter(sets)
        self._count = 0

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        found = next(self._sets)
        self._count += 1
        return found

    def attributes(self) -> dict[str, Any]:
        """What a span shows of them."""
        return {names.PARAM_SETS: self._count}
