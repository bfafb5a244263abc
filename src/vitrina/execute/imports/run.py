"""Imports of a running server: every batch is one write of the database's queue."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from vitrina.execute.imports.load import ImportCancelled, Loader

if TYPE_CHECKING:
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.execute.write import Writes


async def run_import(writes: Writes, database: SqliteDatabase, loader: Loader, *, request: Any = None) -> None:
    """Write everything (one hop per batch of the plan, one in all without batches), then publish a new schema.

    Raises ImportCancelled, InvalidBody, InvalidSQL, Unavailable; what earlier
    batches wrote stays, and ``loader.report`` says how much that is.
    """
    run = _batch(loader)
    try:
        while await writes.sql(database, run, request=request):
            # Others that wait for the writer go first.
            await asyncio.sleep(0)
    except asyncio.CancelledError:
        # The writer may be busy with the batch: it notices, and undoes it.
        loader.report.cancel.set()
        raise
    except BaseException:
        loader.rolled_back()
        raise
    finally:
        if loader.plan.definition is not None:
            await database.look()


def _batch(loader: Loader) -> Callable[[sqlite3.Connection], bool]:
    def import_batch(conn: sqlite3.Connection) -> bool:
        row_factory, conn.row_factory = conn.row_factory, None
        try:
            return loader.run(conn)
        finally:
            conn.row_factory = row_factory

    return import_batch


__all__ = ["ImportCancelled", "run_import"]
