"""Reading and writing the tables of the internal database that hold a snapshot."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from typing import Any

from vitrina.catalog.stored import QUERY_OPTIONS, AssignedType, StoredQuery, StoreSnapshot

_QUERY_COLUMNS = (
    "database_name, name, sql, title, description, description_html, options, parameters, "
    "is_write, is_private, is_trusted, source, owner_id"
)
_UPSERT_QUERY = (
    f"INSERT INTO queries ({_QUERY_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (database_name, name) DO UPDATE SET sql = excluded.sql, title = excluded.title, "
    "description = excluded.description, description_html = excluded.description_html, options = excluded.options, "
    "parameters = excluded.parameters, is_write = excluded.is_write, is_private = excluded.is_private, "
    "is_trusted = excluded.is_trusted, source = excluded.source, owner_id = excluded.owner_id, "
    "updated_at = CURRENT_TIMESTAMP"
)
_INSTANCE = "INSERT OR REPLACE INTO metadata_instance (key, value) VALUES (?, ?)"
_DATABASE = "INSERT OR REPLACE INTO metadata_databases (database_name, key, value) VALUES (?, ?, ?)"
_RESOURCE = "INSERT OR REPLACE INTO metadata_resources (database_name, resource_name, key, value) VALUES (?, ?, ?, ?)"
_COLUMN = (
    "INSERT OR REPLACE INTO metadata_columns (database_name, resource_name, column_name, key, value) "
    "VALUES (?, ?, ?, ?, ?)"
)
_TYPE = (
    "INSERT OR REPLACE INTO column_types (database_name, resource_name, column_name, column_type, config) "
    "VALUES (?, ?, ?, ?, ?)"
)


def read_snapshot(conn: sqlite3.Connection, generation: int) -> StoreSnapshot:
    """The snapshot that the tables hold (blocking)."""
    select = conn.cursor()
    select.row_factory = None
    databases: dict[str, dict[str, str]] = defaultdict(dict)
    for database, key, value in select.execute("SELECT database_name, key, value FROM metadata_databases"):
        databases[database][key] = value
    resources: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for database, name, key, value in select.execute(
        "SELECT database_name, resource_name, key, value FROM metadata_resources"
    ):
        resources[database, name][key] = value
    columns: dict[tuple[str, str], dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for database, name, column, key, value in select.execute(
        "SELECT database_name, resource_name, column_name, key, value FROM metadata_columns"
    ):
        columns[database, name][column][key] = value
    types: dict[tuple[str, str], dict[str, AssignedType]] = defaultdict(dict)
    for database, name, column, kind, config in select.execute(
        "SELECT database_name, resource_name, column_name, column_type, config FROM column_types"
    ):
        types[database, name][column] = AssignedType(kind, _parsed(config, None))
    queries: dict[str, dict[str, StoredQuery]] = defaultdict(dict)
    for row in select.execute(f"SELECT {_QUERY_COLUMNS} FROM queries ORDER BY rowid"):
        queries[row[0]][row[1]] = _query(row)
    instance = dict(select.execute("SELECT key, value FROM metadata_instance").fetchall())
    return StoreSnapshot(
        generation,
        instance,
        dict(databases),
        dict(resources),
        {key: dict(found) for key, found in columns.items()},
        dict(types),
        dict(queries),
    )


def write_configured(conn: sqlite3.Connection, snapshot: StoreSnapshot) -> None:
    """Write what the configuration says: its queries replace those of the last start, the rest is upserted."""
    conn.execute("DELETE FROM queries WHERE source = 'config'")
    conn.executemany(_INSTANCE, snapshot.instance.items())
    conn.executemany(
        _DATABASE, [(name, *item) for name, values in snapshot.databases.items() for item in values.items()]
    )
    conn.executemany(
        _RESOURCE, [(*key, *item) for key, values in snapshot.resources.items() for item in values.items()]
    )
    conn.executemany(
        _COLUMN,
        [
            (*key, column, *item)
            for key, columns in snapshot.columns.items()
            for column, values in columns.items()
            for item in values.items()
        ],
    )
    for (database, table), types in snapshot.column_types.items():
        for column, assigned in types.items():
            write_type(conn, database, table, column, assigned)
    for queries in snapshot.queries.values():
        for query in queries.values():
            write_query(conn, query)


def write_query(conn: sqlite3.Connection, query: StoredQuery) -> None:
    """Insert a query, or replace the one of its name."""
    conn.execute(
        _UPSERT_QUERY,
        (
            query.database,
            query.name,
            query.sql,
            query.title,
            query.description,
            query.description_html,
            json.dumps(query.options(), sort_keys=True),
            json.dumps(list(query.parameters)),
            int(query.is_write),
            int(query.is_private),
            int(query.is_trusted),
            query.source,
            query.owner_id,
        ),
    )


def write_type(conn: sqlite3.Connection, database: str, table: str, column: str, assigned: AssignedType) -> None:
    """Assign a column type, replacing the one the column has."""
    config = json.dumps(assigned.config) if assigned.config else None
    conn.execute(_TYPE, (database, table, column, assigned.type, config))


def write_metadata(conn: sqlite3.Connection, key: str, value: Any, *where: str) -> None:
    """Upsert one metadata key; ``where`` is (), (database,), (database, table) or (database, table, column)."""
    text = value if isinstance(value, str) or value is None else json.dumps(value)
    conn.execute((_INSTANCE, _DATABASE, _RESOURCE, _COLUMN)[len(where)], (*where, key, text))


def _parsed(text: str | None, default: Any) -> Any:
    if not text:
        return default
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return default


def _query(row: tuple[Any, ...]) -> StoredQuery:
    given = _parsed(row[6], {})
    options = {key: given[key] for key in QUERY_OPTIONS if key in given} if isinstance(given, dict) else {}
    parameters = _parsed(row[7], [])
    return StoredQuery(
        database=row[0],
        name=row[1],
        sql=row[2],
        title=row[3],
        description=row[4],
        description_html=row[5],
        parameters=tuple([str(name) for name in parameters]) if isinstance(parameters, list) else (),
        is_write=bool(row[8]),
        is_private=bool(row[9]),
        is_trusted=bool(row[10]),
        source=row[11],
        owner_id=row[12],
        **options,
    )
