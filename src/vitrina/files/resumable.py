"""Uploads that go on where they stopped: after a lost connection, a closed page, a restart of the server."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vitrina.errors import BadRequest, Conflict, NotFound, Unavailable, VitrinaError
from vitrina.files.configuration import SourceConfig
from vitrina.files.content_type import HEAD, clean_type, inspected_type
from vitrina.files.folder_parts import FolderParts, pieces_of
from vitrina.files.part_store import PIECE_BYTES, PartStore, State
from vitrina.files.pending import PendingUpload
from vitrina.files.records import Record, check_quota
from vitrina.files.service import Files
from vitrina.files.storage import FileMetadata, Storage, UploadInstructions
from vitrina.temporary import make_folder, remove_folder

#: seconds after its last piece for which an upload can go on
LIFE_S = 24 * 3600
#: uploads of one source that may be unfinished at once
_MOST = 1000

_TABLE = """
CREATE TABLE IF NOT EXISTS vitrina_uploads (
    token TEXT PRIMARY KEY,
    slug TEXT NOT NULL,
    file_id TEXT NOT NULL,
    path TEXT NOT NULL,
    filename TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    actor_id TEXT,
    until REAL NOT NULL,
    state TEXT NOT NULL,
    is_done INTEGER NOT NULL DEFAULT 0
)
"""
_COLUMNS = "token, slug, file_id, path, filename, content_type, size, actor_id, until, state, is_done"


@dataclass(slots=True)
class Upload:
    """One upload; ``until`` in seconds since the epoch. Once it is done only its file's id counts."""

    token: str
    slug: str
    file_id: str
    path: str
    filename: str
    content_type: str
    size: int
    actor_id: str | None
    until: float
    state: State
    is_done: bool


class OffsetMismatch(Conflict):
    """A piece that does not begin where the one before ended; ``extra`` has the offset to go on from."""


