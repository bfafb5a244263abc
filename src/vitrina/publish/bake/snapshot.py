"""Copies of the database files as they are at one moment, and how one tells that a file has changed."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

from vitrina.errors import StartupError


def generation(path: str) -> str:
    """A text that is another one after each change of a database file (looks at the file system only)."""
    parts = []
    for name in (path, f"{path}-wal"):
        try:
            facts = os.stat(name)
        except FileNotFoundError:
            continue
        if facts.st_size:
            parts.append(f"{facts.st_size}.{facts.st_mtime_ns}.{facts.st_ino}")
    return "+".join(parts)


def copy_database(path: str, target: Path) -> None:
    """Copy a database page by page in one read transaction, with row ids as they are. Raises StartupError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    source = sqlite3.connect(f"file:{quote(os.path.abspath(path))}?mode=ro", uri=True)
    copy = sqlite3.connect(target)
    try:
        source.backup(copy)
        # A file that says WAL in its header asks for a log beside it, which an immutable one must not need.
        copy.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise StartupError(f"{path}: a snapshot cannot be taken: {error}") from error
    finally:
        copy.close()
        source.close()


def database_names(files: tuple[str, ...]) -> dict[str, str]:
    """Database name → file. Raises StartupError where two files would have one name, or one is none."""
    names: dict[str, str] = {}
    for file in files:
        name = Path(file).stem
        if not os.path.isfile(file):
            raise StartupError(f"{file}: only database files can be baked")
        if name in names:
            raise StartupError(f"{names[name]} and {file} would both be the database {name}")
        names[name] = file
    return names
