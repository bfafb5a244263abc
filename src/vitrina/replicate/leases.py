"""The leases of all replicas of a server: got at the start, renewed, given back."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from vitrina.credentials.model import Credentials
from vitrina.replicate.configuration import ReplicationConfig
from vitrina.replicate.lease import RENEWED_EVERY_S, LeaseHolder, LeaseRefused, StoreFailed
from vitrina.replicate.store_of import open_store
from vitrina.replicate.target import ReplicaTarget

log = logging.getLogger("vitrina.replication")

#: seconds between attempts while a store does not answer
_SOON_S = 2.0


@dataclass(slots=True)
class _Held:
    holder: LeaseHolder
    shown: str
    prepare: Callable[[], Awaitable[None]]
    error: str | None = None
    lost: bool = False


class Leases:
    """One lease for each database. ``active`` are those whose lease is ours: only they are replicated."""

    def __init__(self) -> None:
        self._by_name: dict[str, _Held] = {}
        self.active: set[str] = set()

    def add(
        self,
        name: str,
        target: ReplicaTarget,
        identity: str,
        config: ReplicationConfig,
        credentials: Callable[[], Credentials | None],
        prepare: Callable[[], Awaitable[None]],
    ) -> None:
        """Know of one more database; nothing is asked for yet.

        ``prepare`` is awaited before the store is asked for anything: it sees
        to it that there are ``credentials``, or raises StoreFailed.
        """
        place = open_store(target, credentials if config.provider is not None else None)
        holder = LeaseHolder(place, identity, shown=target.shown, url=config.public_url)
        self._by_name[name] = _Held(holder, target.shown, prepare)
        if place is None:
            log.warning(
                "%s is not protected against a second server that writes there: replicas of the kind %s have no lease",
                target.shown,
                target.kind,
            )

    async def acquire_all(self, *, take_over: bool) -> None:
        """Get every lease; a store that does not answer is asked again later.

        Raises LeaseRefused where another server has one; those got until then
        stay ours until :meth:`release_all`.
        """
        results = await asyncio.gather(
            *(self._acquire(name, held, take_over=take_over) for name, held in self._by_name.items()),
            return_exceptions=True,
        )
        for result in results:
            if result is not None:
                raise result

    async def _acquire(self, name: str, held: _Held, *, take_over: bool = False) -> None:
        try:
            await held.prepare()
            await held.holder.acquire(take_over=take_over)
        except StoreFailed as error:
            self._note(name, held, str(error))
            return
        if not held.holder.protected and held.error is None:
            log.warning("%s is not protected against a second server that writes there", held.shown)
        self._note(name, held, None)
        self.active.add(name)

    def _note(self, name: str, held: _Held, error: str | None) -> None:
        if error is not None and held.error is None:
            waits = "" if name in self.active else "; replication of it waits"
            log.error("Database %s: %s: %s%s", name, held.shown, error, waits)
        elif error is None and held.error is not None:
            log.info("Database %s: %s answers again", name, held.shown)
        held.error = error

    def pause_s(self) -> float:
        """Seconds until the next renewal."""
        return _SOON_S if any(held.error for held in self._by_name.values()) else RENEWED_EVERY_S

    async def renew_all(self) -> bool:
        """Prolong every lease and try again for those that are missing; whether ``active`` changed."""
        before = set(self.active)
        await asyncio.gather(*(self._renew(name, held) for name, held in self._by_name.items() if not held.lost))
        return self.active != before

    async def _renew(self, name: str, held: _Held) -> None:
        if name not in self.active:
            try:
                await self._acquire(name, held)
            except LeaseRefused as error:
                self._note(name, held, error.message)
            return
        try:
            await held.prepare()
            ours = await held.holder.renew()
        except StoreFailed as error:
            self._note(name, held, str(error))
            return
        self._note(name, held, None)
        if not ours:
            held.lost = True
            self.active.discard(name)
            foreign = held.holder.foreign
            where = f"on {foreign.host}" if foreign is not None else "unknown"
            log.error(
                "Database %s: a server %s has taken %s over. It is not replicated any more: stop this server",
                name,
                where,
                held.shown,
            )

    async def release_all(self) -> None:
        """Give the leases back; one whose store does not answer runs out by itself."""
        for name in self.active:
            with contextlib.suppress(StoreFailed):
                await self._by_name[name].holder.release()
        self.active = set()

    # What people may know

    def is_held(self, name: str) -> bool:
        """Whether nobody else may write to the replica now."""
        return self._by_name[name].holder.is_held

    def lost(self, name: str) -> bool:
        """Whether another server has taken the replica over."""
        return name in self._by_name and self._by_name[name].lost

    def describe(self, name: str) -> dict[str, object]:
        """State of a lease as JSON."""
        held = self._by_name[name]
        foreign = held.holder.foreign
        if held.lost:
            state = "lost"
        elif not held.holder.protected:
            state = "not protected"
        elif foreign is not None:
            state = "held by another server"
        else:
            state = "held" if held.holder.is_held else "unknown"
        return {"state": state, "error": held.error, "other_server": foreign.host if foreign is not None else None}
