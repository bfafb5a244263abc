"""Drops a table with the full-text index that belongs to it."""

from __future__ import annotations

import sqlite3

from vitrina.catalog.model import Table
from vitrina.dialect.quoting import quote_identifier

# Triggers that keep a full-text table in step with the table it is made from.
_TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE"


def run_drop(conn: sqlite3.Connection, table: Table) -> None:
    """Drop ``table``, and before it its full-text table (blocking; inside a transaction)."""
    if table.fts_table is not None and table.fts_table != table.name and table.kind == "table":
        for (trigger,) in [tuple(row) for row in conn.execute(_TRIGGERS, (table.name,))]:
            conn.execute(f"DROP TRIGGER {quote_identifier(trigger)}")
        conn.execute(f"DROP TABLE {quote_identifier(table.fts_table)}")
    conn.execute(f"DROP TABLE {quote_identifier(table.name)}")
