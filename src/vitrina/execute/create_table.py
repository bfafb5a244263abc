"""Runs the plan of a new table, on the write connection, inside a transaction."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace

from vitrina.dialect.definition import create_table
from vitrina.dialect.write import add_column
from vitrina.execute.change_rows import insert_batches, table_sql
from vitrina.execute.references import resolved
from vitrina.plan.create import CreatePlan
from vitrina.plan.rows import NewColumn, batches, new_columns


@dataclass(slots=True)
class CreatedTable:
    """The table's SQL, whether it is new, and its SQL before where columns were added to an old one."""

    schema: str
    is_new: bool
    before_schema: str | None = None


def run_create(
    conn: sqlite3.Connection, plan: CreatePlan, *, exists: bool, added: tuple[NewColumn, ...]
) -> CreatedTable:
    """Create the table unless it ``exists``, add columns to it if it does, insert the rows (blocking)."""
    name = plan.definition.name
    before = table_sql(conn, name) if exists else None
    if not exists or not plan.rows:
        columns = tuple(
            [
                replace(column, reference=resolved(conn, column.reference, plan.definition))
                if column.reference is not None
                else column
                for column in plan.definition.columns
            ]
        )
        conn.execute(create_table(replace(plan.definition, columns=columns)))
        added = _late_columns(plan)
    for column in added:
        conn.execute(add_column(name, column.name, column.type))
    insert_batches(conn, name, plan.rows, plan.conflict)
    return CreatedTable(table_sql(conn, name) or "", not exists, before)


def _late_columns(plan: CreatePlan) -> tuple[NewColumn, ...]:
    """Columns that only rows after the first batch have."""
    known = {column.name for column in plan.definition.columns}
    late: list[NewColumn] = []
    for names, batch in batches(plan.rows):
        fresh = [name for name in names if name not in known]
        known.update(fresh)
        late.extend(new_columns(fresh, batch))
    return tuple(late)
