"""Answers to requests that may be sent again, in a persistent internal database."""

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
_FIND = "SELECT digest, until, status, content_type, body FROM vitrina_kept_answers WHERE name = ?"


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """One request as it was answered: what it asked for in short, until when that holds (Unix seconds), the answer."""

    digest: bytes
    until: float
    status: int
    content_type: str
    body: bytes


class KeptAnswers:
    """The table of answers, made when it is first needed."""

    def __init__(self, internal: InternalDatabase) -> None:
        self._internal = internal

    async def find(self, name: bytes) -> KeptAnswer | None:
        """The answer of that name, or None (one hop)."""

        def job(conn: sqlite3.Connection) -> KeptAnswer | None:
            conn.execute(_CREATE)
            row = conn.execute(_FIND, (name,)).fetchone()
            return None if row is None else KeptAnswer(*tuple(row))

        return await self._internal.write_own(job)

    async def add(self, name: bytes, answer: KeptAnswer) -> None:
        """Keep an answer, and forget those whose time is over (one hop)."""

        def job(conn: sqlite3.Connection) -> None:
            conn.execute(_CREATE)
            conn.execute("DELETE FROM vitrina_kept_answers WHERE until < ?", (time.time(),))
            values = (name, answer.digest, answer.until, answer.status, answer.content_type, answer.body)
            conn.execute(_ADD, values)

        await self._internal.write_own(job)
