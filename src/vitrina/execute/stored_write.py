"""Runs a stored query on the write connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from vitrina.engine.sqlite.guard import TimeLimit
from vitrina.engine.sqlite.translate import translated
from vitrina.execute.observed_write import Submit, is_watched, observed

if TYPE_CHECKING:
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.execute.write import Writes

#: milliseconds that one statement may run
TIME_LIMIT_MS = 2000.0


async def run_stored_write(
    writes: Writes,
    database: SqliteDatabase,
    sql: str,
    params: Mapping[str, Any],
    *,
    transaction: bool = True,
    request: Any = None,
) -> int:
    """Run one statement and commit it; the number of rows it changed, -1 where that is not known.

    Without ``transaction`` it runs outside one, as VACUUM must. Raises
    InvalidSQL with the engine's message, QueryInterrupted after
    :data:`TIME_LIMIT_MS`, Unavailable while another program holds the file.
    """

    def job(conn: sqlite3.Connection) -> int:
        limit = TimeLimit(conn)
        limit.start(TIME_LIMIT_MS)
        try:
            cursor = conn.execute(sql, dict(params))
            # A statement with RETURNING, or a reading one, is only done when its rows were taken.
            for _ in cursor:
                pass
            return cursor.rowcount
        finally:
            limit.stop()
            conn.set_progress_handler(None, 0)

    submit: Submit[int] = partial(writes.foreign, database, job, transaction=transaction, request=request)
    with translated(database.name, sql, params):
        if not is_watched(request):
            return await submit()
        return await observed(database.name, submit, {"sql": sql, "params": params}, transaction=transaction)
