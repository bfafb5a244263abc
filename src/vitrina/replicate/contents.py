"""What the replicas of a server hold, listed from time to time."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from vitrina.errors import Unavailable
from vitrina.replicate.restore_points import ReplicaContent

log = logging.getLogger("vitrina.replication")

#: seconds for which a listing of a replica is shown before it is made anew
LISTED_FOR_S = 60.0


class ReplicaContents:
    """What the replicas hold, listed when somebody asks, and not more often than every minute.

    ``list_replica`` answers with what lists the replica of a database, None where nothing can now.
    """

    def __init__(self, list_replica: Callable[[str], Awaitable[ReplicaContent] | None]) -> None:
        self._list_replica = list_replica
        self._listed: dict[str, tuple[float, ReplicaContent]] = {}
        self._turn = asyncio.Lock()

    async def of(self, name: str) -> ReplicaContent | None:
        """The content of one replica; None where it cannot be listed."""
        async with self._turn:
            known = self._listed.get(name)
            if known is not None and time.monotonic() - known[0] < LISTED_FOR_S:
                return known[1]
            listing = self._list_replica(name)
            if listing is None:
                return None
            try:
                content = await listing
            except (Unavailable, OSError) as error:
                log.debug("The replica of %s cannot be listed: %s", name, error)
                return known[1] if known is not None else None
            self._listed[name] = (time.monotonic(), content)
            return content
