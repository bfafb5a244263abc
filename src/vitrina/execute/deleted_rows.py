"""Rows that were deleted a short while ago, kept in the internal database for whoever deleted them."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
import secrets
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vitrina.errors import EngineError, Unavailable
from vitrina.execute.internal import InternalDatabase
from vitrina.hooks import telemetry

#: seconds for which a row is kept
KEPT_S = 600
#: bytes of the largest row that is kept; rows of one actor at most, and their bytes together
KEPT_BYTES = 8 * 1024 * 1024
KEPT_ROWS = 1000
KEPT_ROWS_BYTES = 64 * 1024 * 1024

_SCHEMA = """
CREATE TABLE IF NOT EXISTS vitrina_deleted_rows (
    id TEXT PRIMARY KEY,
    actor TEXT NOT NULL,
    database_name TEXT NOT NULL,
    table_name TEXT NOT NULL,
    row TEXT NOT NULL,
    expires_at REAL NOT NULL
)
"""


@dataclass(frozen=True, slots=True)
class DeletedRow:
    """One row as it was; ``values`` are SQLite's own, of ordinary columns and, where there is one, the rowid."""

    database: str
    table: str
    values: Mapping[str, Any]


class DeletedRows:
    """Keeps rows for ten minutes; each is given back once, to the actor who deleted it."""

    def __init__(self, internal: InternalDatabase) -> None:
        self._internal = internal
        self._clean_up: asyncio.TimerHandle | None = None
        self._cleaning: asyncio.Task[None] | None = None

    async def keep(self, actor: str, row: DeletedRow) -> str | None:
        """Keep a row for ``actor`` (any text that tells actors apart); its id, None where it is too large (one hop)."""
        text = _encode(row.values)
        if len(text) > KEPT_BYTES:
            return None
        row_id = secrets.token_urlsafe(18)
        await self._internal.write_own(lambda conn: _insert(conn, row_id, _digest(actor), row, text))
        self._clean_up_later()
        return row_id

    async def take(self, actor: str, row_id: str, database: str, table: str) -> DeletedRow | None:
        """The row of that id, which is not kept any longer then (one hop).

        None where there is none, or where it is another actor's, another
        table's or too old: these cannot be told apart.
        """
        text = await self._internal.write_own(lambda conn: _take(conn, row_id, _digest(actor), database, table))
        return None if text is None else DeletedRow(database, table, _decode(text))

    async def put_back(self, actor: str, row_id: str, row: DeletedRow) -> None:
        """Keep a row again that was taken but could not be used; its time begins anew (one hop)."""
        text = _encode(row.values)
        await self._internal.write_own(lambda conn: _insert(conn, row_id, _digest(actor), row, text))
        self._clean_up_later()

    def _clean_up_later(self) -> None:
        """Forget what is too old even if nobody deletes anything again."""
        loop = asyncio.get_running_loop()
        if self._clean_up is not None and not self._clean_up.cancelled() and self._clean_up.when() > loop.time():
            return
        self._clean_up = loop.call_later(KEPT_S + 1, self._start_cleaning, loop)

    def _start_cleaning(self, loop: asyncio.AbstractEventLoop) -> None:
        self._cleaning = loop.create_task(self._forget_old())

    async def _forget_old(self) -> None:
        telemetry.leave_request()
        # The server may be stopping.
        with contextlib.suppress(EngineError, Unavailable):
            if await self._internal.write_own(_forget_old):
                self._clean_up_later()


def _insert(conn: sqlite3.Connection, row_id: str, actor: str, row: DeletedRow, text: str) -> None:
    conn.execute(_SCHEMA)
    _forget_old(conn)
    conn.execute(
        "INSERT INTO vitrina_deleted_rows VALUES (?, ?, ?, ?, ?, ?)",
        (row_id, actor, row.database, row.table, text, time.time() + KEPT_S),
    )
    conn.execute(
        "DELETE FROM vitrina_deleted_rows WHERE id IN (SELECT id FROM ("
        "SELECT id, row_number() OVER newest AS number, sum(length(row)) OVER newest AS bytes "
        "FROM vitrina_deleted_rows WHERE actor = ? "
        "WINDOW newest AS (ORDER BY expires_at DESC, rowid DESC)) WHERE number > ? OR bytes > ?)",
        (actor, KEPT_ROWS, KEPT_ROWS_BYTES),
    )


def _take(conn: sqlite3.Connection, row_id: str, actor: str, database: str, table: str) -> str | None:
    conn.execute(_SCHEMA)
    _forget_old(conn)
    key = (row_id, actor, database, table)
    condition = "id = ? AND actor = ? AND database_name = ? AND table_name = ?"
    found = conn.execute(f"SELECT row FROM vitrina_deleted_rows WHERE {condition}", key).fetchone()
    conn.execute(f"DELETE FROM vitrina_deleted_rows WHERE {condition}", key)
    return None if found is None else str(found[0])


def _forget_old(conn: sqlite3.Connection) -> bool:
    """Delete what is too old; whether anything is left."""
    conn.execute("DELETE FROM vitrina_deleted_rows WHERE expires_at <= ?", (time.time(),))
    return conn.execute("SELECT 1 FROM vitrina_deleted_rows LIMIT 1").fetchone() is not None


def _digest(actor: str) -> str:
    return hashlib.sha256(actor.encode("utf-8", "surrogatepass")).hexdigest()


def _encode(values: Mapping[str, Any]) -> str:
    """SQLite's values as text; only bytes need a wrapping, as SQLite has no objects."""
    return json.dumps(dict(values), default=lambda value: {"$base64": base64.b64encode(value).decode("ascii")})


def _decode(text: str) -> dict[str, Any]:
    values = json.loads(text)
    return {
        name: base64.b64decode(value["$base64"]) if isinstance(value, dict) else value for name, value in values.items()
    }
