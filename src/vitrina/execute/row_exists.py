"""Looks at one row before it is changed."""

from __future__ import annotations

from collections.abc import Sequence

from vitrina.catalog.model import Table
from vitrina.dialect.quoting import quote_identifier
from vitrina.dialect.write import matching
from vitrina.engine.protocols import Reader
from vitrina.plan.rows import row_keys


def row_exists(reader: Reader, table: Table, values: Sequence[str]) -> bool:
    """Whether ``table`` has a row with this key (blocking; worker thread). A view has none."""
    if table.is_view:
        return False
    sql = f"SELECT 1 FROM {quote_identifier(table.name)} WHERE {matching(row_keys(table))}"
    return bool(reader.select(sql, tuple(values), max_rows=1).rows)


def label_of_row(reader: Reader, table: Table, values: Sequence[str], column: str) -> str | None:
    """The text of one column of a row (blocking; worker thread); None where the row or the value is missing."""
    condition = matching(row_keys(table))
    sql = f"SELECT {quote_identifier(column)} FROM {quote_identifier(table.name)} WHERE {condition}"
    rows = reader.select(sql, tuple(values), max_rows=1).rows
    return None if not rows or rows[0][0] is None else str(rows[0][0])
