"""Database files named on the command line: found, created, and looked at before anything is started."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import click

from vitrina.errors import StartupError

_MAGIC = b"SQLite format 3\x00"
_MEMORY_WORD = ":memory:"
# Page sizes are powers of two from here on, so every SQLite file, encrypted or not, is a multiple of it.
_SMALLEST_PAGE = 512


@dataclass(frozen=True, slots=True)
class GivenFiles:
    """The arguments of ``serve``: database files, and at most one configuration directory."""

    files: tuple[str, ...]
    directory: Path | None


def sort_arguments(arguments: Sequence[str], *, create: bool) -> GivenFiles:
    """Tell files from directories; with ``create`` missing files are made.

    Raises StartupError for a missing file, a file given twice, a second directory.
    """
    directories = [name for name in arguments if Path(name).is_dir()]
    if len(directories) > 1:
        raise StartupError("Cannot pass multiple directories. Pass a single directory as config_dir.")
    files = tuple(name for name in arguments if name not in directories)
    seen: dict[Path, str] = {}
    for name in files:
        if name == _MEMORY_WORD:
            continue
        if not Path(name).exists():
            if not create:
                raise StartupError(
                    f"Invalid value for '[FILES]...': Path '{name}' does not exist. --create makes an empty database"
                )
            create_database(name)
        resolved = Path(name).resolve()
        if resolved in seen:
            raise StartupError(f"Duplicate database file: '{name}' and '{seen[resolved]}' both refer to {resolved}")
        seen[resolved] = name
    return GivenFiles(files, Path(directories[0]) if directories else None)


def create_database(path: str) -> None:
    """Make a new, empty database file in WAL mode. Raises StartupError where that is not possible."""
    try:
        conn = sqlite3.connect(path)
        try:
            conn.execute("PRAGMA journal_mode=WAL")
            conn.execute("VACUUM")
        finally:
            conn.close()
    except sqlite3.Error as error:
        raise StartupError(f"{path}: the database cannot be created: {error}") from error


def remove_empty_database(path: str) -> None:
    """Delete a database file in which nothing was ever made; any other stays."""
    try:
        conn = sqlite3.connect(path)
        try:
            # Whoever wants to make something there at this moment waits, and finds that the file is gone.
            conn.execute("BEGIN EXCLUSIVE")
            if conn.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
                Path(path).unlink(missing_ok=True)
        finally:
            conn.close()
    except sqlite3.Error:
        return
    if not Path(path).exists():
        for ending in ("-wal", "-shm", "-journal"):
            Path(path + ending).unlink(missing_ok=True)


def check_databases(paths: Iterable[str]) -> None:
    """Look at each file's head and schema, before any connection is kept open.

    An empty file is a database without tables: it is served, with a note.
    Raises StartupError, one clear sentence, for what is not a readable SQLite database.
    """
    for path in paths:
        if path == _MEMORY_WORD:
            continue
        head, size = _read_head(path)
        if size == 0:
            click.echo(f"Note: {path} is an empty file; it is served as a database without tables", err=True)
        elif head[:16] != _MAGIC:
            raise StartupError(f"{path}: this is not an SQLite database{_likely(head, size)}")
        else:
            _check_schema(path, size, head)


def _read_head(path: str) -> tuple[bytes, int]:
    try:
        # Nothing of this process holds a lock on the file yet, so opening and closing it is safe here.
        with open(path, "rb") as file:
            return file.read(100), Path(path).stat().st_size
    except OSError as error:
        raise StartupError(f"{path}: the file cannot be read: {error.strerror}") from error


def _likely(head: bytes, size: int) -> str:
    """What a foreign file probably is, as the end of a sentence."""
    if all(32 <= byte < 127 or byte in b"\t\r\n" or byte >= 0xC2 for byte in head):
        return ": it looks like text; sqlite-utils can import CSV and JSON into a database"
    if size % _SMALLEST_PAGE == 0 and len(set(head)) > 50:
        return ", or it is encrypted; encrypted databases cannot be opened"
    return ""


def _check_schema(path: str, size: int, head: bytes) -> None:
    page_size = int.from_bytes(head[16:18], "big")
    page_size = 65536 if page_size == 1 else page_size
    if page_size < _SMALLEST_PAGE or size < page_size:
        raise StartupError(f"{path}: the database is damaged: the file ends within its first page")
    uri = f"file:{quote(str(Path(path).resolve()))}?mode=ro"
    try:
        conn = sqlite3.connect(uri, uri=True, timeout=1)
        try:
            conn.execute("SELECT count(*) FROM sqlite_master").fetchone()
        finally:
            conn.close()
    except sqlite3.OperationalError as error:
        # Locked, or a folder without room for a WAL index: not the file's fault, and requests say it again.
        if "unsupported" in str(error):
            raise StartupError(f"{path}: this database cannot be opened: {error}") from error
    except sqlite3.DatabaseError as error:
        raise StartupError(
            f"{path}: the database is damaged: {error}; the sqlite3 shell's .recover may save its rows"
        ) from error
