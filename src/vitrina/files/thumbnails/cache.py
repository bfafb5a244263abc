"""Thumbnails that were made, and attempts that failed, kept in the internal database."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from vitrina.errors import VitrinaError
from vitrina.files.configuration import ThumbnailLimits
from vitrina.files.records import FileRecords
from vitrina.files.storage import FileTooLarge, Storage
from vitrina.files.thumbnails.generate import NAME, TYPES, Made, make_thumbnail

#: seconds after which a failed attempt is made again
_RETRY_S = 300


class Thumbnails:
    """Gives a thumbnail or None; at most ``concurrency`` are made at once."""

    def __init__(self, records: FileRecords, limits: ThumbnailLimits) -> None:
        self._records = records
        self._limits = limits
        self._turn = asyncio.Semaphore(limits.concurrency)
        self._key = hashlib.sha256(json.dumps([NAME, asdict(limits)]).encode()).hexdigest()

    async def get(self, record: Mapping[str, Any], storage: Storage) -> tuple[bytes, str] | None:
        """Bytes and type of the thumbnail, made now where it must be; None where there is none."""
        if record["content_type"] not in TYPES:
            return None
        kept = await self._kept(record["id"])
        if kept is not None:
            return kept or None
        async with self._turn:
            kept = await self._kept(record["id"])
            if kept is not None:
                return kept or None
            made = await self._make(record, storage)
        if made is None:
            return None
        await self._keep(record["id"], made)
        return (made.body, made.content_type) if made.status == "made" else None

    async def _kept(self, file_id: str) -> tuple[bytes, str] | tuple[()] | None:
        """A thumbnail, an empty tuple where making one is known to fail, or None."""
        rows = await self._records.query(
            "SELECT thumbnail, content_type FROM datasette_files_thumbnails"
            " WHERE file_id = ? AND coalesce(cache_key, ?) = ?",
            (file_id, self._key, self._key),
        )
        if rows:
            return bytes(rows[0]["thumbnail"]), rows[0]["content_type"]
        failed = await self._records.query(
            "SELECT 1 FROM datasette_files_thumbnail_failures WHERE file_id = ? AND cache_key = ?"
            " AND (status = 'skipped' OR created_at > datetime('now', ?))",
            (file_id, self._key, f"-{_RETRY_S} seconds"),
        )
        return () if failed else None

    async def _make(self, record: Mapping[str, Any], storage: Storage) -> Made | None:
        """None where the file is missing, which is not remembered."""
        try:
            data = await storage.read_file_limited(record["path"], self._limits.max_source_bytes)
        except FileNotFoundError:
            return None
        except FileTooLarge:
            return Made("skipped", "too_large")
        except (OSError, VitrinaError):
            return Made("failed", "read_failed")
        return await make_thumbnail(data, self._limits)

    async def _keep(self, file_id: str, made: Made) -> None:
        if made.status == "made":
            await self._records.execute(
                "INSERT OR REPLACE INTO datasette_files_thumbnails"
                " (file_id, thumbnail, content_type, width, height, generator, cache_key)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (file_id, made.body, made.content_type, made.width, made.height, NAME, self._key),
            )
        else:
            await self._records.execute(
                "INSERT OR REPLACE INTO datasette_files_thumbnail_failures"
                " (file_id, status, reason, generator, cache_key) VALUES (?, ?, ?, ?, ?)",
                (file_id, made.status, made.reason, NAME, self._key),
            )
