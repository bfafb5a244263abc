"""Requests that may be sent again, and how they were answered, in a persistent internal database."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vitrina.execute.internal import InternalDatabase

_CREATE = (
    "CREATE TABLE IF NOT EXISTS vitrina_kept_answers (name BLOB PRIMARY KEY, digest BLOB, until REAL, status INTEGER, "
    "content_type TEXT, body BLOB)"
)
_ADD = "INSERT OR REPLACE INTO vitrina_kept_answers VALUES (?, ?, ?, ?, ?, ?)"
_FIND = "SELECT digest, until, status, content_type, body FROM vitrina_kept_answers WHERE name = ? AND until > ?"


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """One request as it was answered: what it asked for in short, until when that holds (Unix seconds), the answer.

    ``status`` is None where work began and no answer was kept: it may have been done, or not.
    """

    digest: bytes
    until: float
    status: int | None = None
    content_type: str = ""
    body: bytes = b""


class KeptAnswers:
    """The table of answers, made when it is first needed. What a method did is on disk when it returns."""

    def __init__(self, internal: InternalDatabase) -> None:
        self._internal = internal

    async def begin(self, name: bytes, intent: KeptAnswer) -> KeptAnswer | None:
        """What is known of an earlier request of that name; else None, and ``intent`` is noted instead (one hop)."""

        def job(conn: sqlite3.Connection) -> KeptAnswer | None:
            conn.execute(_CREATE)
            row = conn.execute(_FIND, (name, time.time())).fetchone()
            if row is not None:
                return KeptAnswer(*tuple(row))
            conn.execute("DELETE FROM vitrina_kept_answers WHERE until < ?", (time.time(),))
            conn.execute(_ADD, _values(name, intent))
            return None

        return await self._internal.write_own(job)

    async def add(self, name: bytes, answer: KeptAnswer) -> None:
        """Keep the answer to a request that was begun (one hop)."""
        await self._internal.write_own(lambda conn: conn.execute(_ADD, _values(name, answer)))

    async def forget(self, name: bytes) -> None:
        """Forget a request that changed nothing (one hop)."""
        sql = "DELETE FROM vitrina_kept_answers WHERE name = ?"
        await self._internal.write_own(lambda conn: conn.execute(sql, (name,)))


def _values(name: bytes, answer: KeptAnswer) -> tuple[object, ...]:
    return (name, answer.digest, answer.until, answer.status, answer.content_type, answer.body)
