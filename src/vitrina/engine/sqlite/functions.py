"""SQL functions that every connection has."""

from __future__ import annotations

import re
import sqlite3

_TERM = re.compile(r'"(?:[^"]*)"|[^\s"]+')


def escape_fts(query: str) -> str:
    """``query`` as a full-text expression in which every word and quoted phrase stands for itself."""
    text = str(query)
    if text.count('"') % 2:
        text += '"'
    terms = [term.strip('"') for term in _TERM.findall(text)]
    return " ".join(f'"{term}"' for term in terms if term)


def register(conn: sqlite3.Connection) -> None:
    """Add the functions to a new connection."""
    conn.create_function("escape_fts", 1, _escape_fts_sql, deterministic=True)


def _escape_fts_sql(query: object) -> str | None:
    return None if query is None else escape_fts(str(query))
