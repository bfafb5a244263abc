"""The text of statements that change rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vitrina.dialect.quoting import quote_identifier

_VERBS: Mapping[str, str] = {"abort": "INSERT", "ignore": "INSERT OR IGNORE", "replace": "INSERT OR REPLACE"}


def insert_row(table: str, columns: Sequence[str], conflict: str = "abort") -> str:
    """Insert one row with a parameter per column; ``conflict`` is "abort", "ignore" or "replace"."""
    verb = f"{_VERBS[conflict]} INTO {quote_identifier(table)}"
    if not columns:
        return f"{verb} DEFAULT VALUES"
    return f"{verb} ({_names(columns)}) VALUES ({_marks(len(columns))})"


def upsert_row(table: str, columns: Sequence[str], keys: Sequence[str]) -> str:
    """Insert one row, or set its other columns where a row with these ``keys`` is there."""
    others = [quote_identifier(name) for name in columns if name not in keys]
    action = f"UPDATE SET {', '.join([f'{name} = excluded.{name}' for name in others])}" if others else "NOTHING"
    return f"{insert_row(table, columns)} ON CONFLICT ({_names(keys)}) DO {action}"


def update_row(table: str, columns: Sequence[str], keys: Sequence[str]) -> str:
    """Set columns of the row with these keys: parameters of the columns, then of the keys."""
    changes = ", ".join([f"{quote_identifier(name)} = ?" for name in columns])
    return f"UPDATE {quote_identifier(table)} SET {changes} WHERE {matching(keys)}"


def delete_row(table: str, keys: Sequence[str]) -> str:
    """Delete the row with these keys."""
    return f"DELETE FROM {quote_identifier(table)} WHERE {matching(keys)}"


def matching(keys: Sequence[str]) -> str:
    """The condition that the key columns have the values of as many parameters."""
    return " AND ".join([f"{quote_identifier(key)} = ?" for key in keys])


def select_by_keys(table: str, keys: Sequence[str], count: int, *, with_rowid: bool) -> str:
    """Every column of the rows with one of ``count`` keys, in the keys' order; parameters are the keys' values."""
    names = _names(keys)
    if len(keys) == 1:
        among = f"{names} IN ({_marks(count)})"
    else:
        among = f"({names}) IN (VALUES {', '.join([f'({_marks(len(keys))})'] * count)})"
    columns = "rowid, *" if with_rowid else "*"
    return f"SELECT {columns} FROM {quote_identifier(table)} WHERE {among} ORDER BY {names}"


def select_by_rowids(table: str, count: int) -> str:
    """Every column of the rows with one of ``count`` rowids."""
    return f"SELECT * FROM {quote_identifier(table)} WHERE rowid IN ({_marks(count)}) ORDER BY rowid"


def add_column(table: str, name: str, declared: str) -> str:
    """Add a column; ``declared`` is its type and what else is declared, as SQL."""
    return f"ALTER TABLE {quote_identifier(table)} ADD COLUMN {quote_identifier(name)} {declared}"


def _names(names: Sequence[str]) -> str:
    return ", ".join(map(quote_identifier, names))


def _marks(count: int) -> str:
    return ", ".join("?" * count)


def insert_many(table: str, columns: Sequence[str], rows: int, mode: str, keys: Sequence[str] = ()) -> str:
    """Insert as many rows at once; ``mode`` is "append", "ignore", "replace" or "upsert" by ``keys``."""
    verb = _VERBS["abort" if mode in ("append", "upsert") else mode]
    values = ", ".join([f"({_marks(len(columns))})"] * rows)
    sql = f"{verb} INTO {quote_identifier(table)} ({_names(columns)}) VALUES {values}"
    if mode != "upsert":
        return sql
    others = [quote_identifier(name) for name in columns if name not in keys]
    action = f"UPDATE SET {', '.join([f'{name} = excluded.{name}' for name in others])}" if others else "NOTHING"
    return f"{sql} ON CONFLICT ({_names(keys)}) DO {action}"
