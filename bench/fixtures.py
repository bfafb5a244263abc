"""Databases that the measurements use beside the flights demonstration."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def many_tables(path: Path, tables: int) -> Path:
    """A database of ``tables`` small tables, each with a foreign key to the one before."""
    if path.exists():
        return path
    connection = sqlite3.connect(path)
    with connection:
        for number in range(tables):
            reference = f"references t{number - 1:05d}(id)" if number else ""
            connection.execute(
                f"create table t{number:05d} (id integer primary key, name text, previous integer {reference})"
            )
            connection.executemany(
                f"insert into t{number:05d} values (?, ?, null)", [(row, f"name {row}") for row in range(3)]
            )
    connection.close()
    return path


def empty(path: Path) -> Path:
    """A database with one empty table."""
    if not path.exists():
        connection = sqlite3.connect(path)
        connection.execute("create table lonely (id integer primary key)")
        connection.close()
    return path
