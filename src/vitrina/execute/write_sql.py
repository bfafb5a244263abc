"""A person's writing statement: analysed without running it, then run on the write connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from vitrina.dialect.analysis import SQLAnalysis
from vitrina.engine.sqlite.guard import TimeLimit
from vitrina.engine.sqlite.translate import translated
from vitrina.errors import InvalidSQL, QueryInterrupted

if TYPE_CHECKING:
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.execute.write import Writes

#: milliseconds that one statement may run, and rows of a RETURNING clause that are kept
TIME_LIMIT_MS = 2000.0
RETURNED_ROWS = 10


@dataclass(frozen=True, slots=True)
class WrittenSQL:
    """What a statement did: rows it changed, -1 where that is not known, and the first rows it returned.

    ``rowid`` is that of the row it inserted last, if it inserted any.
    """

    rowcount: int
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    truncated: bool
    rowid: int | None = None


async def analyzed(database: SqliteDatabase, sql: str, params: Mapping[str, Any]) -> SQLAnalysis:
    """What the statement would do (one hop). Raises InvalidSQL with the engine's text."""
    with translated(database.name, sql, params):
        return await database.analyze(sql, params)


async def run_write_sql(
    writes: Writes, database: SqliteDatabase, sql: str, params: Mapping[str, Any], *, request: Any = None
) -> WrittenSQL:
    """Run one statement in a transaction of its own; it is committed when this returns (one hop).

    Raises InvalidSQL with the engine's text, also after :data:`TIME_LIMIT_MS`,
    and Unavailable while another program holds the file.
    """
    run = partial(_run, sql=sql, params=params)
    try:
        return await writes.sql(database, run, request=request, size=len(sql), about={"sql": sql, "params": params})
    except QueryInterrupted as error:
        raise InvalidSQL(
            "QueryInterrupted: interrupted",
            hint=f"A statement may run for {TIME_LIMIT_MS / 1000:g} seconds here. Nothing was changed.",
        ) from error


def _run(conn: sqlite3.Connection, sql: str, params: Mapping[str, Any]) -> WrittenSQL:
    limit = TimeLimit(conn)
    limit.start(TIME_LIMIT_MS)
    cursor = conn.cursor()
    cursor.row_factory = None
    try:
        cursor.execute(sql, dict(params))
        if cursor.description is None:
            return WrittenSQL(cursor.rowcount, (), [], False, cursor.lastrowid)
        columns = tuple([item[0] for item in cursor.description])
        rows = cursor.fetchmany(RETURNED_ROWS + 1)
        if len(rows) <= RETURNED_ROWS:
            return WrittenSQL(cursor.rowcount, columns, rows, False, cursor.lastrowid)
        # Everything was done before the first row came; the number of rows is only known at the end.
        return WrittenSQL(-1, columns, rows[:RETURNED_ROWS], True)
    finally:
        cursor.close()
        limit.stop()
        conn.set_progress_handler(None, 0)
