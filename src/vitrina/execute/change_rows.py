"""Runs the plans that change rows, on the write connection, inside a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from vitrina.catalog.model import Table
from vitrina.dialect.quoting import quote_identifier
from vitrina.dialect.write import (
    add_column,
    delete_row,
    insert_many,
    insert_row,
    matching,
    select_by_keys,
    select_by_rowids,
    update_row,
    upsert_row,
)
from vitrina.errors import NotFound, RowChanged
from vitrina.plan.row_change import DeletePlan, RowKey, UpdatePlan, is_as_expected
from vitrina.plan.rows import InsertPlan, NewColumn, Row, UpsertPlan, batches
from vitrina.plan.values import bound_rows, stored_value, stored_values

# Parameters of one statement at most: what the oldest builds of SQLite take.
_PARAMETERS = 999
# Rows of one INSERT: few sizes, so that their statements stay prepared.
_TOGETHER = (100, 50, 20, 5)
_MODES = {"abort": "append", "ignore": "ignore", "replace": "replace"}


@dataclass(slots=True)
class ChangedRows:
    """Rows as they are after the change, and the table's SQL before and after where columns were added."""

    columns: tuple[str, ...] = ()
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    before_schema: str | None = None
    after_schema: str | None = None

    def as_objects(self) -> list[dict[str, Any]] | None:
        """The rows as objects; None where they were not asked for."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows] if self.columns else None


def run_insert(conn: sqlite3.Connection, plan: InsertPlan) -> ChangedRows:
    """Insert the rows of a plan (blocking; writer thread)."""
    changed = _add_columns(conn, plan.table.name, plan.new_columns)
    if plan.returns and plan.table.without_rowid:
        for row in plan.rows:
            columns = tuple(row)
            conn.execute(insert_row(plan.table.name, columns, plan.conflict), stored_values(row, columns))
        _read_by_keys(conn, changed, plan.table, [row for row in plan.rows if row.keys() >= {*plan.table.primary_keys}])
    elif plan.returns:
        rowids = [rowid for row in plan.rows if (rowid := _insert_one(conn, plan, row)) is not None]
        _read(conn, changed, rowids, lambda count: select_by_rowids(plan.table.name, count))
    else:
        insert_batches(conn, plan.table.name, plan.rows, plan.conflict, alike=plan.alike)
    return changed


def insert_batches(
    conn: sqlite3.Connection, table: str, rows: Sequence[Row], conflict: str, *, alike: bool = False
) -> None:
    """Insert rows in batches; a column that a row lacks and another of its batch has becomes NULL.

    Rows ``alike`` are known to have the same columns in the same order, and values that are bound as they are.
    """
    for columns, batch in batches(rows, alike=alike):
        values: list[Sequence[Any]]
        values = [tuple(row.values()) for row in batch] if alike else bound_rows(batch, columns)
        _insert_values(conn, table, columns, values, conflict)


def _insert_values(
    conn: sqlite3.Connection, table: str, columns: tuple[str, ...], values: list[Sequence[Any]], conflict: str
) -> None:
    """Insert rows, many with one statement: the driver lets other threads in, and waits for them, at each."""
    done = 0
    for size in _TOGETHER if columns else ():
        while len(values) - done >= size:
            sql = insert_many(table, columns, size, _MODES[conflict])
            conn.execute(sql, list(chain.from_iterable(values[done : done + size])))
            done += size
    if done < len(values):
        conn.executemany(insert_row(table, columns, conflict), values[done:])


def _insert_one(conn: sqlite3.Connection, plan: InsertPlan, row: Row) -> int | None:
    """Insert one row with its own columns; its rowid, or that of the row which stood in its way and was kept."""
    columns = tuple(row)
    cursor = conn.execute(insert_row(plan.table.name, columns, plan.conflict), stored_values(row, columns))
    if cursor.rowcount > 0:
        return cursor.lastrowid
    keys = plan.table.primary_keys
    if not keys or any(key not in row for key in keys):
        return None
    sql = f"SELECT rowid FROM {quote_identifier(plan.table.name)} WHERE {matching(keys)}"
    found = conn.execute(sql, stored_values(row, keys)).fetchone()
    return None if found is None else found[0]


def run_upsert(conn: sqlite3.Connection, plan: UpsertPlan) -> ChangedRows:
    """Insert or update the rows of a plan (blocking; writer thread)."""
    table, keys = plan.table.name, plan.keys
    changed = _add_columns(conn, table, plan.new_columns)
    for columns, batch in batches(plan.rows):
        conn.executemany(upsert_row(table, columns, keys), bound_rows(batch, columns))
    if plan.returns:
        _read_by_keys(conn, changed, plan.table, plan.rows, plan.keys)
    return changed


def run_update(conn: sqlite3.Connection, plan: UpdatePlan) -> ChangedRows:
    """Update one row (blocking; writer thread).

    Raises NotFound where it is gone, RowChanged where it is not as expected.
    """
    table, key = plan.table.name, plan.key
    _check_exists(conn, table, key)
    if plan.expected is not None:
        _check_expected(conn, plan, plan.expected)
    changed = _add_columns(conn, table, plan.new_columns)
    columns = tuple(plan.values)
    if columns:
        conn.execute(update_row(table, columns, key.columns), (*stored_values(plan.values, columns), *key.values))
    if plan.returns:
        # The update may have changed the key itself.
        now = [stored_value(plan.values.get(name, old)) for name, old in zip(key.columns, key.values, strict=True)]
        sql = select_by_keys(table, key.columns, 1, with_rowid=plan.table.uses_rowid)
        _select(conn, changed, sql, now)
    return changed


def run_delete(conn: sqlite3.Connection, plan: DeletePlan) -> dict[str, Any]:
    """Delete one row (blocking; writer thread).

    Gives the values that it takes to insert it again, where the plan asks for
    them, else nothing. Raises NotFound where it is gone.
    """
    _check_exists(conn, plan.table.name, plan.key)
    kept = _insertable(conn, plan) if plan.keeps else {}
    conn.execute(delete_row(plan.table.name, plan.key.columns), plan.key.values)
    return kept


def _insertable(conn: sqlite3.Connection, plan: DeletePlan) -> dict[str, Any]:
    """A row's values but those that SQLite computes."""
    found = _row_of(conn, plan.table, plan.key)
    computed = {column.name for column in plan.table.columns if column.hidden}
    row = dict(zip(found.columns, found.rows[0], strict=True))
    return {name: value for name, value in row.items() if name not in computed}


