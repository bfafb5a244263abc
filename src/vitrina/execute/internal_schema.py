"""The tables of the internal database; plugins' SQL reads them, so names and columns are the contract's."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Iterable

from vitrina.catalog.model import DatabaseCatalog
from vitrina.engine.protocols import DatabaseSpec

_MIGRATION = "0001_initial"
_MIGRATION_SET = "datasette_internal"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS "_sqlite_migrations" (
    "id" INTEGER PRIMARY KEY,
    "migration_set" TEXT,
    "name" TEXT,
    "applied_at" TEXT
);
CREATE UNIQUE INDEX IF NOT EXISTS "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE TABLE IF NOT EXISTS catalog_databases (
    database_name TEXT PRIMARY KEY,
    path TEXT,
    is_memory INTEGER,
    schema_version INTEGER
);
CREATE TABLE IF NOT EXISTS catalog_tables (
    database_name TEXT REFERENCES catalog_databases(database_name),
    table_name TEXT,
    rootpage INTEGER,
    sql TEXT,
    PRIMARY KEY (database_name, table_name)
);
CREATE TABLE IF NOT EXISTS catalog_views (
    database_name TEXT REFERENCES catalog_databases(database_name),
    view_name TEXT,
    rootpage INTEGER,
    sql TEXT,
    PRIMARY KEY (database_name, view_name)
);
CREATE TABLE IF NOT EXISTS catalog_columns (
    database_name TEXT REFERENCES catalog_databases(database_name),
    table_name TEXT,
    cid INTEGER,
    name TEXT,
    type TEXT,
    "notnull" INTEGER,
    default_value TEXT,
    is_pk INTEGER,
    hidden INTEGER,
    PRIMARY KEY (database_name, table_name, name),
    FOREIGN KEY (database_name, table_name) REFERENCES catalog_tables(database_name, table_name)
);
CREATE TABLE IF NOT EXISTS catalog_indexes (
    database_name TEXT REFERENCES catalog_databases(database_name),
    table_name TEXT,
    seq INTEGER,
    name TEXT,
    "unique" INTEGER,
    origin TEXT,
    partial INTEGER,
    PRIMARY KEY (database_name, table_name, name),
    FOREIGN KEY (database_name, table_name) REFERENCES catalog_tables(database_name, table_name)
);
CREATE TABLE IF NOT EXISTS catalog_foreign_keys (
    database_name TEXT REFERENCES catalog_databases(database_name),
    table_name TEXT,
    id INTEGER,
    seq INTEGER,
    "table" TEXT,
    "from" TEXT,
    "to" TEXT,
    on_update TEXT,
    on_delete TEXT,
    match TEXT,
    PRIMARY KEY (database_name, table_name, id, seq),
    FOREIGN KEY (database_name, table_name) REFERENCES catalog_tables(database_name, table_name)
);
CREATE TABLE IF NOT EXISTS metadata_instance (key text, value text, unique(key));
CREATE TABLE IF NOT EXISTS metadata_databases (
    database_name text, key text, value text, unique(database_name, key)
);
CREATE TABLE IF NOT EXISTS metadata_resources (
    database_name text, resource_name text, key text, value text, unique(database_name, resource_name, key)
);
CREATE TABLE IF NOT EXISTS metadata_columns (
    database_name text, resource_name text, column_name text, key text, value text,
    unique(database_name, resource_name, column_name, key)
);
CREATE TABLE IF NOT EXISTS column_types (
    database_name TEXT NOT NULL,
    resource_name TEXT NOT NULL,
    column_name TEXT NOT NULL,
    column_type TEXT NOT NULL,
    config TEXT,
    PRIMARY KEY (database_name, resource_name, column_name)
);
CREATE TABLE IF NOT EXISTS queries (
    database_name TEXT NOT NULL,
    name TEXT NOT NULL,
    sql TEXT NOT NULL,
    title TEXT,
    description TEXT,
    description_html TEXT,
    options TEXT NOT NULL DEFAULT '{}',
    parameters TEXT NOT NULL DEFAULT '[]',
    is_write INTEGER NOT NULL DEFAULT 0 CHECK (is_write IN (0, 1)),
    is_private INTEGER NOT NULL DEFAULT 0 CHECK (is_private IN (0, 1)),
    is_trusted INTEGER NOT NULL DEFAULT 0 CHECK (is_trusted IN (0, 1)),
    source TEXT NOT NULL DEFAULT 'user',
    owner_id TEXT,
    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (database_name, name)
);
CREATE INDEX IF NOT EXISTS queries_owner_idx ON queries(owner_id);
"""

# Children before parents, so that foreign keys hold at every step.
_CATALOG_TABLES = (
    "catalog_foreign_keys",
    "catalog_indexes",
    "catalog_columns",
    "catalog_views",
    "catalog_tables",
    "catalog_databases",
)


def create_schema(conn: sqlite3.Connection) -> None:
    """Create the tables that are missing (blocking); nothing is written when all are there."""
    known = conn.execute("SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = 'queries_owner_idx'").fetchone()
    if known is not None:
        return
    conn.executescript("BEGIN IMMEDIATE;" + _SCHEMA)
    conn.execute(
        "INSERT OR IGNORE INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, ?)",
        (_MIGRATION_SET, _MIGRATION, str(datetime.datetime.now(datetime.UTC))),
    )
    conn.commit()


def forget_catalog(conn: sqlite3.Connection, names: Iterable[str]) -> None:
    """Delete the catalog rows of these databases."""
    parameters = [(name,) for name in names]
    for table in _CATALOG_TABLES:
        conn.executemany(f"DELETE FROM {table} WHERE database_name = ?", parameters)


def write_catalog(conn: sqlite3.Connection, spec: DatabaseSpec, catalog: DatabaseCatalog) -> None:
    """Insert the rows that describe one database, in bulk; its old rows must be gone."""
    name = spec.name
    is_memory = spec.is_memory or spec.memory_name is not None
    conn.execute(
        "INSERT INTO catalog_databases VALUES (?, ?, ?, ?)", (name, spec.path, int(is_memory), catalog.schema_version)
    )
    tables = catalog.tables.values()
    conn.executemany(
        "INSERT INTO catalog_tables VALUES (?, ?, ?, ?)",
        [(name, table.name, table.rootpage, table.sql) for table in tables],
    )
    conn.executemany(
        "INSERT INTO catalog_views VALUES (?, ?, ?, ?)",
        [(name, view.name, view.rootpage, view.sql) for view in catalog.views.values()],
    )
    conn.executemany(
        "INSERT INTO catalog_columns VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (name, table.name, col.cid, col.name, col.type, col.notnull, col.default_value, col.is_pk, col.hidden)
            for table in tables
            for col in table.columns
        ],
    )
    conn.executemany(
        "INSERT INTO catalog_indexes VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (name, table.name, index.seq, index.name, index.unique, index.origin, index.partial)
            for table in tables
            for index in table.indexes
        ],
    )
    conn.executemany(
        "INSERT INTO catalog_foreign_keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                name,
                table.name,
                key.id,
                key.seq,
                key.other_table,
                key.column,
                key.declared_column,
                key.on_update,
                key.on_delete,
                key.match,
            )
            for table in tables
            for key in table.foreign_keys
        ],
    )
