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
    where, parameters, source, order = f"s.slug IN ({marks})", list[Any](slugs), FROM, "f.created_at"
    columns = f"{COLUMNS}, f.created_at AS sort_key"
    if match is not None:
        source = FROM.replace("FROM ", "FROM datasette_files_fts t JOIN ", 1).replace(
            "datasette_files f JOIN", "datasette_files f ON f.rowid = t.rowid JOIN", 1
        )
        where, parameters, order = f"datasette_files_fts MATCH ? AND {where}", [match, *slugs], "t.rank"
        columns = f"{COLUMNS}, t.rank AS sort_key"
    total = conn.execute(f"SELECT count(*) {source} WHERE {where}", parameters).fetchone()[0]
    inner = f"SELECT {columns} {source} WHERE {where}"
    down = match is None
    beyond = ""
    if after is not None:
        key: Any = after[0]
        if not down:
            try:
                key = float(after[0])
            except ValueError:
                after = None
        if after is not None:
            sign = "<" if down else ">"
            beyond = f"WHERE (sort_key, id) {sign} (?, ?)"
            parameters = [*parameters, key, after[1]]
    way = "DESC" if down else "ASC"
    sql = f"SELECT * FROM ({inner}) {beyond} ORDER BY sort_key {way}, id {way} LIMIT {PAGE + 1}"
    if after is None and down:
        sql = f"{inner} ORDER BY {order} DESC, f.id DESC LIMIT {PAGE + 1}"
    rows = records_of(conn, sql, parameters)
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    keys = [row.pop("sort_key") for row in rows]
    following = f"{tilde_encode(str(keys[-1]))},{tilde_encode(rows[-1]['id'])}" if more else None
    return Found(rows, total, following)
