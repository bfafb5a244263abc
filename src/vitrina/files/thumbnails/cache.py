"""Thumbnails that were made, and attempts that failed, kept in the internal database."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from vitrina.errors import VitrinaError
from vitrina.files.configuration import ThumbnailLimits
from vitrina.files.records import FileRecords
from vitrina.files.storage import FileTooLarge, Storage
from vitrina.files.thumbnails.base import ThumbnailGenerationError, ThumbnailGenerator, ThumbnailResult
from vitrina.files.thumbnails.generate import SIDE, TYPES, PillowGenerator
from vitrina.hooks import telemetry

log = logging.getLogger("vitrina.files")

#: seconds after which a failed attempt is made again
_RETRY_S = 300
#: bytes of thumbnails that are kept in memory
_HELD_MOST = 4 * 1024 * 1024
#: thumbnails that may wait to be made ahead
_WAITING_MOST = 1000


@dataclass(frozen=True, slots=True)
class _Failure:
    status: str
    reason: str
    generator: str | None = None


class Thumbnails:
    """Gives a thumbnail or None; at most ``concurrency`` are made at once."""

    def __init__(self, records: FileRecords, limits: ThumbnailLimits) -> None:
        self._records = records
        self._limits = limits
        self._turn = asyncio.Semaphore(limits.concurrency)
        self._ahead: set[asyncio.Task[None]] = set()
        # Those shown last; a file's bytes never change, and whoever asks has looked up its row.
        self._held: dict[str, tuple[bytes, str]] = {}
        self._held_bytes = 0
        self._generators: tuple[ThumbnailGenerator, ...] = ()
        self._key = ""
        self.use(())

    def use(self, generators: Iterable[ThumbnailGenerator]) -> None:
        """Ask ``generators`` in their order, the built-in one after them; called when the server starts."""
        self._generators = (*generators, PillowGenerator(self._limits))
        known = [[each.name, str(getattr(each, "version", "1"))] for each in self._generators]
        limits = {key: value for key, value in asdict(self._limits).items() if key not in ("eager", "concurrency")}
        self._key = hashlib.sha256(json.dumps([known, limits]).encode()).hexdigest()

    async def get(self, record: Mapping[str, Any], storage: Storage) -> tuple[bytes, str] | None:
        """Bytes and type of the thumbnail, made now where it must be; None where there is none."""
        if len(self._generators) == 1 and record["content_type"] not in TYPES:
            return None
        held = self._held.get(record["id"])
        if held is not None:
            return held
        kept = await self._kept(record["id"])
        if kept is not None:
            return self._hold(record["id"], kept) if kept else None
        async with self._turn:
            kept = await self._kept(record["id"])
            if kept is not None:
                return kept or None
            made = await self._make(record, storage)
        if made is None:
            return None
        if isinstance(made, _Failure):
            await self._keep_failure(record["id"], made)
            return None
        result, name = made
        await self._keep(record["id"], result, name)
        return result.thumb_bytes, result.content_type

    def _hold(self, file_id: str, thumbnail: tuple[bytes, str]) -> tuple[bytes, str]:
        if file_id not in self._held:
            self._held[file_id] = thumbnail
            self._held_bytes += len(thumbnail[0])
        while self._held_bytes > _HELD_MOST:
            oldest = next(iter(self._held))
            self._held_bytes -= len(self._held.pop(oldest)[0])
        return thumbnail

    # Ahead of time

    def make_ahead(self, record: Mapping[str, Any], storage: Storage) -> None:
        """Begin to make it in the background, where the configuration wants that and not too many wait."""
        if not self._limits.eager or len(self._ahead) >= _WAITING_MOST:
            return
        if len(self._generators) == 1 and record["content_type"] not in TYPES:
            return
        task = asyncio.get_running_loop().create_task(self._make_ahead(record, storage), name="vitrina-thumbnail")
        self._ahead.add(task)
        task.add_done_callback(self._ahead.discard)

    async def _make_ahead(self, record: Mapping[str, Any], storage: Storage) -> None:
        telemetry.leave_request()
        try:
            await self.get(record, storage)
        except Exception:  # the task supervisor: it is tried again when somebody looks
            log.exception("No thumbnail was made of %s", record["id"])

    async def close(self) -> None:
        """End what is being made in the background."""
        ahead = list(self._ahead)
        for task in ahead:
            task.cancel()
        await asyncio.gather(*ahead, return_exceptions=True)

    # Making

    async def _make(self, record: Mapping[str, Any], storage: Storage) -> tuple[ThumbnailResult, str] | _Failure | None:
        """None where the file is missing, which is not remembered."""
        content_type, filename = record["content_type"] or "", record["filename"]
        able = []
        for generator in self._generators:
            found = await self._ask(generator, generator.can_generate(content_type, filename))
            if found is True:
                able.append(generator)
        if not able:
            return _Failure("skipped", "unsupported")
        try:
            data = await storage.read_file_limited(record["path"], self._limits.max_source_bytes)
        except FileNotFoundError:
            return None
        except FileTooLarge:
            return _Failure("skipped", "too_large")
        except (OSError, VitrinaError):
            return _Failure("failed", "read_failed")
        except Exception:  # a plugin call: a storage of a plugin may raise anything
            log.exception("The file %s cannot be read", record["id"])
            return _Failure("failed", "read_failed")
        failure = _Failure("failed", "generation_failed", able[-1].name)
        for generator in able:
            answer = await self._ask(generator, generator.generate(data, content_type, filename, SIDE, SIDE))
            if isinstance(answer, _Failure):
                failure = answer
            elif answer is not None:
                return answer, generator.name
        return failure

    async def _ask(self, generator: ThumbnailGenerator, answer: Any) -> Any:
        """What a generator answers, in time; its errors are failures."""
        try:
            # A generator that ends its own process at the limit shall be the one to do so.
            async with asyncio.timeout(self._limits.timeout_seconds + 1):
                return await answer
        except TimeoutError:
            return _Failure("failed", "timeout", generator.name)
        except ThumbnailGenerationError as error:
            return _Failure("skipped" if error.skipped else "failed", error.reason, generator.name)
        except Exception:  # a plugin call: a broken generator costs one picture, not the page
            log.exception("The thumbnail generator %s failed", generator.name)
            return _Failure("failed", "generation_failed", generator.name)

    # Keeping

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

    async def _keep(self, file_id: str, made: ThumbnailResult, generator: str) -> None:
        await self._records.execute(
            "INSERT OR REPLACE INTO datasette_files_thumbnails"
            " (file_id, thumbnail, content_type, width, height, generator, cache_key)"
            " SELECT id, ?, ?, ?, ?, ?, ? FROM datasette_files WHERE id = ?",
            (made.thumb_bytes, made.content_type, made.width, made.height, generator, self._key, file_id),
        )

    async def _keep_failure(self, file_id: str, failure: _Failure) -> None:
        await self._records.execute(
            "INSERT OR REPLACE INTO datasette_files_thumbnail_failures"
            " (file_id, status, reason, generator, cache_key)"
            " SELECT id, ?, ?, ?, ? FROM datasette_files WHERE id = ?",
            (failure.status, failure.reason, failure.generator, self._key, file_id),
        )
