"""What is remembered of imports of files into tables, also after a restart."""

from __future__ import annotations

import sqlite3
from typing import Any

from vitrina.files.records import FileRecords, Record

#: states of a row that has ended
ENDED = ("finished", "error")
INTERRUPTED = "The server was stopped while this import ran; nothing of it was written"


class ImportRows:
    """Rows of ``_datasette_files_imports``; every method is one hop."""

    def __init__(self, records: FileRecords) -> None:
        self._records = records

    async def add(self, record: Record, import_type: str, database: str, table: str, actor_id: str | None) -> int:
        """A new import that has not begun; its number."""
        return await self._records.execute(
            "INSERT INTO _datasette_files_imports"
            " (file_id, import_type, database_name, table_name, total_size, actor_id) VALUES (?, ?, ?, ?, ?, ?)",
            (record["id"], import_type, database, table, record["size"], actor_id),
        )

    async def find(self, file_id: str, number: int) -> Record | None:
        """The import of that number, if it is one of this file."""
        rows = await self._records.query(
            "SELECT * FROM _datasette_files_imports WHERE id = ? AND file_id = ?", (number, file_id)
        )
        return rows[0] if rows else None

    async def begin(self, number: int) -> None:
        """It is running from now on."""
        await self._records.execute(
            "UPDATE _datasette_files_imports SET status = 'running', started_at = datetime('now') WHERE id = ?",
            (number,),
        )

    async def end(self, number: int, error: str | None, *, rows: int, read: int) -> None:
        """It has ended, well where ``error`` is None; ``rows`` were written, ``read`` bytes looked at."""
        await self._records.execute(
            "UPDATE _datasette_files_imports SET status = ?, error = ?, row_count = ?, bytes_read = ?,"
            " finished_at = datetime('now') WHERE id = ?",
            ("finished" if error is None else "error", error, rows, read, number),
        )

    async def end_interrupted(self) -> None:
        """End those that ran when the server was stopped; called when it starts, before any other begins."""

        def job(conn: sqlite3.Connection) -> None:
            conn.execute(
                "UPDATE _datasette_files_imports SET status = 'error', error = ?, finished_at = datetime('now')"
                " WHERE status IN ('pending', 'running')",
                (INTERRUPTED,),
            )

        await self._records.change(job)


def as_json(row: Record, table_url: str) -> dict[str, Any]:
    """The keys of the contract, in its order."""
    keys = (
        *("id", "file_id", "import_type", "database_name", "table_name", "status", "row_count", "total_size"),
        *("bytes_read", "error", "started_at", "finished_at"),
    )
    return {**{key: row[key] for key in keys}, "table_url": table_url}
