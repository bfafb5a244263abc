"""What the replicas of a server hold, listed from time to time."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from vitrina.errors import Unavailable
from vitrina.replicate.restore_points import ReplicaContent, list_ltx, summed_up

if TYPE_CHECKING:
    from vitrina.replicate.service import Replication

log = logging.getLogger("vitrina.replication")

#: seconds for which a listing of a replica is shown before it is made anew
LISTED_FOR_S = 60.0


class ReplicaContents:
    """What the replicas hold, listed when somebody asks, and not more often than every minute."""

    def __init__(self, replication: Replication) -> None:
        self._replication = replication
        self._listed: dict[str, tuple[float, ReplicaContent]] = {}
        self._turn = asyncio.Lock()

    async def of(self, name: str) -> ReplicaContent | None:
        """The content of one replica; None where it cannot be listed."""
        async with self._turn:
            known = self._listed.get(name)
            if known is not None and time.monotonic() - known[0] < LISTED_FOR_S:
                return known[1]
            replication = self._replication
            if replication.folder is None or name not in replication.leases.active:
                return None
            place = ["-config", str(replication.configuration_path), replication.replicas[name].path]
            try:
                content = summed_up(await list_ltx(replication.binary, place, replication.environment()))
            except (Unavailable, OSError) as error:
                log.debug("The replica of %s cannot be listed: %s", name, error)
                return known[1] if known is not None else None
            self._listed[name] = (time.monotonic(), content)
            return content
