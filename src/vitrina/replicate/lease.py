"""The lease of a replica: an object beside Litestream's files that says which server writes there."""

from __future__ import annotations

import json
import logging
import os
import socket
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from vitrina.errors import StartupError
from vitrina.replicate.store_of import ObjectPlace

log = logging.getLogger("vitrina.replication")

LEASE_NAME = "vitrina-lease.json"
#: seconds between renewals, and after which a lease that was not renewed counts no more
RENEWED_EVERY_S = 10.0
VALID_S = 30.0
_MOST_BYTES = 64 * 1024


# Where there is one, a clock that goes on while the machine sleeps: others may take the lease meanwhile.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", None)


def _seconds() -> float:
    return time.monotonic() if _CLOCK is None else time.clock_gettime(_CLOCK)


class StoreFailed(Exception):
    """The object store cannot be reached or refuses; the text says so without secrets."""


class LeaseRefused(StartupError):
    """Another server writes to this replica."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Who writes to a replica. ``url`` is where people reach that server, None where it is not configured."""

    owner: str
    host: str
    pid: int
    renewed_at: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    lease: Lease
    e_tag: str | None
    modified: datetime


async def read_lease(place: ObjectPlace) -> Lease | None:
    """The lease of a replica, None where there is none. Raises StoreFailed."""
    found = await _read(place)
    return None if found is None else found.lease


async def _read(place: ObjectPlace) -> _Found | None:
    from obstore.exceptions import BaseError

    try:
        answer = await place.store.get_async(place.key(LEASE_NAME))
        if answer.meta["size"] > _MOST_BYTES:
            raise StoreFailed(f"{LEASE_NAME} is too large to be a lease")
        content = bytes(await answer.bytes_async())
    except FileNotFoundError:
        return None
    except BaseError as error:
        raise StoreFailed(_reason(error)) from None
    try:
        fields = json.loads(content)
        lease = Lease(
            str(fields["owner"]),
            str(fields["host"]),
            int(fields["pid"]),
            str(fields["renewed_at"]),
            fields.get("url") and str(fields["url"]),
        )
    except (ValueError, KeyError, TypeError):
        # Not ours, or cut off: it counts as somebody's, until it is old.
        lease = Lease("", "unknown", 0, "")
    return _Found(lease, answer.meta.get("e_tag"), answer.meta["last_modified"])


def _reason(error: Exception) -> str:
    from obstore import exceptions

    if "RequestTimeTooSkewed" in str(error):
        return "the clock of this machine is wrong, so the object store refuses its requests"
    for kind, words in (
        (exceptions.PermissionDeniedError, "the object store refuses these credentials"),
        (exceptions.UnauthenticatedError, "there are no valid credentials for the object store"),
        (PermissionError, "the object store refuses these credentials"),
        (exceptions.NotSupportedError, "the object store cannot do this"),
    ):
        if isinstance(error, kind):
            return words
    # Its text may have an address with a signature in it.
    return f"the object store cannot be reached or refuses ({type(error).__name__})"


