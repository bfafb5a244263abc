"""What is known of every file, in the internal database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from vitrina.errors import Conflict, NotFound
from vitrina.files.configuration import SourceConfig
from vitrina.files.schema import create_tables
from vitrina.files.storage import FileMetadata

T = TypeVar("T")
Record = dict[str, Any]

PAGE = 20
#: rows that one request may name
MOST_IDS = 1000
COLUMNS = (
    "f.id, f.source_id, f.path, f.filename, f.content_type, f.content_hash, f.size, f.width, f.height,"
    " f.uploaded_by, f.created_at, f.metadata, f.search_text, s.slug AS source_slug"
)
FROM = "FROM datasette_files f JOIN datasette_files_sources s ON s.id = f.source_id"


class QuotaExceeded(Conflict):
    """The source has no room for the file."""

    status = 413


class InternalFile(Protocol):
    """What is needed of the internal database."""

    async def foreign_read(self, fn: Callable[[sqlite3.Connection], T]) -> T: ...

    async def write_own(self, fn: Callable[[sqlite3.Connection], T]) -> T: ...


class FileRecords:
    """Rows of files; every method is one hop."""

    def __init__(self, internal: InternalFile) -> None:
        self._internal = internal

    async def start(
        self, sources: Iterable[SourceConfig], public: Callable[[Mapping[str, Any]], dict[str, Any]]
    ) -> None:
        """Create the tables and the rows of the sources; ``public`` gives the part of options without secrets."""

        def job(conn: sqlite3.Connection) -> None:
            create_tables(conn)
            # Sources of earlier configurations may have been written by something that kept secrets here.
            for number, kept in conn.execute("SELECT id, config FROM datasette_files_sources").fetchall():
                clean = json.dumps(public(_object(kept)))
                if clean != kept:
                    conn.execute("UPDATE datasette_files_sources SET config = ? WHERE id = ?", (clean, number))
            conn.executemany(
                "INSERT INTO datasette_files_sources (slug, storage_type, config) VALUES (?, ?, ?)"
                " ON CONFLICT (slug) DO UPDATE SET storage_type = excluded.storage_type, config = excluded.config",
                [(source.slug, source.storage, json.dumps(public(source.options))) for source in sources],
            )

        await self._internal.write_own(job)

    async def find(self, file_id: str) -> Record | None:
        """The row of a file with its ``source_slug``."""
        rows = await self.find_all([file_id])
        return rows[0] if rows else None

    async def find_all(self, ids: Sequence[str]) -> list[Record]:
        """The rows of those files that there are, in the order of ``ids``, each once."""
        wanted = list(dict.fromkeys(ids))[:MOST_IDS]
        sql = f"SELECT {COLUMNS} {FROM} WHERE f.id IN (SELECT value FROM json_each(?))"
        rows = {row["id"]: row for row in await self._rows(sql, (json.dumps(wanted),))}
        return [rows[file_id] for file_id in wanted if file_id in rows]

    async def sources(self) -> list[Record]:
        """Every source that has ever been configured: slug, number of files and their bytes."""
        return await self._rows(
            "SELECT s.slug, coalesce(c.files, 0) AS file_count, coalesce(c.bytes, 0) AS bytes"
            " FROM datasette_files_sources s LEFT JOIN vitrina_file_counts c ON c.source_id = s.id ORDER BY s.slug"
        )

    async def page_of(self, slug: str, page: int) -> tuple[list[Record], int]:
        """One page (from 1) of a source's files, newest first, and how many there are in all."""

        def job(conn: sqlite3.Connection) -> tuple[list[Record], int]:
            source = conn.execute(
                "SELECT s.id, coalesce(c.files, 0) FROM datasette_files_sources s"
                " LEFT JOIN vitrina_file_counts c ON c.source_id = s.id WHERE s.slug = ?",
                (slug,),
            ).fetchone()
            return ([], 0) if source is None else (_page(conn, source[0], page, source[1]), source[1])

        return await self._internal.foreign_read(job)

    async def used(self, slug: str) -> tuple[int, int]:
        """Files and bytes of a source."""
        sql = (
            "SELECT coalesce(max(files), 0) AS files, coalesce(max(bytes), 0) AS bytes FROM vitrina_file_counts"
            " WHERE source_id = (SELECT id FROM datasette_files_sources WHERE slug = ?)"
        )
        row = (await self._rows(sql, (slug,)))[0]
        return row["files"], row["bytes"]

    async def add(
        self, file_id: str, source: SourceConfig, stored: FileMetadata, filename: str, uploaded_by: str | None
    ) -> Record:
        """Insert the row of a stored file. Raises QuotaExceeded, exactly, however many are added at once."""

        def job(conn: sqlite3.Connection) -> None:
            (source_id,) = conn.execute(
                "SELECT id FROM datasette_files_sources WHERE slug = ?", (source.slug,)
            ).fetchone()
            if source.quota_bytes is not None or source.quota_files is not None:
                files, size = conn.execute(
                    "SELECT coalesce(max(files), 0), coalesce(max(bytes), 0) FROM vitrina_file_counts"
                    " WHERE source_id = ?",
                    (source_id,),
                ).fetchone()
                check_quota(source, files, size, stored.size or 0)
            conn.execute(
                "INSERT INTO datasette_files (id, source_id, path, filename, content_type, content_hash, size,"
                " width, height, uploaded_by, metadata) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    file_id,
                    source_id,
                    stored.path,
                    filename,
                    stored.content_type,
                    stored.content_hash,
                    stored.size,
                    stored.width,
                    stored.height,
                    uploaded_by,
                    json.dumps(stored.metadata),
                ),
            )

        await self._internal.write_own(job)
        record = await self.find(file_id)
        if record is None:
            raise NotFound("File not found")
        return record

    async def set_search_text(self, file_id: str, text: str, expected: str | None = None) -> bool:
        """Change what a file is found by; nothing and False where it is not ``expected`` any more, or gone."""
        sql = "UPDATE datasette_files SET search_text = ?1 WHERE id = ?2 AND (?3 IS NULL OR search_text = ?3)"
        return await self._internal.write_own(lambda conn: conn.execute(sql, (text, file_id, expected)).rowcount > 0)

    async def remove(self, file_id: str) -> None:
        """Delete everything that is known of a file. Idempotent."""

        def job(conn: sqlite3.Connection) -> None:
            conn.execute("DELETE FROM datasette_files_thumbnails WHERE file_id = ?", (file_id,))
            conn.execute("DELETE FROM datasette_files_thumbnail_failures WHERE file_id = ?", (file_id,))
            conn.execute("DELETE FROM datasette_files WHERE id = ?", (file_id,))

        await self._internal.write_own(job)

    async def known_paths(self, slug: str, paths: Sequence[str]) -> set[str]:
        """Those of ``paths`` that have a row."""
        sql = (
            "SELECT path FROM datasette_files WHERE source_id ="
            " (SELECT id FROM datasette_files_sources WHERE slug = ?) AND path IN (SELECT value FROM json_each(?))"
        )
        return {row["path"] for row in await self._rows(sql, (slug, json.dumps(list(paths))))}

    async def page_by_id(self, slug: str, after: str, limit: int) -> list[Record]:
        """The next files of a source by id, after the one of that id ("" at the beginning)."""
        sql = f"SELECT {COLUMNS} {FROM} WHERE s.slug = ? AND f.id > ? ORDER BY f.id LIMIT ?"
        return await self._rows(sql, (slug, after, limit))

    async def add_found(self, slug: str, found: Sequence[tuple[str, FileMetadata]], uploaded_by: str | None) -> int:
        """Rows for files that a storage has, each with its id; those known already stay. How many are new."""

        def job(conn: sqlite3.Connection) -> int:
            cursor = conn.executemany(
                "INSERT OR IGNORE INTO datasette_files (id, source_id, path, filename, content_type, content_hash,"
                " size, uploaded_by, metadata, created_at)"
                " SELECT ?, id, ?, ?, ?, ?, ?, ?, ?, coalesce(?, datetime('now'))"
                " FROM datasette_files_sources WHERE slug = ?",
                [
                    (
                        *(file_id, each.path, each.filename, each.content_type, each.content_hash, each.size),
                        *(uploaded_by, json.dumps(each.metadata), each.created_at, slug),
                    )
                    for file_id, each in found
                ],
            )
            return cursor.rowcount

        return await self._internal.write_own(job)

    async def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[Record]:
        """Rows of a statement of ours, for the modules beside this one."""
        return await self._rows(sql, parameters)

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run a writing statement of ours; the number of the last row it inserted."""
        return await self._internal.write_own(lambda conn: conn.execute(sql, tuple(parameters)).lastrowid or 0)

    async def change(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Several writes in one transaction and one hop."""
        return await self._internal.write_own(job)

    async def _rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Record]:
        return await self._internal.foreign_read(lambda conn: records_of(conn, sql, parameters))

    async def read(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Several reads in one hop."""
        return await self._internal.foreign_read(job)


def _page(conn: sqlite3.Connection, source_id: int, page: int, total: int) -> list[Record]:
    """One page of a source, newest first, found along an index from the nearer end."""
    skipped, wanted, order = (page - 1) * PAGE, PAGE, "DESC"
    if skipped > total // 2:
        wanted = min(PAGE, total - skipped)
        skipped, order = total - skipped - wanted, "ASC"
    sql = (
        f"SELECT {COLUMNS} FROM (SELECT rowid AS number FROM datasette_files WHERE source_id = ?"
        f" ORDER BY created_at {order}, id {order} LIMIT ? OFFSET ?) p"
        " CROSS JOIN datasette_files f ON f.rowid = p.number"
        " JOIN datasette_files_sources s ON s.id = f.source_id ORDER BY f.created_at DESC, f.id DESC"
    )
    return records_of(conn, sql, (source_id, max(0, wanted), max(0, skipped)))


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def check_quota(source: SourceConfig, files: int, size: int, more: int) -> None:
    """Raise QuotaExceeded when a file of ``more`` bytes does not fit beside ``files`` files of ``size`` bytes."""
    if source.quota_files is not None and files + 1 > source.quota_files:
        raise QuotaExceeded(f"The source {source.slug} holds {source.quota_files} files at most")
    if source.quota_bytes is not None and size + more > source.quota_bytes:
        raise QuotaExceeded(f"The source {source.slug} holds {source.quota_bytes} bytes at most")


def records_of(conn: sqlite3.Connection, sql: str, parameters: Sequence[Any]) -> list[Record]:
    cursor = conn.execute(sql, tuple(parameters))
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]
