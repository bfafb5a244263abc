"""What a database file holds, asked of a connection (all blocking)."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vitrina.compat.sqlite_facts import (
    detect_fts,
    detect_primary_keys,
    get_all_foreign_keys,
    sqlite_hidden_table_names,
    table_columns,
)
from vitrina.dialect.quoting import escape_sqlite

HASH_BLOCK_SIZE = 1024 * 1024


def inspect_hash(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        while block := file.read(HASH_BLOCK_SIZE):
            digest.update(block)
    return digest.hexdigest()


def inspect_views(conn: sqlite3.Connection) -> list[str]:
    """Names of the views."""
    return [row[0] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'view'").fetchall()]


def inspect_tables(conn: sqlite3.Connection, database_metadata: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Name → columns, primary keys, number of rows (None where it cannot be counted), full-text table, keys."""
    configured = database_metadata.get("tables") or {}
    hidden = {*sqlite_hidden_table_names(conn), *(name for name, block in configured.items() if block.get("hidden"))}
    keys = get_all_foreign_keys(conn)
    tables = {}
    for (name,) in map(tuple, conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()):
        try:
            count = conn.execute(f"SELECT count(*) FROM {escape_sqlite(name)}").fetchone()[0]
        except sqlite3.OperationalError:
            count = None
        tables[name] = {
            "name": name,
            "columns": table_columns(conn, name),
            "primary_keys": detect_primary_keys(conn, name),
            "count": count,
            "hidden": name in hidden,
            "fts_table": detect_fts(conn, name),
            "foreign_keys": keys.get(name, {"incoming": [], "outgoing": []}),
        }
    return tables
