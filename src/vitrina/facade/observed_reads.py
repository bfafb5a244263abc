"""Reads and writes of plugins with spans around them, for servers that OpenTelemetry watches."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
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
    log_sql_errors: bool,
) -> Results:
    """Run one reading statement; errors that nobody is to be told of do not count as failures."""

    def expected(error: Exception) -> bool:
        return isinstance(error, QueryInterrupted) or not log_sql_errors

    with (
        telemetry.otel().query_span(engine.name, "read", sql=sql, params=params, time_limit_ms=limit_ms) as span,
        trace("sql", database=engine.name, sql=sql.strip(), params=params),
    ):
        try:
            results: Results = await engine.foreign_read(span.reading(run, expected))
        except QueryInterrupted:
            span.set(names.INTERRUPTED, True)
            telemetry.otel().record_query_interrupted(engine.name)
            raise
        except Exception as error:
            if log_sql_errors:
                span.fail(error, str(error))
            else:
                span.set(names.SQL_ERROR_SUPPRESSED, True)
            raise
        span.set(names.TRUNCATED, results.truncated)
        span.set(names.ROWS_RETURNED, len(results.rows))
        return results


async def read_with_spans(engine: SqliteDatabase, fn: Callable[[sqlite3.Connection], T]) -> T:
    """Run a plugin's function in a reader thread."""
    with telemetry.otel().query_span(engine.name, "read", callback=fn) as span:
        try:
            return await engine.foreign_read(span.reading(fn, lambda error: False))
        except Exception as error:
            span.fail(error)
            raise


async def write_with_spans(
    database: str,
    submit: Callable[[Callable[..., Any]], Awaitable[T]],
    fn: Callable[..., Any],
    *,
    block: bool = True,
    isolated: bool = False,
    transaction: bool = True,
    about: dict[str, Any],
) -> T:
    """Give a write to ``submit`` with spans for its waiting and running; ``about`` says what it is."""
    with telemetry.otel().query_span(database, "write", **about) as span:
        try:
            return await submit(span.writing(fn, isolated=isolated, transaction=transaction, block=block))
        except Exception as error:
            span.fail(error)
            raise
