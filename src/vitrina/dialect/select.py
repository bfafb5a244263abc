"""The text of the statements that pages make of a table: select lists, conditions, order, counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from vitrina.dialect.quoting import escape_sqlite

# Columns come back on every page of a table, so their spelling is remembered.
escape = lru_cache(maxsize=8192)(escape_sqlite)


def column_list(columns: Iterable[str]) -> str:
    """Column names for a select list or an order, escaped and joined by commas."""
    return ", ".join(map(escape, columns))


def where_clause(conditions: Sequence[str]) -> str:
    """``where A and B`` with a space behind it, or nothing; the space is part of the visible text."""
    return f"where {' and '.join(conditions)} " if conditions else ""


def order_clause(sort: str | None, *, descending: bool, tie_break: Sequence[str]) -> str:
    """``order by`` the sort column and then the columns of ``tie_break``; nothing when there is nothing to order by."""
    parts = [f"{escape(sort)} desc" if descending else escape(sort)] if sort else []
    parts.extend(map(escape, tie_break))
    return f"order by {', '.join(parts)}" if parts else ""


def select_page(unordered: str, order: str, limit: int, offset: int | None) -> str:
    """A page of rows of ``unordered`` (see :func:`select_unordered`)."""
    return f"{unordered}{order} limit {limit}{'' if offset is None else f' offset {offset}'}"


def select_unordered(columns: str, table: str, where: str) -> str:
    """Every row that meets ``where``: what facets look at."""
    return f"select {columns} from {escape(table)} {where}"


def select_count(table: str, where: str) -> str:
    """The number of rows that meet ``where``."""
    return f"select count(*) from {escape(table)} {where}"


def select_count_limited(table: str, where: str, limit: int) -> str:
    """The number of rows that meet ``where``, counting no further than ``limit``."""
    return f"select count(*) from (select * from {escape(table)} {where} limit {limit})"


def in_list(names: Iterable[str]) -> str:
    """Named parameters as the right side of ``in``."""
    return f"({', '.join([':' + name for name in names])})"
