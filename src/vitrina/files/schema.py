"""The tables of files in the internal database."""

from __future__ import annotations

import sqlite3

_SCHEMA = """
CREATE TABLE IF NOT EXISTS datasette_files_sources (
    id INTEGER PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    storage_type TEXT NOT NULL,
    label TEXT,
    config TEXT NOT NULL DEFAULT '{}',
    last_sync_token TEXT,
    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE IF NOT EXISTS datasette_files (
    id TEXT PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES datasette_files_sources(id),
    path TEXT NOT NULL,
    filename TEXT NOT NULL,
    content_type TEXT,
    content_hash TEXT,
    size INTEGER,
    width INTEGER,
    height INTEGER,
    uploaded_by TEXT,
    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    metadata TEXT NOT NULL DEFAULT '{}',
    search_text TEXT NOT NULL DEFAULT '',
    UNIQUE (source_id, path)
);
CREATE INDEX IF NOT EXISTS datasette_files_by_age ON datasette_files (created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS datasette_files_by_source ON datasette_files (source_id, created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS datasette_files_sizes ON datasette_files (source_id, size);
CREATE INDEX IF NOT EXISTS datasette_files_owners ON datasette_files (uploaded_by) WHERE uploaded_by IS NOT NULL;
CREATE TABLE IF NOT EXISTS _datasette_files_imports (
    id INTEGER PRIMARY KEY,
    file_id TEXT NOT NULL,
    import_type TEXT NOT NULL DEFAULT 'csv',
    database_name TEXT NOT NULL,
    table_name TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'pending',
    row_count INTEGER NOT NULL DEFAULT 0,
    total_size INTEGER,
    bytes_read INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    started_at TEXT,
    finished_at TEXT,
    actor_id TEXT
);
CREATE TABLE IF NOT EXISTS datasette_files_thumbnails (
    file_id TEXT PRIMARY KEY,
    thumbnail BLOB NOT NULL,
    content_type TEXT NOT NULL DEFAULT 'image/png',
    width INTEGER,
    height INTEGER,
    generator TEXT,
    cache_key TEXT,
    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE IF NOT EXISTS datasette_files_thumbnail_failures (
    file_id TEXT PRIMARY KEY,
    status TEXT NOT NULL,
    reason TEXT NOT NULL,
    generator TEXT,
    cache_key TEXT,
    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
"""

_SEARCH = """
CREATE VIRTUAL TABLE datasette_files_fts USING fts5(
    id UNINDEXED, filename, content_type, search_text, content='datasette_files'
);
CREATE TRIGGER datasette_files_ai AFTER INSERT ON datasette_files BEGIN
    INSERT INTO datasette_files_fts (rowid, id, filename, content_type, search_text)
    VALUES (new.rowid, new.id, new.filename, new.content_type, new.search_text);
END;
CREATE TRIGGER datasette_files_ad AFTER DELETE ON datasette_files BEGIN
    INSERT INTO datasette_files_fts (datasette_files_fts, rowid, id, filename, content_type, search_text)
    VALUES ('delete', old.rowid, old.id, old.filename, old.content_type, old.search_text);
END;
CREATE TRIGGER datasette_files_au AFTER UPDATE ON datasette_files BEGIN
    INSERT INTO datasette_files_fts (datasette_files_fts, rowid, id, filename, content_type, search_text)
    VALUES ('delete', old.rowid, old.id, old.filename, old.content_type, old.search_text);
    INSERT INTO datasette_files_fts (rowid, id, filename, content_type, search_text)
    VALUES (new.rowid, new.id, new.filename, new.content_type, new.search_text);
END;
"""

# How many files each source has and their bytes, so that no page and no upload counts them all.
_COUNTS = """
CREATE TABLE vitrina_file_counts (
    source_id INTEGER PRIMARY KEY, files INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0
);
CREATE TRIGGER vitrina_file_counts_ai AFTER INSERT ON datasette_files BEGIN
    INSERT INTO vitrina_file_counts (source_id) SELECT new.source_id
    WHERE NOT EXISTS (SELECT 1 FROM vitrina_file_counts WHERE source_id = new.source_id);
    UPDATE vitrina_file_counts SET files = files + 1, bytes = bytes + coalesce(new.size, 0)
    WHERE source_id = new.source_id;
END;
CREATE TRIGGER vitrina_file_counts_ad AFTER DELETE ON datasette_files BEGIN
    UPDATE vitrina_file_counts SET files = files - 1, bytes = bytes - coalesce(old.size, 0)
    WHERE source_id = old.source_id;
END;
CREATE TRIGGER vitrina_file_counts_au AFTER UPDATE OF size ON datasette_files BEGIN
    UPDATE vitrina_file_counts SET bytes = bytes - coalesce(old.size, 0) + coalesce(new.size, 0)
    WHERE source_id = new.source_id;
END;
INSERT INTO vitrina_file_counts (source_id, files, bytes)
SELECT source_id, count(*), coalesce(sum(size), 0) FROM datasette_files GROUP BY source_id;
"""

#: columns that files of earlier versions may lack
_LATER = (
    ("datasette_files", "search_text", "TEXT NOT NULL DEFAULT ''"),
    ("datasette_files_thumbnails", "cache_key", "TEXT"),
    ("datasette_files_thumbnail_failures", "cache_key", "TEXT"),
)


def create_tables(conn: sqlite3.Connection) -> None:
    """Create what is missing (blocking, within a transaction); does not grow with the number of files."""
    _run(conn, _SCHEMA)
    for table, column, declared in _LATER:
        if not conn.execute("SELECT 1 FROM pragma_table_info(?) WHERE name = ?", (table, column)).fetchone():
            conn.execute(f"ALTER TABLE {table} ADD COLUMN {column} {declared}")
    if not _has(conn, "datasette_files_fts"):
        _run(conn, _SEARCH)
        conn.execute("INSERT INTO datasette_files_fts (datasette_files_fts) VALUES ('rebuild')")
    if not _has(conn, "vitrina_file_counts"):
        _run(conn, _COUNTS)


def _has(conn: sqlite3.Connection, name: str) -> bool:
    return conn.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone() is not None


def _run(conn: sqlite3.Connection, script: str) -> None:
    """Each statement of a script, within the transaction that there is."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            conn.execute(statement)
            statement = ""
