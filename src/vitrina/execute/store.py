"""Metadata, column types and stored queries: in memory for pages, in the internal database for plugins."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vitrina.catalog.stored import AssignedType, StoredQuery, StoreSnapshot
from vitrina.config.model import Config
from vitrina.execute.configured import snapshot_of
from vitrina.execute.internal import InternalDatabase
from vitrina.execute.store_tables import read_snapshot, write_configured, write_metadata, write_query, write_type

# What another process wrote to a persistent internal database shows after this time at the latest.
_REFRESH_SECONDS = 1.0


class Store:
    """What pages read as ``snapshot``, without touching a database.

    Made from the configuration; its rows reach the internal database when
    somebody first looks there. Changes are written there, then published.
    """

    def __init__(self, config: Config, internal: InternalDatabase) -> None:
        self._internal = internal
        self._lock = threading.Lock()
        self._configured = snapshot_of(config)
        self._snapshot = replace(self._configured, generation=1)
        self._seen = -1
        self._refreshed = 0.0
        internal.flush = self._flush
        internal.wrote = self._reload

    @property
    def snapshot(self) -> StoreSnapshot:
        """The current snapshot; immutable."""
        return self._snapshot

    async def load(self) -> StoreSnapshot:
        """Read what a persistent internal database holds besides the configuration; await it once at start.

        Nothing happens for a temporary one.
        """
        if self._internal.is_persistent:
            await self._internal.write_own(self._reload)
        return self._snapshot

    async def refresh(self) -> StoreSnapshot:
        """Read the tables again if another process changed them (one hop; none for a temporary database)."""
        if self._internal.is_persistent:
            generation = await self._internal.look()
            if generation != self._seen:
                self._seen = generation
                await self._internal.write_own(self._reload)
        return self._snapshot

    async def keep_current(self) -> None:
        """:meth:`refresh` where the last one is a second old; costs nothing for a temporary database."""
        if self._internal.is_persistent and time.monotonic() - self._refreshed > _REFRESH_SECONDS:
            self._refreshed = time.monotonic()
            await self.refresh()

    # Metadata

    async def set_instance_metadata(self, key: str, value: Any) -> None:
        """Upsert one key; a value that is not text is stored as JSON."""
        await self._change(lambda conn: write_metadata(conn, key, value))

    async def set_database_metadata(self, database: str, key: str, value: Any) -> None:
        """Upsert one key of a database."""
        await self._change(lambda conn: write_metadata(conn, key, value, database))

    async def set_resource_metadata(self, database: str, resource: str, key: str, value: Any) -> None:
        """Upsert one key of a table, view or query."""
        await self._change(lambda conn: write_metadata(conn, key, value, database, resource))

    async def set_column_metadata(self, database: str, resource: str, column: str, key: str, value: Any) -> None:
        """Upsert one key of a column."""
        await self._change(lambda conn: write_metadata(conn, key, value, database, resource, column))

    # Column types

    async def set_column_type(
        self, database: str, table: str, column: str, column_type: str, config: Mapping[str, Any] | None = None
    ) -> None:
        """Assign a type to a column. Whether the type exists and fits is for the caller to check."""
        assigned = AssignedType(column_type, config)
        await self._change(lambda conn: write_type(conn, database, table, column, assigned))

    async def remove_column_type(self, database: str, table: str, column: str) -> None:
        """Take the type of a column away; nothing happens where it has none."""
        await self._execute(
            "DELETE FROM column_types WHERE database_name = ? AND resource_name = ? AND column_name = ?",
            (database, table, column),
        )

    # Stored queries

    async def save_query(self, query: StoredQuery) -> None:
        """Insert a query, or replace the one of its database and name."""
        await self._change(lambda conn: write_query(conn, query))

    async def update_query(self, database: str, name: str, **changes: Any) -> StoredQuery | None:
        """Change the given fields of a query; the query as it is then, None where there is none."""
        query = self._snapshot.query(database, name)
        if query is None:
            return None
        if "parameters" in changes:
            changes["parameters"] = tuple(changes["parameters"] or ())
        changed = replace(query, **changes)
        await self.save_query(changed)
        return changed

    async def remove_query(self, database: str, name: str, source: str | None = None) -> None:
        """Delete a query; with ``source`` only if that is where it comes from."""
        sql = "DELETE FROM queries WHERE database_name = ? AND name = ?"
        if source is None:
            await self._execute(sql, (database, name))
        else:
            await self._execute(sql + " AND source = ?", (database, name, source))

    # Writing through

    async def _execute(self, sql: str, params: tuple[Any, ...]) -> None:
        await self._change(lambda conn: conn.execute(sql, params))

    async def _change(self, change: Any) -> None:
        def job(conn: sqlite3.Connection) -> StoreSnapshot:
            change(conn)
            return read_snapshot(conn, 0)

        self._publish(await self._internal.write_own(job))

    def _flush(self, conn: sqlite3.Connection) -> None:
        write_configured(conn, self._configured)

    def _reload(self, conn: sqlite3.Connection) -> None:
        self._publish(read_snapshot(conn, 0))

    def _publish(self, snapshot: StoreSnapshot) -> None:
        with self._lock:
            current = self._snapshot
            if replace(snapshot, generation=current.generation) != current:
                self._snapshot = replace(snapshot, generation=current.generation + 1)
