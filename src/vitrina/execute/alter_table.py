"""Runs the plan of changes to a table's definition, on the write connection, inside a transaction."""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass

from vitrina.dialect.definition import create_table
from vitrina.dialect.quoting import quote_identifier
from vitrina.dialect.write import add_column
from vitrina.errors import InvalidBody
from vitrina.execute.change_rows import table_sql
from vitrina.execute.table_shape import Rebuild, plan_rebuild
from vitrina.plan.alter import AlterPlan

_DEPENDENTS = (
    "SELECT name, sql FROM sqlite_master WHERE tbl_name = ? COLLATE NOCASE AND type IN ('index', 'trigger') "
    "AND sql IS NOT NULL"
)
_SEQUENCE = "SELECT seq FROM sqlite_sequence WHERE name = ?"


@dataclass(slots=True)
class AlteredTable:
    """The table's name now, and its SQL before and after."""

    table: str
    before_schema: str
    schema: str


def run_alter(conn: sqlite3.Connection, table: str, plan: AlterPlan) -> AlteredTable:
    """Add columns, then rebuild the table once for everything else, then rename it (blocking).

    Where foreign keys are enforced, the table is rebuilt in a transaction of
    its own without that, since dropping the old one would delete what points to
    it, and committed here once every key was checked. Raises InvalidBody, and
    SQLite's own errors; the caller's transaction is then to be rolled back.
    """
    if not plan.rebuild or not conn.execute("PRAGMA foreign_keys").fetchone()[0]:
        return _alter(conn, table, plan)
    # The PRAGMA does nothing inside a transaction.
    conn.commit()
    conn.execute("PRAGMA foreign_keys=OFF")
    try:
        conn.execute("BEGIN IMMEDIATE")
        altered = _alter(conn, table, plan)
        if conn.execute("PRAGMA foreign_key_check").fetchone() is not None:
            raise InvalidBody("FOREIGN KEY constraint failed")
        conn.commit()
        return altered
    finally:
        if conn.in_transaction:
            conn.rollback()
        conn.execute("PRAGMA foreign_keys=ON")


def _alter(conn: sqlite3.Connection, table: str, plan: AlterPlan) -> AlteredTable:
    before = table_sql(conn, table) or ""
    for column in plan.added:
        declared = column.type + (" NOT NULL" if column.not_null else "")
        if column.default is not None:
            declared += f" DEFAULT {column.default}"
        conn.execute(add_column(table, column.name, declared))
    if plan.rebuild:
        as_named = table_sql(conn, table) or ""
        _rename_columns(conn, table, plan)
        _rebuild(conn, plan_rebuild(conn, table, plan, as_named))
    name = table
    if plan.rename_to is not None and plan.rename_to != table:
        name = plan.rename_to
        conn.execute(f"ALTER TABLE {quote_identifier(table)} RENAME TO {quote_identifier(name)}")
    return AlteredTable(name, before, table_sql(conn, name) or "")


def _rename_columns(conn: sqlite3.Connection, table: str, plan: AlterPlan) -> None:
    """Let SQLite rename what it can: it follows the name into indexes, triggers, views and other tables."""
    names = {str(row[1]).lower(): str(row[1]) for row in conn.execute(f"PRAGMA table_xinfo({quote_identifier(table)})")}
    dropped = {name.lower() for name in plan.dropped}
    for old, new in plan.renamed.items():
        known = names.get(old.lower())
        taken = names.get(new.lower(), new)
        if (
            known not in (None, taken)
            and taken != new
            and not {taken.lower()} & {*dropped, *map(str.lower, plan.renamed)}
        ):
            raise InvalidBody(f"duplicate column name: {taken}")
        if known is None or old.lower() in dropped or (new.lower() in names and new.lower() != old.lower()):
            continue
        conn.execute(
            f"ALTER TABLE {quote_identifier(table)} RENAME COLUMN {quote_identifier(known)} TO {quote_identifier(new)}"
        )


def _rebuild(conn: sqlite3.Connection, rebuild: Rebuild) -> None:
    """Copy the table into a new one that takes its place, with its indexes and triggers."""
    old = rebuild.definition.name
    temporary = f"{old}_new_{secrets.token_hex(6)}"
    dependents = [tuple(row) for row in conn.execute(_DEPENDENTS, (old,))]
    _check_indexes(conn, old, rebuild)
    sequence = conn.execute(_SEQUENCE, (old,)).fetchone() if rebuild.definition.autoincrement else None
    conn.execute(create_table(rebuild.named(temporary)))
    targets = ", ".join([quote_identifier(name) for name, _ in rebuild.copied])
    sources = ", ".join([quote_identifier(name) for _, name in rebuild.copied])
    if rebuild.rowid:
        targets, sources = f"{rebuild.rowid}, {targets}", f"{rebuild.rowid}, {sources}"
    conn.execute(f"INSERT INTO {quote_identifier(temporary)} ({targets}) SELECT {sources} FROM {quote_identifier(old)}")
    # Other tables, triggers and views go on to mean the table of this name.
    conn.execute("PRAGMA legacy_alter_table=ON")
    try:
        conn.execute(f"DROP TABLE {quote_identifier(old)}")
        conn.execute(f"ALTER TABLE {quote_identifier(temporary)} RENAME TO {quote_identifier(old)}")
    finally:
        conn.execute("PRAGMA legacy_alter_table=OFF")
    for _, sql in dependents:
        conn.execute(sql)
    if sequence is not None:
        conn.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = ?", (sequence[0], old))


def _check_indexes(conn: sqlite3.Connection, table: str, rebuild: Rebuild) -> None:
    """Raise InvalidBody for an index on a column that will be gone."""
    kept = {column.name.lower() for column in rebuild.definition.columns}
    for row in conn.execute("SELECT name FROM pragma_index_list(?) WHERE origin = 'c'", (table,)).fetchall():
        for (column,) in conn.execute("SELECT name FROM pragma_index_info(?)", (row[0],)).fetchall():
            if column is not None and str(column).lower() not in kept:
                raise InvalidBody(f"Column {column} is part of the index {row[0]}: drop that index first")
