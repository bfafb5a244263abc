"""How far a copy is behind its replica: found by looking into the object store, beside Litestream."""

from __future__ import annotations

import asyncio
import logging
import re
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from vitrina.replicate.mirror import Mirror, Served
from vitrina.replicate.store_of import ObjectPlace

log = logging.getLogger("vitrina.replica")

# Folders of Litestream's levels: changes as they came, then what they were put together to, then snapshots.
_LEVELS = {"file": tuple(f"ltx/{level}" for level in (0, 1, 2, 3, 9))}
_LEVELS_IN_BUCKETS = tuple(f"{level:04x}" for level in (0, 1, 2, 3, 9))
_NAME = re.compile(r"/[0-9a-f]{16}-([0-9a-f]{16})\.ltx$")
# Looks in a row that find less in the store than was taken over already, before all is taken from there anew.
_LOOKS_BEHIND = 3
_BESIDE_EVERY_S = 5.0
# Seconds that a look gets to end.
_ENDING_S = 2.0


@dataclass(frozen=True, slots=True)
class Newest:
    """The last change in the store, and when it was stored; ``files`` of its level, with what tells their contents."""

    txid: int
    stored: datetime
    files: Mapping[str, object] = field(default_factory=dict)

    def replaces(self, earlier: Newest) -> bool:
        """Whether a file has other contents than it had: Litestream never writes one twice in one chain of changes."""
        return any(earlier.files.get(name, mark) != mark for name, mark in self.files.items())


def newest_change(place: ObjectPlace, kind: str) -> Newest | None:
    """The last change in the store (blocking); None when there is none. Raises what the store raises."""
    import obstore

    found: Newest | None = None
    files: dict[str, object] = {}
    # The lowest level has the newest changes, and only those of the last minutes.
    for folder in _LEVELS.get(kind, _LEVELS_IN_BUCKETS):
        for page in obstore.list(place.store, place.key(folder)):
            for entry in page:
                name = _NAME.search("/" + entry["path"])
                if name is None:
                    continue
                files[entry["path"]] = (entry["last_modified"], entry["size"])
                if found is None or int(name[1], 16) > found.txid:
                    found = Newest(int(name[1], 16), entry["last_modified"], files)
        if found is not None:
            break
    return found


async def _awaited(function: Callable[[], Awaitable[None]]) -> None:
    await function()


def _store_error() -> type[Exception]:
    from obstore.exceptions import BaseError

    return BaseError


class Freshness:
    """Looks into the store every ``interval_s`` seconds, in a thread of its own, and knows how old ``mirror`` is.

    ``beside()`` is awaited there as well, some seconds apart.
    """

    def __init__(
        self,
        mirror: Mirror,
        place: ObjectPlace,
        kind: str,
        interval_s: float,
        beside: Callable[[], Awaitable[None]],
    ) -> None:
        self._mirror = mirror
        self._find = partial(newest_change, place, kind)
        self._interval_s = interval_s
        self._beside = beside
        self.error: str | None = None
        self._beside_at = 0.0
        self._newest: Newest | None = None
        self._behind = 0
        # what was served when the mirror was told that it is not of this chain of changes any more
        self._renewed: Served | None = None
        # (when a look began, the last change that it found); a copy that has that change was up to date then
        self._looks: deque[tuple[float, int]] = deque([(time.monotonic(), 0)])
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"vitrina-freshness-{mirror.name}", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking (blocking). Idempotent."""
        self._stopping.set()
        if self._thread.is_alive():
            # Not longer: a store that does not answer takes its time.
            self._thread.join(_ENDING_S)

    @property
    def lag_s(self) -> float:
        """Seconds since the copy is known to have held all that was in the store."""
        txid = self._mirror.served.txid
        for begun, newest in reversed(tuple(self._looks)):
            if newest <= txid:
                return time.monotonic() - begun
        return time.monotonic() - self._looks[0][0]

    @property
    def stored(self) -> datetime | None:
        """When the last change was stored that the copy holds, if it holds the last one known."""
        newest = self._newest
        return newest.stored if newest is not None and newest.txid <= self._mirror.served.txid else None

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            while not self._stopping.is_set():
                begun = time.monotonic()
                if begun >= self._beside_at:
                    self._beside_at = begun + _BESIDE_EVERY_S
                    runner.run(_awaited(self._beside))
                try:
                    self._look(begun)
                    self.error = None
                except (_store_error(), OSError) as error:
                    if self.error is None:
                        log.warning("Replica of %s: the object store does not answer or refuses", self._mirror.name)
                    # Its text may have an address with a signature in it.
                    self.error = f"the object store does not answer or refuses ({type(error).__name__})"
                self._stopping.wait(self._interval_s)

    def _look(self, begun: float) -> None:
        served = self._mirror.served
        newest = self._find()
        if newest is None:
            return
        earlier, self._newest = self._newest, newest
        if newest.txid < served.txid:
            self._behind += 1
        else:
            self._behind = 0
        is_other_chain = earlier is not None and newest.replaces(earlier)
        # Once is enough: restoring may take longer than three looks.
        if is_other_chain or (self._behind >= _LOOKS_BEHIND and self._renewed is not served):
            self._renewed = served
            log.warning("Replica of %s: it was begun anew, and is restored anew", self._mirror.name)
            self._mirror.renew()
        if newest.txid < served.txid or self._renewed is served:
            # The numbers are of two chains, so comparing them tells nothing about age.
            return
        looks = self._looks
        looks.append((begun, newest.txid))
        served = self._mirror.served
        while len(looks) > 1 and looks[1][1] <= served.txid:
            looks.popleft()
