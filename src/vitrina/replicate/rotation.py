"""The credentials of the replicas: fetched at the start, asked for again, told when they changed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from vitrina.credentials.model import CredentialProvider, Credentials, CredentialState, FetchFailed
from vitrina.errors import StartupError

log = logging.getLogger("vitrina.replication")

_LIFE_USED = 0.8
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0
_EXPIRED_PAUSE_S = 10.0
# Asked again after it at the latest: by a clock that is slow, keys seem to last longer than they do.
_LONGEST_LIFE_S = 15 * 60.0


class Rotation:
    """Asks ``provider`` every ``refresh_s`` seconds, or before what it gave expires; None lets Litestream search.

    ``changed`` is called with new credentials. While the provider fails, the
    old ones are used on.
    """

    def __init__(
        self, provider: CredentialProvider | None, refresh_s: float | None, changed: Callable[[Credentials], None]
    ) -> None:
        self._provider = provider
        self._refresh_s = refresh_s
        self._changed = changed
        self._task: asyncio.Task[None] | None = None
        self.current: Credentials | None = None
        self.rotations = 0
        self.failures = 0
        self.last_error: str | None = None
        self.obtained_at: datetime | None = None

    @property
    def source(self) -> str:
        """Where the credentials come from, for people."""
        return self._provider.source if self._provider is not None else "environment"

    def state(self) -> CredentialState:
        """What an administrator may see."""
        return CredentialState(
            source=self.source,
            valid_until=self.current.expires_at if self.current is not None else None,
            obtained_at=self.obtained_at,
            last_error=self.last_error,
            next_attempt_at=None,
            failures=self.failures,
        )

    async def first(self) -> None:
        """Fetch the first ones. Raises StartupError."""
        if self._provider is None:
            return
        try:
            self.current = await self._provider.fetch()
        except FetchFailed as error:
            raise StartupError(
                f"failed to load initial credentials: {self.source}: {error}",
                hint="Replication does not start without them.",
            ) from None
        self.obtained_at = datetime.now(UTC)

    def launch(self) -> None:
        """Begin to ask again, where what was given may change."""
        if self._provider is not None and self._pause() is not None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="vitrina-rotation")

    async def close(self) -> None:
        """Ask no more."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _pause(self) -> float | None:
        """Seconds until it is asked again; None for never."""
        if self.failures:
            pause: float = min(_FIRST_PAUSE_S * 2 ** min(self.failures - 1, 10), _LONGEST_PAUSE_S)
            return min(pause, self._refresh_s) if self._refresh_s else pause
        if self._refresh_s is not None:
            return self._refresh_s
        expires = self.current.expires_at if self.current is not None else None
        if expires is None:
            return None
        left = (expires - datetime.now(UTC)).total_seconds()
        if left <= 0:
            # They came a moment ago: either the clock is fast, or there are no better ones.
            return _EXPIRED_PAUSE_S
        return min(max(1.0, left * _LIFE_USED), _LONGEST_LIFE_S)

    async def _run(self) -> None:
        while (pause := self._pause()) is not None:
            await asyncio.sleep(pause)
            await self.refresh()

    async def refresh(self) -> None:
        """Ask once; a failure is noted and the old credentials stay."""
        assert self._provider is not None
        try:
            fetched = await self._provider.fetch()
        except FetchFailed as error:
            if not self.failures or self.last_error != str(error):
                log.warning("No new credentials from %s: %s; the old ones are used on", self.source, error)
            self.failures += 1
            self.last_error = str(error)
            return
        if self.failures:
            log.info("Credentials from %s are there again", self.source)
        self.failures, self.last_error = 0, None
        self.obtained_at = datetime.now(UTC)
        if _keys(fetched) == _keys(self.current):
            self.current = fetched
            return
        self.current = fetched
        self.rotations += 1
        log.info("New credentials from %s: Litestream is started with them", self.source)
        self._changed(fetched)


def _keys(credentials: Credentials | None) -> tuple[str | None, ...]:
    if credentials is None:
        return ()
    return (credentials.access_key_id, credentials.secret_access_key, credentials.session_token)
