"""One read replica: a database that is served from where its writer replicates it to."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from vitrina.credentials.keeper import CredentialKeeper
from vitrina.credentials.model import CredentialProvider, Credentials, CredentialsUnavailable
from vitrina.errors import StartupError
from vitrina.replicate.binary import child_environment, find_litestream
from vitrina.replicate.freshness import Freshness
from vitrina.replicate.mirror import Mirror
from vitrina.replicate.store_of import open_store
from vitrina.replicate.target import SCHEMES, parse_target

log = logging.getLogger("vitrina.replica")


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """How replicas are read. Times in seconds.

    ``interval_s`` is the time between two looks for changes, ``max_lag_s`` the
    age above which nothing is answered, None for any. ``writer`` is the
    address of the server that takes writes; None asks the replica's lease.
    """

    interval_s: float = 1.0
    max_lag_s: float | None = None
    writer: str | None = None
    binary: str | None = None
    provider: CredentialProvider | None = None


def is_replica_address(word: str) -> bool:
    """Whether an argument names a replica and not a file."""
    return "://" in word and urlsplit(word).scheme in SCHEMES


class ReadReplica:
    """A replica at ``address`` with its copies in ``folder``. Raises StartupError and ConfigError."""

    def __init__(self, address: str, folder: Path, options: ReadingOptions) -> None:
        self.target = parse_target(address, address)
        self.options = options
        self.name = PurePosixPath(unquote(self.target.prefix) or self.target.bucket).name.removesuffix(".db") or "db"
        self._keeper = CredentialKeeper(options.provider) if options.provider is not None else None
        self._credentials: Credentials | None = None
        self._lease_writer: str | None = None
        interval = f"{max(1, round(options.interval_s * 1000))}ms"
        command = (find_litestream(options.binary), "restore", "-f", "-follow-interval", interval, self.target.url)
        self.mirror = Mirror(self.name, folder, command, lambda: child_environment(self._credentials))
        place = open_store(self.target, None if options.provider is None else lambda: self._credentials)
        if place is None and options.max_lag_s is not None:
            raise StartupError(
                f"--max-lag: the age of a copy of {self.target.shown} is not known",
                hint="It is for replicas in S3, Google Cloud Storage, Azure and files, with the package obstore.",
            )
        self._place = place
        self.freshness = (
            None
            if place is None
            else Freshness(self.mirror, place, self.target.kind, options.interval_s, self._refresh)
        )

    @property
    def path(self) -> str:
        """The file that is served."""
        return str(self.mirror.path)

    @property
    def writer(self) -> str | None:
        """Address of the server that takes writes, where it is known."""
        return self.options.writer or self._lease_writer

    @property
    def lag_s(self) -> float | None:
        """Seconds since the copy is known to have held everything; None where that cannot be found out."""
        return None if self.freshness is None else self.freshness.lag_s

    @property
    def as_of(self) -> datetime:
        """When the last change that is served was stored, else when it was taken over."""
        stored = self.freshness.stored if self.freshness is not None else None
        return stored or datetime.fromtimestamp(self.mirror.served.since, UTC)

    def start(self) -> None:
        """Begin to restore it. Raises StartupError where there are no credentials."""
        if self._keeper is not None:
            try:
                self._credentials = asyncio.run(self._keeper.current())
            except CredentialsUnavailable as error:
                raise StartupError(f"The replica {self.target.shown} cannot be read: {error.message}") from error
        self.mirror.start()

    def wait(self) -> None:
        """Wait until it can be served (blocking); it is followed from then on. Raises StartupError."""
        self.mirror.wait()
        if self.freshness is not None:
            self.freshness.start()

    def stop(self) -> None:
        """End its processes (blocking). Idempotent."""
        if self.freshness is not None:
            self.freshness.stop()
        self.mirror.stop()

    def as_json(self) -> Mapping[str, Any]:
        """Its state, without secrets."""
        lag = self.lag_s
        return {
            "database": self.name,
            "replica": self.target.shown,
            "txid": self.mirror.served.txid,
            "as_of": self.as_of.isoformat(timespec="milliseconds"),
            "lag_seconds": None if lag is None else round(lag, 3),
            "writer": self.writer,
            "error": self.mirror.error or (self.freshness.error if self.freshness is not None else None),
        }

    async def _refresh(self) -> None:
        """Keys that changed, and the writer's address (in the thread that looks into the store)."""
        from vitrina.replicate.lease import StoreFailed, read_lease

        if self._keeper is not None:
            try:
                credentials = await self._keeper.current()
            except CredentialsUnavailable as error:
                log.warning("Replica of %s: %s", self.name, error.message)
            else:
                if credentials != self._credentials:
                    self._credentials = credentials
                    self.mirror.use_new_keys()
        if self.options.writer is None and self._place is not None:
            try:
                lease = await read_lease(self._place)
            except StoreFailed:
                return
            self._lease_writer = lease.url if lease is not None else None
