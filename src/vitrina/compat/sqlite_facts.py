"""What a connection says about its tables, for plugins that ask it directly (all blocking)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from vitrina.catalog.derive import direct_sources, fts_tables, hidden_tables
from vitrina.dialect.quoting import quote_identifier
from vitrina.engine.sqlite.guard import TimeLimit

#: names by which SpatiaLite is known to be loaded
_SPATIALITE_TABLE = "geometry_columns"

#: characters of a database's hash that stand in addresses with a hash
HASH_LENGTH = 7


class Column(NamedTuple):
    """One column of a table; ``is_pk`` is its place in the primary key, 0 outside."""

    cid: int
    name: str
    type: str
    notnull: int
    default_value: str | None
    is_pk: int
    hidden: int


def table_column_details(conn: sqlite3.Connection, table: str) -> list[Column]:
    """The columns of a table or view, hidden ones included."""
    return [Column(*row) for row in conn.execute(f"PRAGMA table_xinfo({quote_identifier(table)})").fetchall()]


def table_columns(conn: sqlite3.Connection, table: str) -> list[str]:
    """The names of a table's columns."""
    return [column.name for column in table_column_details(conn, table)]


def detect_primary_keys(conn: sqlite3.Connection, table: str) -> list[str]:
    """The columns of the primary key in its order; empty where the table has none."""
    keys = [column for column in table_column_details(conn, table) if column.is_pk]
    return [column.name for column in sorted(keys, key=lambda column: column.is_pk)]


def detect_fts(conn: sqlite3.Connection, table: str) -> str | None:
    """The full-text table of a table, or None."""
    rows = conn.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
    return fts_tables({row[0]: row[1] for row in rows}).get(table)


def get_outbound_foreign_keys(conn: sqlite3.Connection, table: str) -> list[dict[str, str]]:
    """Foreign keys of one column as ``{column, other_table, other_column}``."""
    by_id: dict[int, list[Any]] = {}
    for row in conn.execute(f"PRAGMA foreign_key_list({quote_identifier(table)})").fetchall():
        by_id.setdefault(row[0], []).append(row)
    found = []
    for rows in by_id.values():
        if len(rows) != 1:
            continue
        _, _, other_table, column, other_column, *_ = rows[0]
        if other_column is None:
            keys = detect_primary_keys(conn, other_table)
            other_column = keys[0] if len(keys) == 1 else "rowid"
        found.append({"column": column, "other_table": other_table, "other_column": other_column})
    return found


def get_all_foreign_keys(conn: sqlite3.Connection) -> dict[str, dict[str, list[dict[str, str]]]]:
    """Table → ``{incoming, outgoing}``; ``column`` is the table's own in both lists."""
    tables = [row[0] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()]
    found: dict[str, dict[str, list[dict[str, str]]]] = {name: {"incoming": [], "outgoing": []} for name in tables}
    for table in tables:
        for key in get_outbound_foreign_keys(conn, table):
            if key["other_table"] not in found:
                continue
            found[table]["outgoing"].append(
                {"other_table": key["other_table"], "column": key["column"], "other_column": key["other_column"]}
            )
            found[key["other_table"]]["incoming"].append(
                {"other_table": table, "column": key["other_column"], "other_column": key["column"]}
            )
    for keys in found.values():
        for listed in keys.values():
            listed.sort(key=lambda key: (key["other_table"], key["column"], key["other_column"]))
    return found


def detect_spatialite(conn: sqlite3.Connection) -> bool:
    """Whether the database was made with SpatiaLite."""
    query = "SELECT 1 FROM sqlite_master WHERE tbl_name = ?"
    return conn.execute(query, (_SPATIALITE_TABLE,)).fetchone() is not None


def detect_json1(conn: sqlite3.Connection | None = None) -> bool:
    """Whether the JSON functions are there."""
    own = conn or sqlite3.connect(":memory:")
    try:
        own.execute("SELECT json('{}')")
    except sqlite3.Error:
        return False
    finally:
        if conn is None:
            own.close()
    return True


def sqlite_version() -> tuple[int, ...]:
    """The version of the SQLite library as numbers."""
    return sqlite3.sqlite_version_info


def supports_table_xinfo() -> bool:
    return sqlite_version() >= (3, 26, 0)


def supports_table_list() -> bool:
    return sqlite_version() >= (3, 37, 0)


def supports_generated_columns() -> bool:
    return sqlite_version() >= (3, 31, 0)


def supports_returning() -> bool:
    return sqlite_version() >= (3, 35, 0)


def sqlite_hidden_table_names(conn: sqlite3.Connection, *, schema: str | None = "main") -> list[str]:
    """Tables that are left out of lists: virtual tables' own and such like."""
    rows = conn.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
    return sorted(hidden_tables({row[0]: row[1] for row in rows}))


@contextmanager
def sqlite_timelimit(conn: sqlite3.Connection, ms: float) -> Iterator[None]:
    """Interrupt statements that still run after ``ms`` milliseconds."""
    limit = TimeLimit(conn)
    limit.start(ms)
    try:
        yield
    finally:
        limit.stop()


def sqlite_table_type(conn: sqlite3.Connection, table: str, *, schema: str | None = "main") -> str | None:
    """table, view, virtual or shadow; None where there is nothing of exactly that name."""
    found = conn.execute("SELECT type FROM pragma_table_list WHERE schema = ? AND name = ?", (schema or "main", table))
    row = found.fetchone()
    if row is None or table in ("sqlite_master", "sqlite_schema"):
        return None
    return str(row[0])


def sqlite_derived_table_dependencies(conn: sqlite3.Connection, *, schema: str | None = "main") -> dict[str, str]:
    """Table made by SQLite for another one, such as a full-text index's → that other one."""
    master = f"{quote_identifier(schema or 'main')}.sqlite_master"
    rows = conn.execute(f"SELECT name, sql FROM {master} WHERE type = 'table'").fetchall()
    return direct_sources({row[0]: row[1] for row in rows})


def check_structured_write_table(conn: sqlite3.Connection, table: str, *, allow_missing: bool = False) -> None:
    """Raise ValueError unless rows of ``table`` may be written through the API."""
    found = conn.execute(
        "SELECT type FROM pragma_table_list WHERE schema = 'main' AND lower(name) = lower(?)", (table,)
    ).fetchone()
    is_missing = found is None or table in ("sqlite_master", "sqlite_schema")
    if (is_missing and not allow_missing) or (not is_missing and found[0] != "table"):
        raise ValueError("Structured writes require an ordinary table")


#: Python's own module is used
using_pysqlite3 = False