class LeaseHolder:
    """Gets the lease of one replica, keeps it, and notices when it is gone.

    ``identity`` names the owner, the same after a restart. ``place`` is None
    where nothing protects the replica.
    """

    def __init__(self, place: ObjectPlace | None, identity: str, *, shown: str, url: str | None = None) -> None:
        self._place = place
        self._identity = identity
        self._shown = shown
        self._url = url
        self._renewed: float | None = None
        self.protected = place is not None
        #: the lease of another server that holds the replica, as far as known
        self.foreign: Lease | None = None

    @property
    def is_held(self) -> bool:
        """Whether nobody else may write to the replica now; always so where nothing protects it."""
        if not self.protected:
            return True
        return self.foreign is None and self._renewed is not None and _seconds() - self._renewed < VALID_S

    async def acquire(self, *, take_over: bool = False) -> None:
        """Get the lease. Raises LeaseRefused where another server has it, StoreFailed."""
        place = self._place
        if place is None:
            return
        from obstore.exceptions import NotSupportedError

        try:
            if await self._create(place):
                await self._check_protected(place)
                return
            found = await _read(place)
            if found is None:
                await self._create(place)
                return
            if found.lease.owner != self._identity:
                await self._refuse_young(place, found, take_over=take_over)
            await self._replace(place, found)
        except (NotSupportedError, NotImplementedError):
            self.protected = False

    async def renew(self) -> bool:
        """Prolong the lease; False where another server has it now. Raises StoreFailed."""
        place = self._place
        if place is None or not self.protected:
            return True
        found = await _read(place)
        if found is None:
            return await self._create(place)
        if found.lease.owner != self._identity:
            self.foreign = found.lease
            return False
        try:
            await self._replace(place, found)
        except LeaseRefused:
            return False
        return True

    async def release(self) -> None:
        """Delete the lease, so that the next server need not wait. Raises StoreFailed."""
        place, self._renewed = self._place, None
        if place is None or not self.protected or self.foreign is not None:
            return
        from obstore.exceptions import BaseError

        found = await _read(place)
        if found is not None and found.lease.owner == self._identity:
            try:
                await place.store.delete_async(place.key(LEASE_NAME))
            except BaseError as error:
                raise StoreFailed(_reason(error)) from None

    # Pieces

    def _content(self) -> bytes:
        lease = Lease(self._identity, socket.gethostname(), os.getpid(), datetime.now(UTC).isoformat(), self._url)
        return json.dumps(asdict(lease)).encode()

    async def _create(self, place: ObjectPlace) -> bool:
        """Put the object where there is none; whether that was so."""
        from obstore.exceptions import AlreadyExistsError

        try:
            await self._put(place, "create")
        except AlreadyExistsError:
            return False
        return True

    async def _put(self, place: ObjectPlace, mode: Any) -> None:
        from obstore.exceptions import AlreadyExistsError, BaseError, NotSupportedError, PreconditionError

        began = _seconds()
        try:
            await place.store.put_async(place.key(LEASE_NAME), self._content(), mode=mode)
        except (AlreadyExistsError, PreconditionError, NotSupportedError):
            raise
        except BaseError as error:
            raise StoreFailed(_reason(error)) from None
        self._renewed = began
        self.foreign = None

    async def _check_protected(self, place: ObjectPlace) -> None:
        """Some stores take a create-only put for an ordinary one: there the lease protects nothing."""
        if await self._create(place):
            self.protected = False

    async def _replace(self, place: ObjectPlace, found: _Found) -> None:
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        mode: Any = {"e_tag": found.e_tag} if place.conditional and found.e_tag else "overwrite"
        try:
            if mode == "overwrite" and found.lease.owner != self._identity:
                await place.store.delete_async(place.key(LEASE_NAME))
                mode = "create"
            await self._put(place, mode)
        except (AlreadyExistsError, PreconditionError, FileNotFoundError):
            # Between the two somebody else was faster.
            now = await _read(place)
            if now is None or now.lease.owner == self._identity:
                raise StoreFailed("the lease changed while it was renewed") from None
            self.foreign = now.lease
            raise self._refusal(now.lease, 0.0) from None

    async def _refuse_young(self, place: ObjectPlace, found: _Found, *, take_over: bool) -> None:
        age = (await self._now_of(place) - found.modified).total_seconds()
        if age < VALID_S and not take_over:
            self.foreign = found.lease
            raise self._refusal(found.lease, age)
        if age < VALID_S:
            log.warning("Taking %s over from the server on %s", self._shown, found.lease.host)

    async def _now_of(self, place: ObjectPlace) -> datetime:
        """The time by the store's clock, by which the lease's age is told: this machine's may be wrong."""
        from obstore.exceptions import BaseError

        key = place.key(f"vitrina-clock-{self._identity}")
        try:
            await place.store.put_async(key, b"")
            modified = (await place.store.head_async(key))["last_modified"]
            await place.store.delete_async(key)
        except (BaseError, FileNotFoundError) as error:
            raise StoreFailed(_reason(error)) from None
        return modified

    def _refusal(self, lease: Lease, age: float) -> LeaseRefused:
        return LeaseRefused(
            f"{self._shown} is written to by another server (on {lease.host}, process {lease.pid}, renewed "
            f"{age:.0f} s ago). Stop that one, or start with --take-over where it is certain that it is gone",
            hint=f"After {VALID_S:.0f} s without a renewal the lease of a server that was killed counts no more.",
        )
