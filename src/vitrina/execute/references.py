"""The targets of foreign keys that are about to be declared."""

from __future__ import annotations

import sqlite3

from vitrina.dialect.definition import Reference, TableDefinition
from vitrina.errors import InvalidBody

_COLUMNS = "SELECT name, pk FROM pragma_table_info(?) WHERE EXISTS (SELECT 1 FROM sqlite_master WHERE name = ?)"


def resolved(conn: sqlite3.Connection, reference: Reference, own: TableDefinition | None = None) -> Reference:
    """``reference`` with the column it points to (blocking).

    ``own`` is the table that is being created, which may point to itself.
    Raises InvalidBody where the target has no such column or no single key.
    """
    rows = [tuple(row) for row in conn.execute(_COLUMNS, (reference.table, reference.table))]
    columns = [row[0] for row in rows]
    keys = [row[0] for row in rows if row[1]]
    if reference.column is None:
        if len(keys) != 1:
            raise InvalidBody(f"Could not detect single primary key for table '{reference.table}'")
        return Reference(reference.table, keys[0], reference.tail)
    if not rows and own is not None and own.name == reference.table:
        columns = [column.name for column in own.columns]
    if reference.column not in columns:
        raise InvalidBody(f"No such column: {reference.table}.{reference.column}")
    return reference
