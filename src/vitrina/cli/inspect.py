"""``inspect``: a JSON summary of database files, for ``--inspect-file``."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from vitrina.cli.environment import twins
from vitrina.cli.files import check_databases
from vitrina.cli.parameters import LoadExtension
from vitrina.dialect.quoting import quote_identifier
from vitrina.engine.protocols import DatabaseSpec
from vitrina.engine.sqlite.connections import ConnectionSetup, open_connection
from vitrina.errors import StartupError

# Bytes hashed at a time.
_BLOCK = 1024 * 1024
# What is served without any file.
_NOTHING: dict[str, Any] = {"_memory": {"hash": None, "size": 0, "file": None, "tables": {}}}


@click.command()
@click.argument("files", type=click.Path(exists=True), nargs=-1)
@click.option("--inspect-file", default="-", help="File to write to; by default the summary is printed")
@click.option(
    "sqlite_extensions",
    "--load-extension",
    type=LoadExtension(),
    multiple=True,
    envvar=twins("LOAD_EXTENSION"),
    help="SQLite extension to load, with an optional entry point",
)
def inspect(files: tuple[str, ...], inspect_file: str, sqlite_extensions: tuple[Any, ...]) -> None:
    """Write a JSON summary of database files: hash, size, and the number of rows of each table.

    Given to "serve --inspect-file", it spares immutable databases the counting.
    """
    check_databases(files)
    text = json.dumps(summarize(files, sqlite_extensions) if files else _NOTHING, indent=2)
    if inspect_file == "-":
        click.echo(text)
        return
    try:
        Path(inspect_file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise StartupError(f"{inspect_file}: the summary cannot be written: {error.strerror}") from error


def summarize(files: Iterable[str], extensions: tuple[Any, ...] = ()) -> dict[str, Any]:
    """Database name → hash, size in bytes, file and table counts (blocking). Raises StartupError."""
    summary: dict[str, Any] = {}
    for path in files:
        stem = name = Path(path).stem
        number = 2
        while name in summary:
            name, number = f"{stem}_{number}", number + 1
        summary[name] = {
            "hash": file_hash(path),
            "size": Path(path).stat().st_size,
            "file": path,
            "tables": _table_counts(path, extensions),
        }
    return summary


def file_hash(path: str) -> str:
    """SHA-256 of a file in hex (blocking). Not for a file that this process has open as a database."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _table_counts(path: str, extensions: tuple[Any, ...]) -> dict[str, dict[str, int]]:
    spec = DatabaseSpec(name="inspected", route="inspected", path=path)
    try:
        conn = open_connection(spec, "read", ConnectionSetup(extensions=extensions))
        try:
            names = [row[0] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {name: {"count": _count(conn, name)} for name in names}
        finally:
            conn.close()
    except sqlite3.Error as error:
        raise StartupError(f"{path}: the tables cannot be counted: {error}") from error


def _count(conn: sqlite3.Connection, table: str) -> int:
    return int(conn.execute(f"SELECT count(*) FROM {quote_identifier(table)}").fetchone()[0])
