"""The databases that tests of plugins expect: the same tables and rows as the reference makes."""

from __future__ import annotations

import itertools
import random
import sqlite3
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_SCRIPT = Path(__file__).with_name("fixtures.sql").read_text(encoding="utf-8")

# Random values are the same in every run; tests know them.
_SEED = 42
_COMPOUND_ROWS = 1001
_SORTABLE_ROWS = 201
_NUMBERED_ROWS = 201

EXTRA_DATABASE_SQL = """
CREATE TABLE searchable (
  pk integer primary key,
  text1 text,
  text2 text
);

CREATE VIEW searchable_view AS SELECT * FROM searchable;

INSERT INTO searchable VALUES (1, 'barry cat', 'terry dog');
INSERT INTO searchable VALUES (2, 'terry dog', 'sara weasel');

CREATE VIRTUAL TABLE "searchable_fts"
    USING FTS3 (text1, text2, content="searchable");
INSERT INTO "searchable_fts" (rowid, text1, text2)
    SELECT rowid, text1, text2 FROM searchable;
"""


def generate_compound_rows(num: int) -> Iterator[tuple[str, str, str, str]]:
    """Rows of a table with three primary keys."""
    letters = itertools.product(string.ascii_lowercase, repeat=3)
    for a, b, c in itertools.islice(letters, num):
        yield a, b, c, f"{a}-{b}-{c}"


def generate_sortable_rows(num: int) -> Iterator[dict[str, Any]]:
    """Rows of a table with two primary keys and values to sort by."""
    chance = random.Random(_SEED)
    for a, b in itertools.islice(itertools.product(string.ascii_lowercase, repeat=2), num):
        yield {
            "pk1": a,
            "pk2": b,
            "content": f"{a}-{b}",
            "sortable": chance.randint(-100, 100),
            "sortable_with_nulls": chance.choice([None, chance.random(), chance.random()]),
            "sortable_with_nulls_2": chance.choice([None, chance.random(), chance.random()]),
            "text": chance.choice(["$null", "$blah"]),
        }


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    return "'{}'".format(value.replace("'", "''")) if isinstance(value, str) else repr(value)


def _inserts(table: str, rows: Iterator[tuple[Any, ...]]) -> str:
    return "\n".join(f"INSERT INTO {table} VALUES ({', '.join(map(_literal, row))});" for row in rows)


def _numbered_rows() -> Iterator[tuple[str, str, str, str]]:
    for number in range(1, _NUMBERED_ROWS + 1):
        yield str(number), f"a{number}", f"b{number}", f"c{number}"
    last = _NUMBERED_ROWS + 1
    yield "RENDER_CELL_DEMO", f"a{last}", f"b{last}", f"c{last}"


def _script() -> str:
    sortable = (tuple(row.values()) for row in generate_sortable_rows(_SORTABLE_ROWS))
    compound = _inserts("compound_three_primary_keys", generate_compound_rows(_COMPOUND_ROWS))
    return (
        _SCRIPT.replace("-- compound rows", compound)
        .replace("-- sortable rows", _inserts("sortable", sortable))
        .replace("-- numbered rows", _inserts("no_primary_key", _numbered_rows()))
    )


#: schema and rows of the first database, without those that need parameters
TABLES = _script()

#: statements with their parameters, to be run after :data:`TABLES`
TABLE_PARAMETERIZED_SQL: list[tuple[str, list[Any]]] = [
    ("insert into binary_data (data) values (?);", [b"\x15\x1c\x02\xc7\xad\x05\xfe"]),
    ("insert into binary_data (data) values (?);", [b"\x15\x1c\x03\xc7\xad\x05\xfe"]),
    ("insert into binary_data (data) values (null);", []),
]


def populate_fixture_database(conn: sqlite3.Connection) -> None:
    """Make the tables and rows of the first database on ``conn`` (blocking)."""
    conn.executescript(TABLES)
    for sql, params in TABLE_PARAMETERIZED_SQL:
        with conn:
            conn.execute(sql, params)


def populate_extra_database(conn: sqlite3.Connection) -> None:
    """Make the tables and rows of the second database on ``conn`` (blocking)."""
    conn.executescript(EXTRA_DATABASE_SQL)


def write_fixture_database(db_filename: str) -> None:
    """Make the first database as a file, in the place of one that is there."""
    _write(db_filename, populate_fixture_database)


def write_extra_database(db_filename: str) -> None:
    """Make the second database as a file, in the place of one that is there."""
    _write(db_filename, populate_extra_database)


def _write(path: str, populate: Any) -> None:
    Path(path).unlink(missing_ok=True)
    conn = sqlite3.connect(path)
    try:
        populate(conn)
        conn.commit()
    finally:
        conn.close()
