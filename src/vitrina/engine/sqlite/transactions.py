"""One write in a transaction of its own, or in none."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def in_transaction(
    conn: sqlite3.Connection,
    fn: Callable[[sqlite3.Connection], T],
    commit: Callable[[sqlite3.Connection], None] = sqlite3.Connection.commit,
) -> T:
    """Run ``fn`` in a transaction begun with BEGIN IMMEDIATE; ``commit``, or roll back when it raises."""
    conn.isolation_level = "IMMEDIATE"
    conn.execute("BEGIN IMMEDIATE")
    try:
        result = fn(conn)
    except BaseException:
        if conn.in_transaction:
            conn.rollback()
        raise
    if conn.in_transaction:
        try:
            commit(conn)
        except BaseException:
            # A deferred constraint fails at this point and leaves the transaction open.
            if conn.in_transaction:
                conn.rollback()
            raise
    return result


def without_transaction(conn: sqlite3.Connection, fn: Callable[[sqlite3.Connection], T]) -> T:
    """Run ``fn``, which manages transactions itself; one that it leaves open is committed."""
    conn.isolation_level = "IMMEDIATE"
    try:
        result = fn(conn)
        if conn.in_transaction:
            conn.commit()
        return result
    except BaseException:
        if conn.in_transaction:
            conn.rollback()
        raise
