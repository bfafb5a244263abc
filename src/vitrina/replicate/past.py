"""Databases as they were: the moments that a replica can be restored to, and the files restored for people."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from vitrina.errors import NotFound, Unavailable
from vitrina.replicate.restore import Moment, ReplicaPlace, restore
from vitrina.replicate.restore_points import LtxFile, list_ltx
from vitrina.temporary import make_folder, remove_folder
from vitrina.tilde import tilde_encode

if TYPE_CHECKING:
    from vitrina.replicate.service import Replication

#: files of earlier moments that are kept at once; the one that was asked for longest ago goes first
KEPT_MOST = 3
#: moments that are listed
LISTED_MOST = 200
# Bytes that must stay free on the disk beside a restored file.
_FREE_BYTES = 256 * 1024 * 1024


class PastDatabases:
    """Restores the databases of ``replication``, one at a time, into a folder that goes with the process.

    ``forgotten(name, txid)`` is called before a file is deleted.
    """

    def __init__(self, replication: Replication, forgotten: Callable[[str, int], None]) -> None:
        self._replication = replication
        self._forgotten = forgotten
        self._folder: Path | None = None
        self._files: dict[tuple[str, int], Path] = {}
        self._turn = asyncio.Lock()

    def place(self, name: str) -> ReplicaPlace:
        """Where the replica of a database is. Raises NotFound."""
        replication = self._replication
        replica = replication.replicas.get(name)
        if replica is None or replication.folder is None:
            raise NotFound("This database is not replicated")
        arguments = ("-config", str(replication.configuration_path), replica.path)
        return ReplicaPlace(replication.binary, arguments, replication.environment(), replica.target.shown)

    async def moments(self, name: str) -> list[LtxFile]:
        """The ends of the replica's files, newest first: each can be restored. Raises Unavailable and NotFound."""
        place = self.place(name)
        files = await list_ltx(place.binary, place.arguments, place.environment)
        ends = {file.max_txid: file for file in sorted(files, key=lambda file: (file.level, file.size))}
        return [ends[txid] for txid in sorted(ends, reverse=True)][:LISTED_MOST]

    async def file_at(self, name: str, txid: int) -> Path:
        """The database after a transaction of its replica, restored now or before.

        Raises NotFound, RestoreFailed, and Unavailable where the disk is too small.
        """
        key = (name, txid)
        async with self._turn:
            if key not in self._files:
                place = self.place(name)
                if txid not in {file.max_txid for file in await self.moments(name)}:
                    raise NotFound("There is no such moment in the replica", hint="Choose a moment from the list.")
                if self._folder is None:
                    self._folder = Path(await asyncio.to_thread(make_folder, "past"))
                await asyncio.to_thread(self._check_room, name)
                while len(self._files) >= KEPT_MOST:
                    self._forget(next(iter(self._files)))
                path = self._folder / f"{tilde_encode(name)}-{txid}.db"
                await restore(place, path, Moment(txid=txid))
                self._files[key] = path
            self._files[key] = self._files.pop(key)
            return self._files[key]

    def _check_room(self, name: str) -> None:
        assert self._folder is not None
        size = Path(self._replication.replicas[name].path).stat().st_size
        if shutil.disk_usage(self._folder).free < size + _FREE_BYTES:
            raise Unavailable("There is no room on the disk for another copy of this database")

    def _forget(self, key: tuple[str, int]) -> None:
        path = self._files.pop(key)
        self._forgotten(*key)
        path.unlink(missing_ok=True)

    def close(self) -> None:
        """Delete the files (blocking)."""
        for key in list(self._files):
            self._forget(key)
        if self._folder is not None:
            remove_folder(str(self._folder))
            self._folder = None
