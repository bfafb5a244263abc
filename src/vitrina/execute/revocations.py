"""Revoked tokens: kept in the internal database, asked for in memory."""

from __future__ import annotations

import hashlib
import sqlite3
import time

from vitrina.errors import BadRequest
from vitrina.execute.internal import InternalDatabase
from vitrina.tokens.narrowed.token import PREFIX, is_token_id, parse_identifier, parse_token
from vitrina.tokens.signed import PREFIX as SIGNED_PREFIX
from vitrina.tokens.signed import digest_of

_SCHEMA = """
CREATE TABLE IF NOT EXISTS vitrina_token_revocations (
    token_id TEXT PRIMARY KEY,
    revoked_at INTEGER NOT NULL,
    revoked_by TEXT,
    reason TEXT
)
"""


def revocation_id(token_or_id: str) -> str:
    """Under what a token is revoked: the id of a narrowable one, a digest of a signed one; ids stay as they are.

    Raises BadRequest for text that is neither, TokenInvalid for a damaged token.
    """
    text = token_or_id.strip()
    if text.startswith(PREFIX):
        return parse_identifier(parse_token(text).identifier).token_id
    if text.startswith(SIGNED_PREFIX):
        return digest_of(text)
    if is_token_id(text) or _is_digest(text):
        return text
    raise BadRequest("A token, or the id of one, is needed")


def _is_digest(text: str) -> bool:
    kind, _, digest = text.partition(":")
    return (
        kind == "sha256" and len(digest) == hashlib.sha256().digest_size * 2 and set(digest) <= set("0123456789abcdef")
    )


def write_revocation(conn: sqlite3.Connection, token_id: str, revoked_by: str | None, reason: str | None) -> None:
    """Add one row; revoking again keeps the first one."""
    conn.execute(_SCHEMA)
    conn.execute(
        "INSERT OR IGNORE INTO vitrina_token_revocations VALUES (?, ?, ?, ?)",
        (token_id, int(time.time()), revoked_by, reason),
    )


class Revocations:
    """``ids`` holds what is revoked; it is replaced as a whole, so any thread may read it."""

    def __init__(self, internal: InternalDatabase) -> None:
        self._internal = internal
        self._seen = -1
        self.ids: frozenset[str] = frozenset()

    @property
    def is_persistent(self) -> bool:
        """Whether they outlive the server."""
        return self._internal.is_persistent

    async def load(self) -> None:
        """Read the table of a persistent internal database, if it changed since the last time (at most two hops)."""
        if not self._internal.is_persistent:
            return
        generation = await self._internal.look()
        if generation != self._seen:
            self.ids = await self._internal.write_own(_read)
            self._seen = generation

    async def revoke(self, token_id: str, *, revoked_by: str | None = None, reason: str | None = None) -> None:
        """Refuse a token, and all that were narrowed from it, from now on (one hop)."""

        def job(conn: sqlite3.Connection) -> frozenset[str]:
            write_revocation(conn, token_id, revoked_by, reason)
            return _read(conn)

        self.ids = await self._internal.write_own(job)


def _read(conn: sqlite3.Connection) -> frozenset[str]:
    found = conn.execute("SELECT 1 FROM sqlite_master WHERE name = 'vitrina_token_revocations'").fetchone()
    if found is None:
        return frozenset()
    return frozenset(row[0] for row in conn.execute("SELECT token_id FROM vitrina_token_revocations"))
