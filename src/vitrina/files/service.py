"""Everything that pages and commands do with files, in one place."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

from vitrina.config.secrets import SECRET_WORDS
from vitrina.credentials.configured import CREDENTIAL_OPTIONS
from vitrina.credentials.model import CredentialUse
from vitrina.errors import BadRequest, NotFound
from vitrina.files.configuration import FilesConfig, SourceConfig
from vitrina.files.content_type import HEAD, inspected_type
from vitrina.files.filesystem import DEFAULT_MAX_FILE_SIZE
from vitrina.files.names import clean_filename, may_be_file_id, new_ulid, storage_path
from vitrina.files.pending import PendingUpload, PendingUploads
from vitrina.files.records import FileRecords, InternalFile, Record, check_quota
from vitrina.files.registry import open_storage, storage_types
from vitrina.files.storage import FileMetadata, Storage, UploadInstructions
from vitrina.files.streaming import Counted
from vitrina.files.thumbnails.base import ThumbnailGenerator
from vitrina.files.thumbnails.cache import Thumbnails

log = logging.getLogger("vitrina.files")

#: files sent straight to a store are read back for their hash up to this many bytes
_HASHED_BACK = 64 * 1024 * 1024


def no_such_file() -> NotFound:
    """What is said of a file that is not there."""
    return NotFound("File not found", hint="It may have been deleted.")


class Files:
    """The sources of an instance, their storages and what is known of each file."""

    def __init__(self, config: FilesConfig, internal: InternalFile) -> None:
        self.config = config
        self.records = FileRecords(internal)
        self.pending = PendingUploads()
        self.thumbnails = Thumbnails(self.records, config.thumbnails)
        self.storages: dict[str, Storage] = {}

    async def start(
        self, registered: Iterable[type[Storage]] = (), generators: Iterable[ThumbnailGenerator] = ()
    ) -> None:
        """Open the storages, those of plugins too, and create the tables. Raises ConfigError."""
        self.thumbnails.use(generators)
        types = storage_types(registered)
        for slug, source in self.config.sources.items():
            self.storages[slug] = await open_storage(source, types)
        await self.records.start(self.config.sources.values(), _public)

    async def close(self) -> None:
        """End what runs in the background, and close the storages. Idempotent."""
        await self.thumbnails.close()
        for storage in self.storages.values():
            await storage.close()

    def credential_uses(self) -> list[CredentialUse]:
        """The credentials of the sources, without secrets."""
        states = [(slug, storage.credential_state()) for slug, storage in self.storages.items()]
        sources = self.config.sources
        return [
            CredentialUse(f"files: {slug}", sources[slug].place, state) for slug, state in states if state is not None
        ]

    # Looking up

    def source(self, slug: str) -> SourceConfig:
        """Raises NotFound."""
        source = self.config.sources.get(slug)
        if source is None:
            raise NotFound(f"Source not found: {slug}", hint="The page of files lists every source.")
        return source

    async def record(self, file_id: str) -> Record:
        """Raises NotFound."""
        found = await self.records.find(file_id) if may_be_file_id(file_id) else None
        if found is None:
            raise no_such_file()
        return found

    def storage_of(self, record: Mapping[str, Any]) -> Storage:
        """Where the file is, even if its source stores new files elsewhere. Raises NotFound."""
        storage = self.storages.get(record["source_slug"])
        if storage is None:
            raise NotFound("The source of this file is not configured any more")
        try:
            metadata = json.loads(record["metadata"] or "{}")
        except ValueError:
            metadata = {}
        return storage.located(metadata) if isinstance(metadata, dict) else storage

    def most_bytes(self, slug: str) -> int:
        """Bytes that an upload to the source may have."""
        return self.storages[slug].capabilities.max_file_size or DEFAULT_MAX_FILE_SIZE

    # Uploading

    async def prepare(
        self, source: SourceConfig, actor_id: str | None, filename: str, content_type: str, size: int | None
    ) -> tuple[PendingUpload, UploadInstructions | None]:
        """An upload of one file; the instructions are there where it goes straight to the store.

        Raises QuotaExceeded, FileTooLarge and BadRequest.
        """
        self._check_can_upload(source.slug)
        for expired in self.pending.sweep():
            await self._take_back(expired.slug, expired.path)
        await self._check_room(source, size)
        file_id = f"df-{new_ulid()}"
        cleaned = clean_filename(filename)
        pending = self.pending.add(
            slug=source.slug,
            file_id=file_id,
            path=storage_path(file_id, cleaned),
            filename=cleaned,
            content_type=content_type,
            size=size,
            actor_id=actor_id,
        )
        instructions = None
        if size is not None:
            storage = self.storages[source.slug]
            instructions = await storage.direct_upload(pending.path, content_type, size)
            pending.direct = instructions is not None
        return pending, instructions

    async def receive(self, pending: PendingUpload, stream: AsyncIterator[bytes]) -> FileMetadata:
        """Store the bytes of a prepared upload; whole or not at all. Raises BadRequest the second time."""
        if pending.begun:
            raise BadRequest("The content of this upload was sent already")
        pending.begun = True
        try:
            pending.stored = await self._store(pending, stream)
        except BaseException:
            # The client may try again with the same token.
            pending.begun = False
            raise
        return pending.stored

    async def complete(self, pending: PendingUpload) -> Record:
        """The row of an upload whose bytes are there. Raises BadRequest and QuotaExceeded."""
        if pending.stored is None and pending.direct:
            pending.stored = await self._sent_directly(pending)
        if pending.stored is None:
            raise BadRequest("The content of this upload has not been uploaded yet")
        self.pending.remove(pending)
        return await self._add(pending, pending.stored)

    async def add(
        self, source: SourceConfig, actor_id: str | None, filename: str, content_type: str, stream: AsyncIterator[bytes]
    ) -> Record:
        """Upload a file in one go. Raises what preparing, storing and completing raise."""
        pending, _ = await self.prepare(source, actor_id, filename, content_type, None)
        try:
            return await self._add(pending, await self._store(pending, stream))
        finally:
            self.pending.remove(pending)

    def _check_can_upload(self, slug: str) -> None:
        if not self.storages[slug].capabilities.can_upload:
            raise BadRequest(f"The source {slug} takes no uploads")

    async def _check_room(self, source: SourceConfig, size: int | None) -> None:
        most = self.most_bytes(source.slug)
        if size is not None and size > most:
            raise BadRequest(f"The file has more than {most} bytes, the most that may be uploaded here", status=413)
        if source.quota_bytes is not None or source.quota_files is not None:
            files, used = await self.records.used(source.slug)
            check_quota(source, files, used, size or 0)

    async def _store(self, pending: PendingUpload, stream: AsyncIterator[bytes]) -> FileMetadata:
        counted = Counted(stream, await self._most_now(pending.slug))
        storage = self.storages[pending.slug]
        stored = await storage.receive_upload(pending.path, counted.__aiter__(), pending.content_type)
        stored.content_type = inspected_type(pending.content_type, counted.head)
        # Storages of plugins may not say.
        stored.size = counted.size if stored.size is None else stored.size
        return stored

    async def _most_now(self, slug: str) -> int:
        """Bytes that fit, so that an upload that will not fit ends early."""
        most = self.most_bytes(slug)
        quota = self.config.sources[slug].quota_bytes
        if quota is not None:
            most = min(most, max(0, quota - (await self.records.used(slug))[1]))
        return most

    async def _add(self, pending: PendingUpload, stored: FileMetadata) -> Record:
        try:
            record = await self.records.add(
                pending.file_id, self.config.sources[pending.slug], stored, pending.filename, pending.actor_id
            )
        except BaseException:
            await self._take_back(pending.slug, pending.path)
            raise
        self.thumbnails.make_ahead(record, self.storage_of(record))
        return record

    async def _sent_directly(self, pending: PendingUpload) -> FileMetadata | None:
        """What the store has of a file that the browser sent to it."""
        storage = self.storages[pending.slug]
        known = await storage.get_file_metadata(pending.path)
        if known is None:
            return None
        if known.size != pending.size:
            await self._take_back(pending.slug, pending.path)
            raise BadRequest("The content in the store has another size than was announced")
        known.content_type = inspected_type(pending.content_type, await storage.read_bytes(pending.path, HEAD))
        if known.size is not None and known.size <= _HASHED_BACK:
            digest = hashlib.sha256()
            async for piece in storage.stream_file(pending.path):
                digest.update(piece)
            known.content_hash = f"sha256:{digest.hexdigest()}"
        return known

    async def _take_back(self, slug: str, path: str) -> None:
        """Delete bytes that no row will name; what fails is found by a check later."""
        try:
            with contextlib.suppress(FileNotFoundError):
                await self.storages[slug].delete_file(path)
        except Exception as error:  # noqa: BLE001 - a storage of a plugin may raise anything
            log.warning("Bytes of an unfinished upload stay in %s: %s (%s)", slug, path, type(error).__name__)

    # Changing

    async def delete(self, record: Mapping[str, Any]) -> None:
        """From the storage first, then what is known of it. Raises BadRequest where the storage cannot."""
        storage = self.storage_of(record)
        if not storage.capabilities.can_delete:
            raise BadRequest("Files of this source cannot be deleted")
        with contextlib.suppress(FileNotFoundError):
            await storage.delete_file(record["path"])
        await self.records.remove(record["id"])


def _public(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options without secrets, for the internal database."""
    return {
        key: value
        for key, value in options.items()
        if key not in CREDENTIAL_OPTIONS and not any(word in key.lower() for word in SECRET_WORDS)
    }
