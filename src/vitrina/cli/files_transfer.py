"""``files put`` and ``files get``: files to and from the storages, in constant memory."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import mimetypes
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import click

from vitrina.cli.files_opening import FilesPlace
from vitrina.cli.files_output import Advance, print_line, shown, transfer_progress
from vitrina.errors import BadRequest, NotFound, VitrinaError
from vitrina.files.configuration import SourceConfig
from vitrina.files.names import clean_filename
from vitrina.files.records import Record
from vitrina.files.service import Files
from vitrina.files.storage import PIECE


@dataclass(frozen=True, slots=True)
class Put:
    """What was typed after ``files put``."""

    source: str
    paths: tuple[str, ...]
    name: str | None
    content_type: str | None
    uploaded_by: str | None
    quiet: bool
    as_json: bool


async def put_files(place: FilesPlace, put: Put) -> int:
    """Upload each file; how many could not be. Raises NotFound for an unknown source."""
    failed = 0
    async with place.opened(create=True) as files:
        source = files.source(put.source)
        for path in put.paths:
            try:
                record = await _put(files, source, path, put)
            except (OSError, ValueError) as error:
                _complain(path, _reason(error))
                failed += 1
            except VitrinaError as error:
                _complain(path, error.message)
                failed += 1
            else:
                shown_keys = ("id", "filename", "content_type", "size", "content_hash", "source_slug")
                if put.as_json or not put.quiet:
                    item = {key: record[key] for key in shown_keys}
                    print_line(f"{record['id']}  {shown(record['filename'])}", item, as_json=put.as_json)
    return failed


async def _put(files: Files, source: SourceConfig, path: str, put: Put) -> Record:
    name = put.name or Path(path).name
    content_type = put.content_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
    with contextlib.ExitStack() as stack:
        if path == "-":
            file: IO[bytes] = sys.stdin.buffer
            size = None
        else:
            file = stack.enter_context(open(path, "rb"))
            size = os.fstat(file.fileno()).st_size
            if size > files.most_bytes(source.slug):
                most = files.most_bytes(source.slug)
                raise BadRequest(f"The file has more than {most:,} bytes, the most that may be uploaded here")
        advance = stack.enter_context(transfer_progress(size, quiet=put.quiet))
        return await files.add(source, put.uploaded_by, name, content_type, _read(file, name, advance))


async def _read(file: IO[bytes], name: str, advance: Advance) -> AsyncIterator[bytes]:
    done = 0
    while piece := await asyncio.to_thread(file.read, 4 * PIECE):
        yield piece
        done += len(piece)
        advance(done, name)


async def get_files(
    place: FilesPlace, ids: tuple[str, ...], *, output: str, force: bool, quiet: bool, as_json: bool
) -> int:
    """Download each file to ``output``; how many could not be had. Raises BadRequest."""
    if output != "-" and not Path(output).is_dir() and len(ids) > 1:
        raise BadRequest(f"{output}: several files need a folder that is there")
    failed = 0
    async with place.opened() as files:
        for file_id in ids:
            try:
                record = await files.record(file_id)
                target = await _get(files, record, output, force, quiet)
            except (OSError, ValueError) as error:
                _complain(file_id, _reason(error))
                failed += 1
            except VitrinaError as error:
                _complain(file_id, error.message)
                failed += 1
            else:
                if target is not None and (as_json or not quiet):
                    item = {"id": file_id, "file": str(target), "size": record["size"]}
                    print_line(f"{file_id}  {shown(str(target))}", item, as_json=as_json)
    return failed


async def _get(files: Files, record: Record, output: str, force: bool, quiet: bool) -> Path | None:
    """Where the file is now; None on standard output. Raises OSError, FileExistsError and BadRequest."""
    with transfer_progress(record["size"], quiet=quiet) as advance:
        if output == "-":
            await _copy(files, record, sys.stdout.buffer, advance)
            sys.stdout.buffer.flush()
            return None
        target = Path(output)
        if target.is_dir():
            target = target / clean_filename(record["filename"])
        if target.exists() and not force:
            raise FileExistsError(f"{target} is there already; --force replaces it")
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".vitrina-", delete=False) as temporary:
            try:
                await _copy(files, record, temporary, advance)
                temporary.flush()
                os.fsync(temporary.fileno())
                os.chmod(temporary.name, 0o666 & ~_umask())
                os.replace(temporary.name, target)
            except BaseException:
                Path(temporary.name).unlink(missing_ok=True)
                raise
    return target


async def _copy(files: Files, record: Record, target: IO[bytes], advance: Advance) -> None:
    """Raises NotFound where there are none, and BadRequest where they are not those that were stored."""
    digest, done = hashlib.sha256(), 0
    try:
        async for piece in files.storage_of(record).stream_file(record["path"]):
            digest.update(piece)
            await asyncio.to_thread(target.write, piece)
            done += len(piece)
            advance(done, record["filename"])
    except FileNotFoundError as error:
        raise NotFound("The content of this file is missing") from error
    known = record["content_hash"]
    if (record["size"] is not None and done != record["size"]) or (known and known != f"sha256:{digest.hexdigest()}"):
        raise BadRequest("The storage has other bytes than were uploaded")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "There is no such file or folder"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error)


def _complain(what: str, reason: str) -> None:
    click.echo(f"{shown(what)}: {reason}", err=True)
