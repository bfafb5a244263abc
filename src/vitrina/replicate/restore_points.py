"""What a replica holds: its files, and from which moment on the database can be restored."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from vitrina.errors import Unavailable

_TIMEOUT_S = 60.0
#: level at which Litestream keeps whole copies
SNAPSHOT_LEVEL = 9


@dataclass(frozen=True, slots=True)
class LtxFile:
    """One file of a replica: the transactions that it covers, bytes, and the moment of the last of them."""

    level: int
    min_txid: int
    max_txid: int
    size: int
    timestamp: datetime

    @property
    def is_start(self) -> bool:
        """Whether a restore can begin with this file."""
        return self.min_txid == 1


@dataclass(frozen=True, slots=True)
class ReplicaContent:
    """A replica's files in short. ``oldest`` and ``newest`` are the first and last moment that can be restored."""

    files: int
    size: int
    snapshots: int
    oldest: datetime | None
    oldest_size: int | None
    newest: datetime | None
    max_txid: int


async def list_ltx(binary: str, arguments: Sequence[str], environment: Mapping[str, str]) -> tuple[LtxFile, ...]:
    """Every file of a replica, oldest first; ``arguments`` name it: a URL, or -config FILE and the database's path.

    Raises Unavailable where the store cannot be read.
    """
    process = await asyncio.create_subprocess_exec(
        *(binary, "ltx", "-no-expand-env", "-json", "-level", "all", *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=dict(environment),
    )
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            printed, _ = await process.communicate()
    except TimeoutError:
        raise Unavailable("The replica could not be listed in time") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise Unavailable("The replica cannot be listed: the object store does not answer or refuses")
    return parse_ltx(printed)


async def read_content(binary: str, arguments: Sequence[str], environment: Mapping[str, str]) -> ReplicaContent:
    """What a replica holds, in short; arguments and errors as of :func:`list_ltx`."""
    return summed_up(await list_ltx(binary, arguments, environment))


def parse_ltx(printed: bytes) -> tuple[LtxFile, ...]:
    """The files in what Litestream printed. Raises Unavailable for what is no list of files."""
    try:
        files = [
            LtxFile(
                int(entry["level"]),
                int(entry["min_txid"], 16),
                int(entry["max_txid"], 16),
                int(entry["size"]),
                datetime.fromisoformat(entry["timestamp"]),
            )
            for entry in json.loads(printed or b"[]") or ()
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise Unavailable("Litestream listed the replica in a way that is not understood") from error
    return tuple(sorted(files, key=lambda file: (file.timestamp, file.max_txid, -file.level)))


def summed_up(files: Sequence[LtxFile]) -> ReplicaContent:
    """The files in short."""
    starts = [file for file in files if file.is_start]
    oldest = min(starts, key=lambda file: file.max_txid, default=None)
    return ReplicaContent(
        files=len(files),
        size=sum(file.size for file in files),
        snapshots=sum(file.level == SNAPSHOT_LEVEL for file in files),
        oldest=oldest.timestamp if oldest is not None else None,
        oldest_size=oldest.size if oldest is not None else None,
        newest=max((file.timestamp for file in files), default=None),
        max_txid=max((file.max_txid for file in files), default=0),
    )
