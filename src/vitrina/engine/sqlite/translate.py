"""Turning the driver's exceptions into Vitrina's, at the engine's border."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from vitrina.errors import DatabaseCorrupt, EngineError, InvalidSQL, QueryInterrupted, Unavailable, VitrinaError

if TYPE_CHECKING:
    from collections.abc import Iterator

DRIVER_ERRORS = (sqlite3.Error, sqlite3.Warning, OverflowError, UnicodeError, MemoryError)

TIME_LIMIT_MESSAGE = "SQL query took too long. The time limit is controlled by the sql_time_limit_ms setting."

_PRIMARY = 0xFF
_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_CORRUPT = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_DAMAGED_VIRTUAL = "vtable constructor failed"
_UNREADABLE = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PERM}


def error_code(error: BaseException) -> int:
    """SQLite's primary result code of a driver exception; 0 where it has none."""
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & _PRIMARY


def is_locked(error: BaseException) -> bool:
    """True for an error that waiting may cure."""
    return error_code(error) in _LOCKED


def translate(error: BaseException, *, database: str, sql: str = "", params: Any = None) -> VitrinaError:
    """The exception of ours that says what a driver exception means."""
    text = str(error)
    code = error_code(error)
    if code == sqlite3.SQLITE_INTERRUPT:
        return QueryInterrupted(TIME_LIMIT_MESSAGE, sql=sql, params=params)
    if code in _LOCKED:
        return Unavailable(
            f"Database {database} is locked",
            hint="Another program is writing to this file; the page can be asked for again in a moment.",
            headers={"Retry-After": "1"},
        )
    if code == sqlite3.SQLITE_NOTADB:
        return DatabaseCorrupt(
            f"Database {database}: file is not a database",
            hint="The file is encrypted, or was overwritten by something that is not SQLite.",
        )
    if text.startswith(_DAMAGED_VIRTUAL):
        return InvalidSQL(text, hint="A part of this virtual table is missing or damaged; the other tables are fine.")
    if code == sqlite3.SQLITE_CORRUPT:
        return DatabaseCorrupt(
            f"Database {database}: {text}",
            hint="The file is damaged. Restore it from a backup, or save what can be read with sqlite3's .recover.",
        )
    if code == sqlite3.SQLITE_FULL:
        return EngineError(
            f"Database {database}: {text}", status=507, hint="The disk is full, or the file has reached its size limit."
        )
    if code in _UNREADABLE:
        return EngineError(
            f"Database {database}: {text}",
            hint="Check that the file still exists and may be read, and that the disk is not full.",
        )
    if isinstance(error, MemoryError) or code == sqlite3.SQLITE_NOMEM:
        return InvalidSQL("out of memory", hint="The statement needed more memory than this server gives to SQL.")
    if code == sqlite3.SQLITE_AUTH or text.startswith("not authorized"):
        return InvalidSQL("not authorized", hint="Only reading this database is allowed here.")
    return InvalidSQL(text)


@contextmanager
def translated(database: str, sql: str = "", params: Any = None) -> Iterator[None]:
    """Run a block; driver exceptions leave it as Vitrina's."""
    try:
        yield
    except DRIVER_ERRORS as error:
        raise translate(error, database=database, sql=sql, params=params) from error