def _check_expected(conn: sqlite3.Connection, plan: UpdatePlan, expected: Row) -> None:
    found = _row_of(conn, plan.table, plan.key)
    row = dict(zip(found.columns, found.rows[0], strict=True))
    changed = [name for name, value in expected.items() if not is_as_expected(row.get(name), value)]
    if changed:
        raise RowChanged(row, changed)


def _row_of(conn: sqlite3.Connection, table: Table, key: RowKey) -> ChangedRows:
    found = ChangedRows()
    sql = select_by_keys(table.name, key.columns, 1, with_rowid=table.uses_rowid)
    _select(conn, found, sql, key.values)
    if not found.rows:
        # A key that is equal to itself in one comparison and not in another: a collation, or a view over it.
        raise NotFound(f"Record not found: {list(key.values)}")
    return found


def _check_exists(conn: sqlite3.Connection, table: str, key: RowKey) -> None:
    sql = f"SELECT 1 FROM {quote_identifier(table)} WHERE {matching(key.columns)}"
    if conn.execute(sql, key.values).fetchone() is None:
        raise NotFound(f"Record not found: {list(key.values)}")


def table_sql(conn: sqlite3.Connection, table: str) -> str | None:
    """The SQL that the schema has for a table now; None where there is no such table."""
    row = conn.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)).fetchone()
    return None if row is None else row[0]


def _add_columns(conn: sqlite3.Connection, table: str, columns: Sequence[NewColumn]) -> ChangedRows:
    if not columns:
        return ChangedRows()
    before = table_sql(conn, table)
    for column in columns:
        conn.execute(add_column(table, column.name, column.type))
    return ChangedRows(before_schema=before, after_schema=table_sql(conn, table))


def _read_by_keys(
    conn: sqlite3.Connection, changed: ChangedRows, table: Table, rows: Sequence[Row], keys: Sequence[str] = ()
) -> None:
    """Read what is there now under the keys of ``rows``, by default those of the table."""
    names = tuple(keys) or table.primary_keys
    values = [stored_values(row, names) for row in rows]
    wanted: Sequence[Any] = [each[0] for each in values] if len(names) == 1 else values
    with_rowid = table.uses_rowid
    _read(
        conn, changed, wanted, lambda count: select_by_keys(table.name, names, count, with_rowid=with_rowid), len(names)
    )


def _read(conn: sqlite3.Connection, changed: ChangedRows, wanted: Sequence[Any], sql: Any, width: int = 1) -> None:
    """Read the rows of ``wanted`` keys; ``sql(count)`` selects that many."""
    most = max(1, _PARAMETERS // width)
    for start in range(0, len(wanted), most):
        keys = wanted[start : start + most]
        params = list(keys) if width == 1 else [value for key in keys for value in key]
        _select(conn, changed, sql(len(keys)), params)


def _select(conn: sqlite3.Connection, changed: ChangedRows, sql: str, params: Sequence[Any]) -> None:
    cursor = conn.cursor()
    cursor.row_factory = None
    cursor.execute(sql, params)
    changed.columns = tuple([item[0] for item in cursor.description])
    changed.rows.extend(cursor.fetchall())
    cursor.close()