class _Running:
    """The hash of everything received so far, as long as this process has seen all of it."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()
        self.size = 0

    def copy(self) -> _Running:
        twin = _Running()
        twin.hash, twin.size = self.hash.copy(), self.size
        return twin


class ResumableUploads:
    """Unfinished uploads, in the internal database and the storages' part stores."""

    def __init__(self, files: Files, now: Callable[[], float] = time.time) -> None:
        self._files = files
        self._now = now
        self._is_ready = False
        self._stores: dict[str, PartStore] = {}
        self._hashes: dict[str, _Running] = {}
        self._sending: dict[str, asyncio.Future[int]] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._spool: str | None = None

    # Beginning and ending

    async def begin(
        self,
        source: SourceConfig,
        actor_id: str | None,
        filename: str,
        content_type: str,
        size: int,
        *,
        direct: bool = False,
    ) -> tuple[PendingUpload, UploadInstructions | None]:
        """A new upload of ``size`` bytes; with ``direct`` it may go straight to the store, as instructions say.

        That cannot be resumed here. Raises what preparing an upload raises,
        and Unavailable when too many are unfinished.
        """
        await self.sweep()
        await self._check_room(source, size)
        announced = size if direct else None
        pending, instructions = await self._files.prepare(source, actor_id, filename, content_type, announced)
        if instructions is not None:
            return pending, instructions
        self._files.pending.remove(pending)
        # Goes into a header of the store.
        content_type = clean_type(content_type)
        state = await self._store(source.slug).begin(pending.path, content_type)
        await self._files.records.execute(
            f"INSERT INTO vitrina_uploads ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
            (
                pending.token,
                source.slug,
                pending.file_id,
                pending.path,
                pending.filename,
                content_type,
                size,
                actor_id,
                self._now() + LIFE_S,
                json.dumps(state),
            ),
        )
        self._hashes[pending.token] = _Running()
        return pending, None

    async def find(self, token: str, slug: str, actor_id: str | None) -> Upload:
        """The upload of this token. Raises NotFound for none, an expired one, another source's and another actor's."""
        await self._ready()
        rows = await self._files.records.query(f"SELECT {_COLUMNS} FROM vitrina_uploads WHERE token = ?", (token,))
        upload = _upload(rows[0]) if rows else None
        if upload is None or upload.slug != slug or upload.actor_id != actor_id or upload.until <= self._now():
            raise NotFound("There is no such upload, or it has expired", hint="Begin the upload again.")
        return upload

    async def offset(self, upload: Upload) -> int:
        """Bytes received for good; all of them where the upload is done."""
        return upload.size if upload.is_done else await self._store(upload.slug).received(upload.state)

    def seconds_left(self, upload: Upload) -> int:
        """For how long nothing needs to be sent."""
        return max(0, int(upload.until - self._now()))

    async def abandon(self, upload: Upload) -> None:
        """Delete an upload and what was received of it; a file that is done stays."""
        await self._stop_sending(upload.token)
        async with self._lock(upload.token):
            if not upload.is_done:
                await self._store(upload.slug).abandon(upload.state)
            await self._forget(upload.token)

    async def sweep(self) -> None:
        """Delete what has expired; a store that cannot be reached is asked again next time."""
        await self._ready()
        rows = await self._files.records.query(
            f"SELECT {_COLUMNS} FROM vitrina_uploads WHERE until <= ? LIMIT 100", (self._now(),)
        )
        for upload in map(_upload, rows):
            try:
                if upload.slug in self._files.storages and not upload.is_done:
                    await self._store(upload.slug).abandon(upload.state)
            except VitrinaError:
                continue
            await self._forget(upload.token)

    async def close(self) -> None:
        """Close the part stores. Idempotent."""
        for store in self._stores.values():
            await store.close()
        if self._spool is not None:
            await asyncio.to_thread(remove_folder, self._spool)
            self._spool = None

    # Receiving

    async def append(self, upload: Upload, offset: int, length: int, stream: AsyncIterator[bytes]) -> int:
        """Add a piece of ``length`` bytes; the new offset.

        A piece that is still on its way from before is given up first: its
        connection may be dead without anybody having noticed. Raises
        OffsetMismatch, BadRequest and StorageUnavailable.
        """
        await self._stop_sending(upload.token)
        job = asyncio.ensure_future(self._append(upload, offset, length, stream))
        self._sending[upload.token] = job
        try:
            return await job
        except asyncio.CancelledError:
            if self._sending.get(upload.token) is job:
                raise
            raise OffsetMismatch("Another request goes on with this upload") from None
        finally:
            if self._sending.get(upload.token) is job:
                del self._sending[upload.token]

    async def _stop_sending(self, token: str) -> None:
        job = self._sending.pop(token, None)
        if job is not None:
            job.cancel()
            await asyncio.wait((job,))

    async def _append(self, upload: Upload, offset: int, length: int, stream: AsyncIterator[bytes]) -> int:
        async with self._lock(upload.token):
            # What another request stored meanwhile counts.
            upload = await self.find(upload.token, upload.slug, upload.actor_id)
            now = await self.offset(upload)
            if offset != now or upload.is_done:
                raise OffsetMismatch(f"The upload goes on at {now}, not at {offset}", extra={"offset": now})
            store = self._store(upload.slug)
            _check_length(store, upload, offset, length)
            before = self._hashes.pop(upload.token, None)
            running = before.copy() if before is not None and before.size == offset else None
            try:
                await store.append(upload.state, offset, length, _measured(stream, length, running))
            finally:
                now = await store.received(upload.state)
                for known in (running, before):
                    if known is not None and known.size == now:
                        self._hashes[upload.token] = known
                        break
                await self._note(upload)
            return now

    async def _note(self, upload: Upload) -> None:
        await self._files.records.execute(
            "UPDATE vitrina_uploads SET state = ?, until = ? WHERE token = ?",
            (json.dumps(upload.state), self._now() + LIFE_S, upload.token),
        )

    # Completing

    async def complete(self, upload: Upload) -> Record:
        """The row of the file; the same again where the client did not hear of it the first time.

        Raises BadRequest while bytes are missing, and what completing any upload raises.
        """
        await self._stop_sending(upload.token)
        async with self._lock(upload.token):
            upload = await self.find(upload.token, upload.slug, upload.actor_id)
            if upload.is_done:
                return await self._files.record(upload.file_id)
            received = upload.size if "finished" in upload.state else await self.offset(upload)
            if received != upload.size:
                raise BadRequest(f"{received} of {upload.size} bytes were sent", extra={"offset": received})
            pending = await self._stored(upload)
            try:
                record = await self._files.complete(pending)
            except VitrinaError:
                # Its bytes were taken back with it.
                await self._forget(upload.token)
                raise
            await self._files.records.execute(
                "UPDATE vitrina_uploads SET is_done = 1, state = '{}' WHERE token = ?", (upload.token,)
            )
            self._hashes.pop(upload.token, None)
            return record

    async def _stored(self, upload: Upload) -> PendingUpload:
        """The upload as one whose bytes are in the storage."""
        storage = self._files.storages[upload.slug]
        metadata = upload.state.get("finished")
        if metadata is None:
            metadata = await self._store(upload.slug).finish(upload.state, upload.path, upload.content_type)
            # What follows may fail, and is tried again then.
            upload.state["finished"] = metadata
            await self._note(upload)
        located = storage.located(metadata)
        return PendingUpload(
            token=upload.token,
            slug=upload.slug,
            file_id=upload.file_id,
            path=upload.path,
            filename=upload.filename,
            content_type=upload.content_type,
            size=upload.size,
            actor_id=upload.actor_id,
            until=upload.until,
            begun=True,
            stored=FileMetadata(
                path=upload.path,
                filename=upload.filename,
                content_type=inspected_type(upload.content_type, await located.read_bytes(upload.path, HEAD)),
                content_hash=f"sha256:{await self._hash(upload, located)}",
                size=upload.size,
                metadata=metadata,
            ),
        )

    async def _hash(self, upload: Upload, storage: Storage) -> str:
        running = self._hashes.get(upload.token)
        if running is None or running.size != upload.size:
            # The server was restarted in between: the file itself is read once.
            running = _Running()
            async for piece in storage.stream_file(upload.path):
                await asyncio.to_thread(running.hash.update, piece)
        return running.hash.hexdigest()

    # Bookkeeping

    async def _ready(self) -> None:
        if self._is_ready:
            return
        await self._files.records.execute(_TABLE)
        self._is_ready = True
        for slug in self._files.storages:
            await self._store(slug).sweep(2 * LIFE_S)

    async def _check_room(self, source: SourceConfig, size: int) -> None:
        """Unfinished uploads take room too."""
        most = self._files.most_bytes(source.slug)
        if size > most:
            raise BadRequest(f"The file has more than {most} bytes, the most that may be uploaded here", status=413)
        row = (
            await self._files.records.query(
                "SELECT count(*) AS files, coalesce(sum(size), 0) AS bytes FROM vitrina_uploads"
                " WHERE slug = ? AND NOT is_done",
                (source.slug,),
            )
        )[0]
        if row["files"] >= _MOST:
            raise Unavailable("Too many uploads are unfinished", headers={"Retry-After": "600"})
        if source.quota_bytes is not None or source.quota_files is not None:
            files, used = await self._files.records.used(source.slug)
            check_quota(source, files + row["files"], used + row["bytes"], size)

    async def _forget(self, token: str) -> None:
        await self._files.records.execute("DELETE FROM vitrina_uploads WHERE token = ?", (token,))
        self._hashes.pop(token, None)

    def _lock(self, token: str) -> asyncio.Lock:
        if len(self._locks) > _MOST:
            self._locks = {name: lock for name, lock in self._locks.items() if lock.locked()}
        return self._locks.setdefault(token, asyncio.Lock())

    def _store(self, slug: str) -> PartStore:
        store = self._stores.get(slug)
        if store is None:
            storage = self._files.storages[slug]
            store = self._stores[slug] = storage.part_store() or self._spooled(storage)
        return store

    def _spooled(self, storage: Storage) -> PartStore:
        """For storages that take no pieces: the file waits on this server's disk, until the server ends."""

        async def publish(place: Path, path: str, content_type: str) -> dict[str, Any]:
            stored = await storage.receive_upload(path, pieces_of(place), content_type)
            await asyncio.to_thread(place.unlink, missing_ok=True)
            return stored.metadata

        if self._spool is None:
            self._spool = make_folder("uploads")
        return FolderParts(Path(self._spool), publish)


def _upload(row: Mapping[str, Any]) -> Upload:
    return Upload(**{**row, "state": json.loads(row["state"]), "is_done": bool(row["is_done"])})


def _check_length(store: PartStore, upload: Upload, offset: int, length: int) -> None:
    rest = upload.size - offset
    if length > rest:
        raise BadRequest(f"The upload was announced with {upload.size} bytes; {rest} are still to come")
    if store.exact_pieces and length != min(PIECE_BYTES, rest):
        raise BadRequest(f"Pieces must have {PIECE_BYTES} bytes, and the last one the rest")


async def _measured(stream: AsyncIterator[bytes], length: int, running: _Running | None) -> AsyncIterator[bytes]:
    """The stream, exactly as long as announced. Raises BadRequest."""
    seen = 0
    async for piece in stream:
        seen += len(piece)
        if seen > length:
            raise BadRequest("The piece has more bytes than its Content-Length")
        if running is not None:
            running.hash.update(piece)
            running.size += len(piece)
        yield piece
    if seen != length:
        raise BadRequest("The piece has fewer bytes than its Content-Length")
