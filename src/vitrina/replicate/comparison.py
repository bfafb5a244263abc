"""Comparing two database files row by row."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from vitrina.dialect.quoting import quote_identifier

_TABLES = "SELECT name FROM {schema}.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
#: what Litestream writes into databases for itself
LITESTREAM_TABLES = frozenset({"_litestream_seq", "_litestream_lock"})

# A select has at most 2,000 columns.
_MOST_WITH_TYPES = 900


@dataclass(frozen=True, slots=True)
class TableDifference:
    """Rows that only one of two files has in a table; None where the table itself is missing on that side."""

    table: str
    only_first: int | None
    only_second: int | None


def compare_rows(first: Path, second: Path) -> list[TableDifference]:
    """The tables whose rows differ, as multisets, in two database files (blocking).

    Raises sqlite3.Error.
    """
    with closing(sqlite3.connect(f"file:{quote(str(first.absolute()))}?mode=ro", uri=True)) as conn:
        conn.execute("ATTACH ? AS second", [f"file:{quote(str(second.absolute()))}?mode=ro"])
        conn.execute("BEGIN")
        sides = [{name for (name,) in conn.execute(_TABLES.format(schema=schema))} for schema in ("main", "second")]
        found = []
        for table in sorted((sides[0] | sides[1]) - LITESTREAM_TABLES):
            if table in sides[0] and table in sides[1]:
                difference = _compare(conn, table)
            else:
                difference = TableDifference(
                    table,
                    _count(conn, "main", table) if table in sides[0] else None,
                    _count(conn, "second", table) if table in sides[1] else None,
                )
            if difference.only_first != 0 or difference.only_second != 0:
                found.append(difference)
        return found


def _count(conn: sqlite3.Connection, schema: str, table: str) -> int:
    count: int = conn.execute(f"SELECT count(*) FROM {schema}.{quote_identifier(table)}").fetchone()[0]
    return count


def _exact_values(columns: Sequence[str]) -> list[str]:
    """Expressions that are equal only for equal values: to SQLite, 1 is 1.0, and "a" is "A" where a column says so."""
    names = [quote_identifier(name) for name in columns]
    values = [f"{name} COLLATE BINARY" for name in names]
    return values if len(names) > _MOST_WITH_TYPES else [*values, *(f"typeof({name})" for name in names)]


def _compare(conn: sqlite3.Connection, table: str) -> TableDifference:
    columns = [
        [row[1] for row in conn.execute(f"PRAGMA {schema}.table_xinfo({quote_identifier(table)})")]
        for schema in ("main", "second")
    ]
    if columns[0] != columns[1]:
        return TableDifference(table, _count(conn, "main", table), _count(conn, "second", table))
    values = _exact_values(columns[0])
    places = ", ".join(str(number) for number in range(1, len(values) + 1))
    grouped = {
        schema: f"SELECT {', '.join(values)}, count(*) FROM {schema}.{quote_identifier(table)} GROUP BY {places}"
        for schema in ("main", "second")
    }

    def rows_only_in(here: str, there: str) -> int:
        only: int = conn.execute(f"SELECT count(*) FROM ({grouped[here]} EXCEPT {grouped[there]})").fetchone()[0]
        return only

    return TableDifference(table, rows_only_in("main", "second"), rows_only_in("second", "main"))
