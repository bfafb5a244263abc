"""Finding files: by text, by source, in pages that do not shift."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vitrina.files.names import is_file_id
from vitrina.files.records import COLUMNS, FROM, PAGE, FileRecords, Record, records_of
from vitrina.tilde import tilde_decode, tilde_encode


@dataclass(frozen=True, slots=True)
class Found:
    """A page of results, how many there are in all, and the cursor of the next page."""

    files: list[Record]
    total: int
    next: str | None


async def search(records: FileRecords, text: str, slugs: Sequence[str], cursor: str | None) -> Found:
    """Files of these sources, best first; without ``text`` newest first. A cursor that is none counts as none."""
    if not slugs:
        return Found([], 0, None)
    text = text.strip()
    if is_file_id(text):
        found = [row for row in await records.find_all([text]) if row["source_slug"] in slugs]
        return Found(found, len(found), None)
    match = match_expression(text)
    if text and match is None:
        return Found([], 0, None)
    return await records.read(lambda conn: _run(conn, match, list(slugs), _parse(cursor)))


def match_expression(text: str) -> str | None:
    """An FTS5 expression for any of the words, each as a prefix; None without words."""
    words = [word for word in text.replace("\0", " ").split() if any(char.isalnum() for char in word)]
    return " OR ".join([f'"{word.replace(chr(34), chr(34) * 2)}"*' for word in words[:50]]) or None


def _parse(cursor: str | None) -> tuple[str, str] | None:
    first, comma, second = (cursor or "").partition(",")
    return (tilde_decode(first), tilde_decode(second)) if comma and first and second else None


def _run(conn: sqlite3.Connection, match: str | None, slugs: list[str], after: tuple[str, str] | None) -> Found:
    marks = ", ".join("?" * len(slugs))
    sources = [row[0] for row in conn.execute(f"SELECT id FROM datasette_files_sources WHERE slug IN ({marks})", slugs)]
    everywhere = len(sources) == conn.execute("SELECT count(*) FROM datasette_files_sources").fetchone()[0]
    if match is None:
        return _newest(conn, sources, everywhere, after)
    return _best(conn, match, sources, everywhere, after)


def _newest(conn: sqlite3.Connection, sources: list[int], everywhere: bool, after: tuple[str, str] | None) -> Found:
    """Files by age, along an index: of all sources, of one, or with the others passed over."""
    marks = ", ".join("?" * len(sources))
    counts = f"SELECT coalesce(sum(files), 0) FROM vitrina_file_counts WHERE source_id IN ({marks})"
    total = conn.execute(counts, sources).fetchone()[0]
    where: list[str] = []
    parameters: list[Any] = []
    if not everywhere:
        # The sign keeps SQLite from sorting everything where several sources are wanted.
        sign = "" if len(sources) == 1 else "+"
        where.append(f"{sign}f.source_id IN ({', '.join('?' * len(sources))})")
        parameters += sources
    if after is not None:
        where.append("(f.created_at, f.id) < (?, ?)")
        parameters += after
    condition = f"WHERE {' AND '.join(where)}" if where else ""
    # CROSS JOIN keeps the order of the tables.
    source = FROM.replace(" JOIN ", " CROSS JOIN ", 1)
    sql = (
        f"SELECT {COLUMNS}, f.created_at AS sort_key {source} {condition}"
        f" ORDER BY f.created_at DESC, f.id DESC LIMIT {PAGE + 1}"
    )
    return _found(records_of(conn, sql, parameters), total)


def _best(
    conn: sqlite3.Connection, match: str, sources: list[int], everywhere: bool, after: tuple[str, str] | None
) -> Found:
    """Files by how well they match; the rows of files are read for one page only."""
    limited = "" if everywhere else f" AND f.source_id IN ({', '.join('?' * len(sources))})"
    joined = "" if everywhere else " JOIN datasette_files f ON f.rowid = t.rowid"
    parameters: list[Any] = [match, *([] if everywhere else sources)]
    matching = f"FROM datasette_files_fts t{joined} WHERE datasette_files_fts MATCH ?{limited}"
    total = conn.execute(f"SELECT count(*) {matching}", parameters).fetchone()[0]
    beyond = ""
    key = _number(after[0]) if after is not None else None
    if after is not None and key is not None:
        beyond = "WHERE (sort_key, number) > (?, ?)"
        last = conn.execute("SELECT rowid FROM datasette_files WHERE id = ?", (after[1],)).fetchone()
        # Where the last file of the page before is gone, those that match as well come again.
        parameters += [key, last[0] if last is not None else -1]
    # Numbers of rows follow the ids, which begin with the time; reading each id would read each file's row.
    page = (
        f"SELECT number, sort_key FROM (SELECT t.rowid AS number, t.rank AS sort_key {matching})"
        f" {beyond} ORDER BY sort_key, number LIMIT {PAGE + 1}"
    )
    sql = (
        f"SELECT {COLUMNS}, p.sort_key AS sort_key FROM ({page}) p JOIN datasette_files f ON f.rowid = p.number"
        " JOIN datasette_files_sources s ON s.id = f.source_id ORDER BY p.sort_key, p.number"
    )
    return _found(records_of(conn, sql, parameters), total)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _found(rows: list[Record], total: int) -> Found:
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    keys = [row.pop("sort_key") for row in rows]
    following = f"{tilde_encode(str(keys[-1]))},{tilde_encode(rows[-1]['id'])}" if more else None
    return Found(rows, total, following)
