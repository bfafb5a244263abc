"""Whether deleting a row loses more than the row, so that putting it back would not restore everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vitrina.dialect.write import delete_row
from vitrina.engine.sqlite.translate import translated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vitrina.catalog.model import DatabaseCatalog, Table
    from vitrina.engine.sqlite.database import SqliteDatabase

_LOSING = ("CASCADE", "SET NULL", "SET DEFAULT")


async def may_lose_more(database: SqliteDatabase, catalog: DatabaseCatalog, table: Table, keys: Sequence[str]) -> bool:
    """Whether a deletion from ``table`` can change or delete other rows (one hop where triggers are there).

    Rows that triggers insert, such as those of a log, are no loss, nor is
    what a trigger keeps in a full-text index, which follows the row back.
    Raises InvalidSQL where a trigger cannot be run.
    """
    if not table.changes_others:
        return False
    if any(
        key.other_table.lower() == table.name.lower() and key.on_delete in _LOSING
        for other in catalog.tables.values()
        for key in other.foreign_keys
    ):
        return True
    sql = delete_row(table.name, keys)
    with translated(database.name, sql):
        analysis = await database.analyze(sql, [None] * len(keys))
    return any(
        each.operation in ("update", "delete") and each.source is not None and each.table_kind == "table"
        for each in analysis.operations
    )
