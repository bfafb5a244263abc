"""Do the rows of a source and what its storage holds agree: missing, changed and orphaned files, broken-off uploads."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from vitrina.errors import NotFound, VitrinaError
from vitrina.files.records import Record
from vitrina.files.service import Files
from vitrina.files.storage import FileMetadata, Storage

#: missing: a row without a file · changed: other bytes or another size than its row says · unreadable: the storage
#: fails · orphan: a file without a row · leftover: what a broken-off upload left
FindingKind = Literal["missing", "changed", "unreadable", "orphan", "leftover"]

_PAGE = 1000
_AT_ONCE = 8
# Paths as this server gives them; a file of somebody else's is never deleted.
_OWN_PATH = re.compile(r"[0-9a-z]{26}/[^/]+\Z")
# Uploads that are on their way, complete or not, are younger than this.
_OLD_S = 2 * 24 * 3600

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be; ``file_id`` where there is a row, ``removed`` where it was cleaned up."""

    kind: FindingKind
    path: str
    file_id: str | None = None
    detail: str = ""
    removed: bool = False


@dataclass(slots=True)
class CheckReport:
    """What a check looked at: rows, their bytes, files in the storage."""

    slug: str
    rows: int = 0
    bytes: int = 0
    listed: int = 0


async def check_source(
    files: Files,
    slug: str,
    report: CheckReport,
    *,
    hashes: bool = True,
    clean: bool = False,
    older_than_s: float = _OLD_S,
    progress: Progress | None = None,
) -> AsyncIterator[Finding]:
    """Every finding as it is made, in constant memory; ``report`` counts along.

    ``hashes`` reads every file, otherwise only sizes are compared. ``clean``
    deletes leftovers, and orphans that have this server's form of a path; both
    only when older than ``older_than_s`` seconds, since an upload may be on
    its way. ``progress(rows, bytes)`` is told from time to time. Rows stay as
    they are. Raises NotFound for an unknown source and StorageUnavailable.
    """
    files.source(slug)
    async for finding in _rows(files, slug, report, hashes, progress):
        yield finding
    storage = files.storages[slug]
    if storage.capabilities.can_list:
        async for finding in _orphans(files, slug, report, clean, older_than_s):
            yield finding
    store = storage.part_store()
    if store is not None:
        try:
            for name in await store.leftovers(older_than_s, await _known_uploads(files), remove=clean):
                yield Finding("leftover", name, removed=clean)
        finally:
            await store.close()


# From rows to files


async def _rows(
    files: Files, slug: str, report: CheckReport, hashes: bool, progress: Progress | None
) -> AsyncIterator[Finding]:
    after = ""
    while page := await files.records.page_by_id(slug, after, _PAGE):
        after = page[-1]["id"]
        for start in range(0, len(page), _AT_ONCE):
            some = page[start : start + _AT_ONCE]
            for finding in await asyncio.gather(*(_compared(files, row, hashes) for row in some)):
                if finding is not None:
                    yield finding
            report.rows += len(some)
            report.bytes += sum(row["size"] or 0 for row in some)
            if progress is not None:
                progress(report.rows, report.bytes)


async def _compared(files: Files, row: Record, hashes: bool) -> Finding | None:
    path, file_id = row["path"], row["id"]
    try:
        storage = files.storage_of(row)
        known = await storage.get_file_metadata(path)
        if known is None:
            return Finding("missing", path, file_id)
        if known.size is not None and row["size"] is not None and known.size != row["size"]:
            return Finding("changed", path, file_id, f"{known.size} bytes instead of {row['size']}")
        if hashes and row["content_hash"]:
            found = await hash_of(storage, path)
            if found != row["content_hash"]:
                return Finding("changed", path, file_id, f"{found} instead of {row['content_hash']}")
    except (FileNotFoundError, NotFound):
        return Finding("missing", path, file_id)
    except (OSError, ValueError) as error:
        return Finding("unreadable", path, file_id, str(error))
    except VitrinaError as error:
        return Finding("unreadable", path, file_id, error.message)
    return None


async def hash_of(storage: Storage, path: str) -> str:
    """``sha256:HEX`` of a file, in constant memory. Raises FileNotFoundError."""
    digest = hashlib.sha256()
    async for piece in storage.stream_file(path):
        await asyncio.to_thread(digest.update, piece)
    return f"sha256:{digest.hexdigest()}"


# From files to rows


async def listed_without_row(files: Files, slug: str, report: CheckReport | None = None) -> AsyncIterator[FileMetadata]:
    """Files of a storage that no row names, page by page."""
    storage, cursor = files.storages[slug], None
    while True:
        found, cursor = await storage.list_files("", cursor, _PAGE)
        if report is not None:
            report.listed += len(found)
        known = await files.records.known_paths(slug, [each.path for each in found])
        for each in found:
            if each.path not in known:
                yield each
        if cursor is None:
            return


async def _orphans(
    files: Files, slug: str, report: CheckReport, clean: bool, older_than_s: float
) -> AsyncIterator[Finding]:
    before = (datetime.now(UTC) - timedelta(seconds=older_than_s)).strftime("%Y-%m-%d %H:%M:%S")
    async for each in listed_without_row(files, slug, report):
        removed = False
        if clean and _OWN_PATH.match(each.path) and each.created_at is not None and each.created_at <= before:
            await files.storages[slug].delete_file(each.path)
            removed = True
        yield Finding("orphan", each.path, detail=f"{each.size} bytes", removed=removed)


async def _known_uploads(files: Files) -> set[str]:
    """Ids of uploads in pieces that may go on."""

    def read(conn: sqlite3.Connection) -> set[str]:
        if not conn.execute("SELECT 1 FROM sqlite_master WHERE name = 'vitrina_uploads'").fetchone():
            return set()
        states = [json.loads(row[0]) for row in conn.execute("SELECT state FROM vitrina_uploads WHERE NOT is_done")]
        return {str(state[key]) for state in states for key in ("id", "name") if key in state}

    return await files.records.read(read)
