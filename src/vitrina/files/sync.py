"""Registering files that a storage has already: put there by other means, or kept from before a loss of the rows."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from vitrina.errors import BadRequest, VitrinaError
from vitrina.files.check import hash_of, listed_without_row
from vitrina.files.content_type import HEAD, inspected_type
from vitrina.files.names import check_path, new_ulid
from vitrina.files.service import Files
from vitrina.files.storage import FileMetadata

_BATCH = 200
_OWN_PATH = re.compile(r"(?P<ulid>[0-9a-z]{26})/[^/]+\Z")


@dataclass(frozen=True, slots=True)
class Synced:
    """One file that was found without a row; ``problem`` says why it got none, None where it did."""

    path: str
    file_id: str | None
    size: int | None
    problem: str | None = None


async def sync_source(
    files: Files, slug: str, *, hashes: bool = True, dry_run: bool = False, uploaded_by: str | None = None
) -> AsyncIterator[Synced]:
    """Register what the storage lists and no row names, in constant memory.

    A file at a path of this server's form gets the id that the path says, so
    that cells which named it do again. ``hashes`` reads every new file once;
    without it their hashes stay unknown. Quotas do not count here. Raises
    NotFound for an unknown source, BadRequest where its storage cannot list,
    and StorageUnavailable.
    """
    files.source(slug)
    if not files.storages[slug].capabilities.can_list:
        raise BadRequest(f"The storage of the source {slug} cannot list its files")
    batch: list[tuple[str, FileMetadata]] = []
    async for each in listed_without_row(files, slug):
        try:
            check_path(each.path)
            described = each if dry_run else await _described(files, slug, each, hashes)
        except (OSError, ValueError) as error:
            yield Synced(each.path, None, each.size, str(error))
            continue
        except VitrinaError as error:
            yield Synced(each.path, None, each.size, error.message)
            continue
        file_id = await _free_id(files, each.path)
        if not dry_run:
            batch.append((file_id, described))
            if len(batch) >= _BATCH:
                await files.records.add_found(slug, batch, uploaded_by)
                batch = []
        yield Synced(each.path, file_id, each.size)
    if batch:
        await files.records.add_found(slug, batch, uploaded_by)


async def _described(files: Files, slug: str, found: FileMetadata, hashes: bool) -> FileMetadata:
    """Everything that a row says of the file. Raises FileNotFoundError and StorageUnavailable."""
    storage = files.storages[slug]
    declared = found.content_type or mimetypes.guess_type(found.filename)[0] or "application/octet-stream"
    return replace(
        found,
        content_type=inspected_type(declared, await storage.read_bytes(found.path, HEAD)),
        content_hash=found.content_hash or (await hash_of(storage, found.path) if hashes else None),
    )


async def _free_id(files: Files, path: str) -> str:
    own = _OWN_PATH.match(path)
    if own is not None:
        file_id = f"df-{own['ulid']}"
        if await files.records.find(file_id) is None:
            return file_id
    return f"df-{new_ulid()}"
