"""Several waiting writes in one transaction, so that they share the cost of one commit."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from vitrina.engine.sqlite.transactions import in_transaction
from vitrina.engine.sqlite.translate import error_code

#: a write that may be run again from the start: it keeps nothing but what it returns
SharedWrite = Callable[[sqlite3.Connection], Any]
#: commits the transaction of a connection
Commit = Callable[[sqlite3.Connection], None]

# After these nothing of the transaction is worth keeping: what one write could not store may be room for another.
_HOPELESS = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one write: its value, or the exception that ended it."""

    value: Any = None
    error: BaseException | None = None


def run_together(
    conn: sqlite3.Connection, writes: Sequence[SharedWrite], commit: Commit = sqlite3.Connection.commit
) -> list[Outcome]:
    """Run the writes in order and ``commit``; when this returns, all without an error are on disk.

    They share a transaction, each in its savepoint: one that fails leaves the
    others alone. When the transaction is lost altogether (a trigger rolls back,
    a constraint fails at the commit, the disk is full), nothing was promised to
    anybody yet, and each is run again in a transaction of its own.
    """
    if len(writes) > 1:
        outcomes = _run_shared(conn, writes, commit)
        if outcomes is not None:
            return outcomes
    return [_run_alone(conn, write, commit) for write in writes]


def _run_alone(conn: sqlite3.Connection, write: SharedWrite, commit: Commit) -> Outcome:
    try:
        return Outcome(in_transaction(conn, write, commit))
    except BaseException as error:  # noqa: BLE001 - handed to whoever awaits the write
        return Outcome(error=error)


def _run_shared(conn: sqlite3.Connection, writes: Sequence[SharedWrite], commit: Commit) -> list[Outcome] | None:
    """Outcomes in order; None when the transaction was lost and nothing of it is left."""
    conn.isolation_level = "IMMEDIATE"
    try:
        conn.execute("BEGIN IMMEDIATE")
    except sqlite3.Error as error:
        # Waiting once for another program's lock was long enough for all of them.
        return [Outcome(error=error)] * len(writes)
    outcomes: list[Outcome] = []
    try:
        for write in writes:
            outcome = _run_in_savepoint(conn, write)
            if outcome is None:
                return None
            outcomes.append(outcome)
        commit(conn)
    except sqlite3.Error:
        return None
    finally:
        if conn.in_transaction:
            conn.rollback()
    return outcomes


def _run_in_savepoint(conn: sqlite3.Connection, write: SharedWrite) -> Outcome | None:
    conn.execute("SAVEPOINT one_write")
    try:
        value = write(conn)
    except BaseException as error:  # noqa: BLE001 - handed to whoever awaits the write
        if not conn.in_transaction or error_code(error) in _HOPELESS:
            return None
        conn.execute("ROLLBACK TO one_write")
        conn.execute("RELEASE one_write")
        return Outcome(error=error)
    if not conn.in_transaction:
        return None
    conn.execute("RELEASE one_write")
    return Outcome(value)
