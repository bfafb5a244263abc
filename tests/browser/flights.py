"""A small database in the shape of the demonstration: airlines, airports, planes, flights."""

from __future__ import annotations

import sqlite3
from pathlib import Path

CONFIG = """
databases:
  flights:
    tables:
      airlines: {label_column: name}
      airports: {label_column: name}
      visits:
        column_types: {extra: json}
    queries:
      by_airline:
        title: Flights of one airline
        sql: select flight, origin from flights where carrier = :carrier order by flight
"""

METADATA = """
title: Flights
description: A few departures.
license: CC0
license_url: https://example.org/cc0
databases:
  flights:
    tables:
      flights:
        description: One row for each departure.
        columns: {dep_delay: Minutes late}
"""

_SCHEMA = """
create table airlines (carrier text primary key, name text);
create table airports (faa text primary key, name text, alt integer);
create table flights (
  id integer primary key, day text, dep_delay integer, note text,
  carrier text references airlines (carrier), origin text references airports (faa)
);
create table notes (id integer primary key, body text);
create table visits (
  id integer primary key, day date, guests integer not null, price real, remark text, extra text, photo blob,
  origin text references airports (faa), big integer
);
create view late as select id, dep_delay from flights where dep_delay > 60;
create virtual table airports_fts using fts5 (name, content="airports");
"""

_AIRLINES = [("UA", "United"), ("AA", "American"), ("B6", "JetBlue")]
_AIRPORTS = [("JFK", "John F Kennedy", 13), ("EWR", "Newark", 18), ("LGA", "La Guardia", 22)]
_ROWS = 260


def build(path: Path) -> None:
    """Write the database to ``path``."""
    conn = sqlite3.connect(path)
    conn.executescript(_SCHEMA)
    conn.executemany("insert into airlines values (?, ?)", _AIRLINES)
    conn.executemany("insert into airports values (?, ?, ?)", _AIRPORTS)
    conn.execute("insert into airports_fts (rowid, name) select rowid, name from airports")
    conn.executemany(
        "insert into flights values (?, ?, ?, ?, ?, ?)", [_flight(number) for number in range(1, _ROWS + 1)]
    )
    conn.commit()
    conn.close()


def _flight(number: int) -> tuple[int, str, int | None, str, str, str]:
    delay = None if number % 17 == 0 else (number * 37) % 120 - 20
    note = "late " * 60 if number % 50 == 3 else ""
    day = f"2013-{number % 12 + 1:02d}-{number % 28 + 1:02d}"
    return number, day, delay, note, _AIRLINES[number % 3][0], _AIRPORTS[number % 2][0]
