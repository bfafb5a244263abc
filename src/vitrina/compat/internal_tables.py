"""The tables of the internal database, for plugins that make one of their own."""

from __future__ import annotations

import sqlite3
from typing import Any

from vitrina.execute.internal_schema import create_schema, write_catalog


def _schema() -> tuple[str, set[str], set[str]]:
    conn = sqlite3.connect(":memory:")
    try:
        create_schema(conn)
        rows = conn.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    finally:
        conn.close()
    return (
        ";\n".join(sql for _, _, sql in rows) + ";",
        {name for kind, name, _ in rows if kind == "table"},
        {name for kind, name, _ in rows if kind == "index"},
    )


INTERNAL_DB_SCHEMA_SQL, INTERNAL_DB_SCHEMA_TABLES, INTERNAL_DB_SCHEMA_INDEXES = _schema()


async def init_internal_db(db: Any) -> None:
    """Make the tables that are not there yet."""
    await db.execute_write_fn(lambda conn: create_schema(conn), transaction=False)


async def populate_schema_tables(internal_db: Any, db: Any, schema_version: int) -> None:
    """Write what a database holds into the catalog tables."""
    engine = db.engine
    await engine.look()
    catalog = await engine.ready()
    await internal_db.execute_write_fn(lambda conn: write_catalog(conn, engine.spec, catalog))
