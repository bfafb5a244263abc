"""Reading a whole schema with a few set-based statements."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from vitrina.catalog import derive
from vitrina.catalog.model import (
    Column,
    DatabaseCatalog,
    ForeignKey,
    IncomingForeignKey,
    Index,
    Table,
    TableKind,
)
from vitrina.dialect.quoting import quote_identifier

_MASTER = "SELECT type, name, tbl_name, rootpage, sql FROM sqlite_master"
_KINDS = "SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main'"
_COLUMNS = (
    'SELECT m.name, x.cid, x.name, x.type, x."notnull", x.dflt_value, x.pk, x.hidden '
    "FROM sqlite_master AS m JOIN pragma_table_xinfo(m.name) AS x WHERE m.type IN ({types})"
)
_FOREIGN_KEYS = (
    'SELECT m.name, f.id, f.seq, f."table", f."from", f."to", f.on_update, f.on_delete, f."match" '
    "FROM sqlite_master AS m JOIN pragma_foreign_key_list(m.name) AS f "
    "WHERE m.type = 'table' AND m.sql LIKE '%references%' ORDER BY m.rowid, f.id, f.seq"
)
_INDEXES = (
    'SELECT m.name, i.seq, i.name, i."unique", i.origin, i.partial, c.name '
    "FROM sqlite_master AS m JOIN pragma_index_list(m.name) AS i JOIN pragma_index_info(i.name) AS c "
    "WHERE m.type = 'table' AND (m.name IN (SELECT tbl_name FROM sqlite_master WHERE type = 'index') "
    "OR m.sql LIKE '%without%rowid%') ORDER BY m.rowid, i.seq, c.seqno"
)

# Actions of a foreign key that refuse a change and make none.
_IDLE = {"NO ACTION", "RESTRICT"}

# Errors of one table, or of one view: a virtual table may say of itself that it is damaged.
_OF_ONE_TABLE = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT_VTAB)


def introspect(conn: sqlite3.Connection, name: str, serial: int) -> DatabaseCatalog:
    """The catalog of the main schema of ``conn`` (blocking).

    ``name`` is the database's name, ``serial`` the number of the snapshot.
    Raises sqlite3.Error as the driver does.
    """
    row_factory, conn.row_factory = conn.row_factory, None
    try:
        schema_version: int = conn.execute("PRAGMA schema_version").fetchone()[0]
        master = conn.execute(_MASTER).fetchall()
        kinds = {row[0]: (row[1], bool(row[2])) for row in conn.execute(_KINDS)}
        columns = _columns(conn, master)
        foreign_keys = _foreign_keys(conn)
        indexes = _indexes(conn, {row[1]: row[4] for row in master if row[0] == "index"})
        attached = tuple(row[1] for row in conn.execute("PRAGMA database_list") if row[1] not in ("main", "temp"))
    finally:
        conn.row_factory = row_factory
    tables, views = _build(master, kinds, columns, foreign_keys, indexes)
    definitions = tuple((row[0], row[1], row[2], row[4]) for row in master if row[4])
    return DatabaseCatalog(name, serial, schema_version, tables, views, definitions, attached)


def _columns(conn: sqlite3.Connection, master: list[tuple[Any, ...]]) -> dict[str, list[Column]]:
    columns: dict[str, list[Column]] = defaultdict(list)
    try:
        rows = conn.execute(_COLUMNS.format(types="'table', 'view'")).fetchall()
    except sqlite3.Error as error:
        # The join does not tell a damaged virtual table from a damaged file; the look at each table does.
        if getattr(error, "sqlite_errorcode", 0) not in (*_OF_ONE_TABLE, sqlite3.SQLITE_CORRUPT):
            raise
        # A view over something that is gone, or a virtual table of an unknown module, fails the whole join.
        rows = _columns_one_by_one(conn, master)
    for row in rows:
        columns[row[0]].append(Column(*row[1:]))
    return columns


def _columns_one_by_one(conn: sqlite3.Connection, master: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for kind, name, *_ in master:
        if kind not in ("table", "view"):
            continue
        try:
            found = conn.execute(f"PRAGMA table_xinfo({quote_identifier(name)})").fetchall()
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) not in _OF_ONE_TABLE:
                raise
            continue
        rows.extend((name, *row) for row in found)
    return rows


def _foreign_keys(conn: sqlite3.Connection) -> dict[str, list[ForeignKey]]:
    keys: dict[str, list[ForeignKey]] = defaultdict(list)
    for table, key_id, seq, other, column, to, on_update, on_delete, match in conn.execute(_FOREIGN_KEYS):
        keys[table].append(ForeignKey(key_id, seq, column, other, to, on_update, on_delete, match, to))
    return keys


def _indexes(conn: sqlite3.Connection, sql: Mapping[str, str | None]) -> dict[str, list[Index]]:
    parts: dict[tuple[str, str], tuple[tuple[Any, ...], list[str | None]]] = {}
    for row in conn.execute(_INDEXES):
        parts.setdefault((row[0], row[2]), (row, []))[1].append(row[6])
    indexes: dict[str, list[Index]] = defaultdict(list)
    for (table, name), (row, names) in parts.items():
        indexes[table].append(Index(row[1], name, row[3], row[4], row[5], tuple(names), sql.get(name)))
    # SQLite lists the newest first; definitions are shown in the order in which they were made.
    made = {name: position for position, name in enumerate(sql)}
    for own in indexes.values():
        own.sort(key=lambda index: made.get(index.name, -1))
    return indexes


def _build(
    master: list[tuple[Any, ...]],
    kinds: Mapping[str, tuple[str, bool]],
    columns: Mapping[str, list[Column]],
    foreign_keys: Mapping[str, list[ForeignKey]],
    indexes: Mapping[str, list[Index]],
) -> tuple[dict[str, Table], dict[str, Table]]:
    rows = [row for row in master if row[0] in ("table", "view")]
    changing = _changing_others(master, foreign_keys)
    table_sql = {row[1]: row[4] for row in rows if row[0] == "table"}
    hidden = derive.hidden_tables(table_sql, [name for name, kind in kinds.items() if kind[0] == "shadow"])
    fts = derive.fts_tables(table_sql)
    sources = derive.source_tables(table_sql)
    tables: dict[str, Table] = {}
    views: dict[str, Table] = {}
    for kind, name, _, rootpage, sql in rows:
        own = tuple(columns.get(name, ()))
        own_indexes = tuple(indexes.get(name, ()))
        is_table = kind == "table"
        table = Table(
            name=name,
            kind=_kind(kind, name, sql, kinds),
            sql=sql,
            rootpage=rootpage or 0,
            columns=own,
            primary_keys=_primary_keys(own) if is_table else (),
            foreign_keys=tuple(foreign_keys.get(name, ())),
            indexes=own_indexes,
            without_rowid=kinds.get(name, ("", False))[1],
            hidden=is_table and name in hidden,
            fts_table=fts.get(name) if is_table else None,
            label_column=derive.label_column(own, own_indexes) if is_table else None,
            source_table=sources.get(name),
            changes_others=name.lower() in changing,
            column_names=tuple([column.name for column in own]),
            column_by_name={column.name: column for column in own},
        )
        (tables if is_table else views)[name] = table
    return _with_keys(tables), views


def _changing_others(master: Iterable[tuple[Any, ...]], foreign_keys: Mapping[str, list[ForeignKey]]) -> set[str]:
    """Tables, in lower case, with triggers, or with keys leading to them that do something."""
    changing = {row[2].lower() for row in master if row[0] == "trigger"}
    for keys in foreign_keys.values():
        changing.update([key.other_table.lower() for key in keys if {key.on_update, key.on_delete} - _IDLE])
    return changing


def _kind(kind: str, name: str, sql: str | None, kinds: Mapping[str, tuple[str, bool]]) -> TableKind:
    known = kinds.get(name, (kind, False))[0]
    if known in ("table", "view", "virtual", "shadow"):
        return known  # type: ignore[return-value]
    return "virtual" if derive.virtual_module(sql) else "table"


def _primary_keys(columns: Iterable[Column]) -> tuple[str, ...]:
    keys = sorted((column for column in columns if column.is_pk), key=lambda column: column.is_pk)
    return tuple([column.name for column in keys])


def _with_keys(tables: dict[str, Table]) -> dict[str, Table]:
    """Resolve foreign keys to their targets, and add to each table the keys that lead to it."""
    by_lower = {name.lower(): table for name, table in tables.items()}
    incoming: dict[str, list[IncomingForeignKey]] = defaultdict(list)
    resolved: dict[str, tuple[tuple[ForeignKey, ...], tuple[ForeignKey, ...]]] = {}
    for name, table in tables.items():
        if not table.foreign_keys:
            continue
        keys = tuple([_resolve(key, by_lower) for key in table.foreign_keys])
        compound = {key.id for key in keys if key.seq}
        single = tuple([key for key in keys if key.id not in compound])
        resolved[name] = (keys, single)
        for key in single:
            incoming[key.other_table].append(
                IncomingForeignKey(
                    other_table=name,
                    other_column=key.column,
                    column=key.other_column or "",
                    declared_column=key.declared_column,
                )
            )
    for leading in incoming.values():
        leading.sort(key=lambda key: (key.other_table, key.declared_column or "", key.other_column))
    for name in resolved.keys() | (incoming.keys() & tables.keys()):
        keys, single = resolved.get(name, ((), ()))
        tables[name] = replace(
            tables[name], foreign_keys=keys, single_foreign_keys=single, incoming=tuple(incoming.get(name, ()))
        )
    return tables


def _resolve(key: ForeignKey, by_lower: Mapping[str, Table]) -> ForeignKey:
    target = by_lower.get(key.other_table.lower())
    if target is None or key.other_column is not None or len(target.primary_keys) != 1:
        return key
    return replace(key, other_column=target.primary_keys[0])
