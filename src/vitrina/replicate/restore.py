"""Making a database file from a replica, as it was at a moment: whole or not at all."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from vitrina.errors import Unavailable
from vitrina.replicate.restore_points import LtxFile, list_ltx

Check = Literal["none", "quick", "full"]
_LOOK_S = 0.2
#: endings of files that SQLite keeps beside a database
_BESIDE = ("-wal", "-shm", "-journal")


class RestoreFailed(Unavailable):
    """The database could not be restored; nothing was left behind."""


@dataclass(frozen=True, slots=True)
class ReplicaPlace:
    """How Litestream's commands find a replica: its address, or a configuration file and a database's path."""

    binary: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    shown: str


@dataclass(frozen=True, slots=True)
class Moment:
    """Up to which change: ``txid``, or the last change before ``at``; with neither, the last one."""

    at: datetime | None = None
    txid: int | None = None

    @property
    def is_last(self) -> bool:
        """Whether nothing earlier than the last change is meant."""
        return self.at is None and self.txid is None


def parse_moment(text: str) -> datetime:
    """An ISO 8601 time; one without a zone is in UTC, a day is its beginning. Raises ValueError."""
    moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


async def restore(
    place: ReplicaPlace,
    target: Path,
    moment: Moment,
    *,
    check: Check = "full",
    replace: bool = False,
    progress: Callable[[int], None] = lambda size: None,
) -> int:
    """Restore into ``target``; its size in bytes.

    Litestream writes into a folder beside it, and the finished file is moved
    into place. ``check`` is SQLite's check of the finished file. ``progress``
    gets the bytes written so far, a few times a second. Raises RestoreFailed,
    also where ``target`` exists and is not to be replaced.
    """
    # A link stays, and what it leads to is made.
    target = target.resolve()
    if target.exists() and not replace:
        raise RestoreFailed(f"{target}: there is a file already", hint="Restore to another file, or use --force.")
    try:
        with tempfile.TemporaryDirectory(prefix=".restoring-", dir=target.parent) as folder:
            fresh = Path(folder) / target.name
            options = ("-no-expand-env", "-integrity-check", check, "-o", str(fresh), *await _options(place, moment))
            await _run([place.binary, "restore", *options, *place.arguments], place, fresh, progress)
            return _put_in_place(fresh, target)
    except OSError as error:
        raise RestoreFailed(f"{target}: the database cannot be written: {error.strerror}") from error


async def _options(place: ReplicaPlace, moment: Moment) -> tuple[str, ...]:
    """The moment as Litestream takes it."""
    txid = moment.txid
    if moment.at is not None and txid is None:
        # Not Litestream's -timestamp: it refuses a time after the last change.
        files = await list_ltx(place.binary, place.arguments, place.environment)
        txid = max((file.max_txid for file in files if file.timestamp <= moment.at), default=None)
        if txid is None:
            raise RestoreFailed(f"{place.shown} cannot be restored: it holds nothing of that time or before")
    return () if txid is None else ("-txid", f"{txid:016x}")


async def _run(command: Sequence[str], place: ReplicaPlace, fresh: Path, progress: Callable[[int], None]) -> None:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=dict(place.environment),
    )
    watching = asyncio.ensure_future(_watch(fresh, progress))
    try:
        printed, _ = await process.communicate()
    finally:
        watching.cancel()
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode or not fresh.exists():
        raise RestoreFailed(f"{place.shown} cannot be restored: {_reason(printed.decode(errors='replace'))}")


async def _watch(fresh: Path, progress: Callable[[int], None]) -> None:
    while True:
        with suppress(OSError):
            progress(max(entry.stat().st_size for entry in fresh.parent.iterdir()))
        await asyncio.sleep(_LOOK_S)


def _reason(printed: str) -> str:
    lines = [line for line in printed.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("Error: ")]
    last = (errors or lines or ["Litestream ended without a word"])[-1]
    return last.removeprefix("Error: ")


def _put_in_place(fresh: Path, target: Path) -> int:
    size = fresh.stat().st_size
    descriptor = os.open(fresh, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    for ending in _BESIDE:
        # They belong to the file that is replaced, and would be applied to the new one.
        target.with_name(target.name + ending).unlink(missing_ok=True)
    fresh.replace(target)
    return size


def older_moments(files: Sequence[LtxFile], moment: Moment, most: int = 3) -> list[LtxFile]:
    """The ends of files before ``moment``, newest first: what can be tried where a later file is damaged."""
    ends = {
        file.max_txid: file
        for file in files
        if (moment.txid is None or file.max_txid < moment.txid) and (moment.at is None or file.timestamp < moment.at)
    }
    newest = max((file.max_txid for file in files), default=0)
    found = [file for txid, file in sorted(ends.items(), reverse=True) if not moment.is_last or txid != newest]
    return found[:most]
