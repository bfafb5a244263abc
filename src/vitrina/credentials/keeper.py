"""Keeps credentials fresh: refreshed before they expire, one refresh at a time, slower while it fails."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

from vitrina.credentials.model import (
    CredentialProvider,
    Credentials,
    CredentialState,
    CredentialsUnavailable,
    FetchFailed,
)

log = logging.getLogger("vitrina.credentials")

#: refreshed when this part of their life is over
_LIFE_USED = 0.8
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0


class CredentialKeeper:
    """The current credentials of one provider.

    ``now`` gives Unix seconds. Nothing runs in the background: whoever needs
    credentials when they are due fetches them, and all others go on with the
    old ones until those expire.
    """

    def __init__(self, provider: CredentialProvider, *, now: Callable[[], float] = time.time) -> None:
        self.provider = provider
        self._now = now
        self._lock = asyncio.Lock()
        self._held: Credentials | None = None
        # Stays when the held ones are discarded.
        self._latest: Credentials | None = None
        self._obtained_at: float | None = None
        self._refresh_at: float | None = None
        self._failures = 0
        self._try_again_at = 0.0
        self._last_error: str | None = None
        self._refused = False

    async def current(self) -> Credentials:
        """Credentials that have not expired.

        Raises CredentialsUnavailable, with the seconds to wait, when there are
        none and none are to be had; the provider is not asked again before
        its pause is over.
        """
        held = self._valid()
        if held is not None:
            if not self._due() or self._lock.locked() or self._pauses():
                return held
            async with self._lock:
                if self._due() and not self._pauses():
                    await self._refresh()
                return self._valid() or held
        async with self._lock:
            held = self._valid()
            if held is None and not self._pauses():
                await self._refresh()
                held = self._valid()
        if held is None:
            raise CredentialsUnavailable(
                f"No credentials from {self.provider.source}: {self._last_error or 'they have expired'}",
                retry_after=self._try_again_at - self._now(),
            )
        return held

    def latest(self) -> Credentials:
        """What :meth:`current` gave last, from any thread and without refreshing. Raises CredentialsUnavailable."""
        latest = self._latest
        if latest is None:
            raise CredentialsUnavailable(f"No credentials from {self.provider.source} yet")
        return latest

    def discard(self) -> None:
        """The store refused them (rotated, revoked): the next use fetches new ones, as soon as a pause allows."""
        self._refused = True
        if self._refresh_at is not None or self._held is None:
            self._held = None

    def accepted(self) -> None:
        """The store took them."""
        self._refused = False

    def state(self) -> CredentialState:
        """Source, validity and last error; never a secret."""
        held = self._held
        return CredentialState(
            source=self.provider.source,
            valid_until=held.expires_at if held is not None else None,
            obtained_at=_moment(self._obtained_at) if held is not None else None,
            last_error=self._last_error or ("the store refused them" if self._refused else None),
            next_attempt_at=_moment(self._try_again_at) if self._failures else _moment(self._refresh_at),
            failures=self._failures or int(self._refused),
        )

    def _valid(self) -> Credentials | None:
        held = self._held
        if held is None or held.expires_at is None or held.expires_at.timestamp() > self._now():
            return held
        return None

    def _pauses(self) -> bool:
        # More than any pause has is left of one when the clock was put back.
        return 0 < self._try_again_at - self._now() <= _LONGEST_PAUSE_S

    def _due(self) -> bool:
        return self._refresh_at is not None and self._now() >= self._refresh_at

    async def _refresh(self) -> None:
        """Ask the provider once; a failure is noted and makes the next pause longer."""
        try:
            fetched = await self.provider.fetch()
        except FetchFailed as error:
            self._note_failure(str(error))
            return
        now = self._now()
        if fetched.expires_at is not None and fetched.expires_at.timestamp() <= now:
            self._note_failure("the credentials it gave have expired already")
            return
        if self._failures:
            log.info("Credentials from %s are there again", self.provider.source)
        self._held = self._latest = fetched
        self._obtained_at = now
        self._failures, self._last_error, self._try_again_at = 0, None, 0.0
        self._refresh_at = None
        if fetched.expires_at is not None:
            self._refresh_at = now + (fetched.expires_at.timestamp() - now) * _LIFE_USED

    def _note_failure(self, reason: str) -> None:
        pause = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** min(self._failures, 10))
        self._failures += 1
        self._last_error = reason
        self._try_again_at = self._now() + pause
        log.warning("No credentials from %s: %s; tried again in %.0f s", self.provider.source, reason, pause)


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
