"""Replication of an instance's databases: its start, what it does meanwhile, its end."""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
import time
from collections.abc import Awaitable, Mapping
from pathlib import Path

from vitrina.credentials.environment import EnvironmentProvider
from vitrina.credentials.keeper import CredentialKeeper
from vitrina.credentials.model import Credentials, CredentialsUnavailable, CredentialUse
from vitrina.errors import StartupError
from vitrina.replicate.binary import child_environment, find_litestream
from vitrina.replicate.configuration import DatabaseReplica, ReplicationConfig, parse_seconds, plan_replicas
from vitrina.replicate.contents import ReplicaContents
from vitrina.replicate.control import Control, ControlFailed, SyncState
from vitrina.replicate.durability import Durability
from vitrina.replicate.kept_file import KeptFile
from vitrina.replicate.lease import StoreFailed
from vitrina.replicate.leases import Leases
from vitrina.replicate.litestream_file import litestream_document, write_private
from vitrina.replicate.owner import FOLDER_PREFIX, FileOwner
from vitrina.replicate.process import LitestreamProcess, LogRing, Masking
from vitrina.replicate.progress import ALERT_AFTER_S, Progress
from vitrina.replicate.restore_points import ReplicaContent, read_content
from vitrina.replicate.rotation import Rotation
from vitrina.replicate.supervisor import Supervisor

log = logging.getLogger("vitrina.replication")

#: seconds that an ended server's Litestream gets for its last upload, and a moment more than Litestream gives itself
_ORPHAN_S = 20.0
_STOP_MORE_S = 5.0
#: seconds in which a new Litestream answers, and before which it has not started well
_READY_S = 15.0
_GOOD_START_S = 0.5
_WATCH_EVERY_S = 10.0
# Bytes of a write-ahead log from twice of which on its growth is told.
_LONG_WAL = 128 * 1024 * 1024
# Each question makes Litestream write what is new: not everybody who looks at a page is to cause that.
_FRESH_S = 1.0
# Seconds for which the answer is waited for where somebody looks at a page, or a load balancer asks.
_ASKED_FOR_S = 2.0
# Seconds after which it is said again that a replica is behind.
_ALERT_AGAIN_S = 600.0


class Replication:
    """Everything about the replication of one instance. ``files`` are the databases that may take part, by name."""

    def __init__(self, config: ReplicationConfig, files: Mapping[str, str]) -> None:
        self.config = config
        self.files = dict(files)
        self.masked = Masking()
        self.ring = LogRing(self.masked)
        self.rotation = Rotation(config.provider, config.refresh_s, self._rotated)
        self.supervisor = Supervisor(self._spawn)
        self._searched = CredentialKeeper(EnvironmentProvider())
        # Known now, so that a mistake in the configuration is told before anything is opened.
        self.replicas: dict[str, DatabaseReplica] = {} if config.brokered else self._planned(None)
        self.progress: dict[str, Progress] = {}
        self.leases = Leases()
        self.contents = ReplicaContents(self._list_replica)
        self.binary = ""
        self.folder: Path | None = None
        self.control = Control(Path())
        self.durability = Durability(self.control, lambda: 0, lambda name: False, self._seen)
        self.is_started = False
        self._owners: dict[str, FileOwner] = {}
        self._files: dict[str, KeptFile] = {}
        # the size at which it was told last that a log grows
        self._told_sizes: dict[str, int] = {}
        self._replaced_in: LitestreamProcess | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._asking: asyncio.Future[None] | None = None

    def _planned(self, folder: str | None) -> dict[str, DatabaseReplica]:
        return {each.database: each for each in plan_replicas(self.config, self.files, folder=folder)}

    def is_replicated(self, database: str) -> bool:
        """Whether the database of this name takes part."""
        return self.is_started and database in self.replicas

    # Start

    async def start(self, *, take_over: bool = False) -> None:
        """Start everything; once. Raises StartupError, after which nothing of it is left running."""
        if self.is_started:
            return
        self.is_started = True
        try:
            await self._start(take_over)
        except BaseException:
            await self.stop()
            raise

    async def _start(self, take_over: bool) -> None:
        self.binary = find_litestream(self.config.binary)
        await self.rotation.first()
        self._mask(self.rotation.current)
        if self.config.brokered:
            self.replicas = self._planned(_folder_of(self.rotation.current))
        for replica in self.replicas.values():
            for note in replica.notes:
                log.warning("%s", note)
            self.masked.add(*_secrets_of(replica.target.options))
        if not self.replicas:
            log.info("Replication is configured, and no database takes part")
            return
        await asyncio.to_thread(self._own_files)
        self.folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
        self.control = Control(self.folder / "control.sock")
        self.progress = {name: Progress() for name in self.replicas}
        self.durability = Durability(self.control, lambda: self.supervisor.runs, self._is_safe, self._seen)
        for name, replica in self.replicas.items():
            identity = self._owners[name].identity
            prepare = self._find_credentials if replica.target.kind == "s3" else _nothing
            self.leases.add(name, replica.target, identity, self.config, self._current, prepare)
        await self.leases.acquire_all(take_over=take_over)
        self.supervisor.launch()
        if self.leases.active:
            self.supervisor.allow()
            await self._first_run()
        self._tasks = [asyncio.ensure_future(self._keep_leases()), asyncio.ensure_future(self._watch())]
        self.rotation.launch()
        for name in self.leases.active:
            log.info("Database %s is replicated to %s", name, self.replicas[name].target.shown)

    def _own_files(self) -> None:
        """Lock the files against other servers, end what an earlier one left, switch them to WAL (blocking)."""
        for name, replica in self.replicas.items():
            owner = self._owners[name] = FileOwner(replica.path)
            owner.acquire()
            orphan = owner.stop_orphan(_ORPHAN_S)
            if orphan is not None:
                log.warning("Ended the Litestream (process %d) of a server that was killed", orphan)
            file = self._files[name] = KeptFile(name, replica.path)
            file.open()

    async def _first_run(self) -> None:
        """Wait until Litestream runs well. Raises StartupError with what it said where it does not."""
        began = time.monotonic()
        while True:
            if self.supervisor.crashes:
                raise StartupError(
                    f"Litestream {self.supervisor.last_end}:\n{self.ring.tail() or 'it said nothing'}",
                    hint="The server does not start while its databases cannot be replicated.",
                )
            waited = time.monotonic() - began
            if waited >= _GOOD_START_S and (waited > _READY_S or await self._answers()):
                return
            await asyncio.sleep(0.05)

    async def _answers(self) -> bool:
        try:
            await self.control.databases()
        except ControlFailed:
            return False
        return True

    async def _spawn(self) -> LitestreamProcess:
        await asyncio.to_thread(self._reopen_replaced)
        await asyncio.to_thread(write_private, self.configuration_path, self.document())
        process = await LitestreamProcess.start(self.binary, self.configuration_path, self.environment(), self.ring)
        await asyncio.to_thread(self._note_process, process.pid)
        return process

    def _reopen_replaced(self) -> None:
        for name, file in self._files.items():
            try:
                file.open()
            except StartupError as error:
                log.error("Database %s: %s", name, error.message)

    def _note_process(self, pid: int) -> None:
        for owner in list(self._owners.values()):
            owner.note_process(pid, str(self.folder))

    # What others need

    @property
    def configuration_path(self) -> Path:
        """The file of Litestream's configuration; there once it was started."""
        assert self.folder is not None
        return self.folder / "litestream.yml"

    def document(self) -> dict[str, object]:
        """Litestream's configuration as it is now; may hold secrets."""
        return litestream_document(
            [replica for name, replica in self.replicas.items() if name in self.leases.active],
            self.config.defaults,
            socket=self.folder / "control.sock" if self.folder is not None else None,
            metrics_addr=self.config.metrics_addr,
        )

    def environment(self) -> dict[str, str]:
        """The environment of a child process that reads or writes the replicas now; holds secrets."""
        return child_environment(self.rotation.current)

    def _list_replica(self, name: str) -> Awaitable[ReplicaContent] | None:
        """Lists what the replica of a database holds; None while this server does not write it."""
        if self.folder is None or name not in self.leases.active:
            return None
        place = ["-config", str(self.configuration_path), self.replicas[name].path]
        return read_content(self.binary, place, self.environment())

    async def credentials(self) -> Credentials | None:
        """The current credentials; None where Litestream looks for them itself."""
        return self.rotation.current

    def _current(self) -> Credentials | None:
        return self.rotation.current or self._searched.latest()

    async def _find_credentials(self) -> None:
        """Look where Litestream will look for its keys, when none are configured: the lease needs them too."""
        if self.rotation.current is None:
            try:
                await self._searched.current()
            except CredentialsUnavailable as error:
                raise StoreFailed(error.message) from None

    def credential_uses(self) -> list[CredentialUse]:
        """For the page about credentials."""
        if self.config.provider is None:
            return []
        return [CredentialUse("replication", self.config.place, self.rotation.state())]

    # Durability

    async def wait_durable(self, database: str, more_s: float = 0.0) -> str | None:
        """Wait until the store has what was committed to ``database``; None then, else why it is not known to.

        ``more_s`` is how much longer than the configured time may be waited, in seconds.
        """
        timeout_s = self.config.durable_timeout_s + more_s
        if self.leases.lost(database):
            return "another server has taken the replica over"
        if await self.durability.wait(database, self.replicas[database].path, timeout_s):
            return None
        return f"the object store did not have it within {timeout_s:g} seconds"

    def _is_safe(self, database: str) -> bool:
        if self._files[database].is_replaced():
            # Litestream reads on in the file that was there before.
            self._start_anew(database)
            return False
        return database in self.leases.active and self.leases.is_held(database)

    def _start_anew(self, database: str) -> None:
        if self.supervisor.process is not None and self.supervisor.process is not self._replaced_in:
            self._replaced_in = self.supervisor.process
            log.warning("Database %s: another file stands in its place; Litestream is started for it", database)
            self.supervisor.restart()

    def _seen(self, database: str, state: SyncState) -> None:
        self.progress[database].note(state)

    # Meanwhile

    def _mask(self, credentials: Credentials | None) -> None:
        if credentials is not None:
            self.masked.add(credentials.secret_access_key, credentials.session_token)

    def _rotated(self, credentials: Credentials) -> None:
        self._mask(credentials)
        if self.config.brokered and _folder_of(credentials) not in [
            None, *[each.target.shown.rpartition("/")[0] for each in self.replicas.values()]
        ]:  # fmt: skip
            log.warning("The broker names another folder now: replicas stay where they are until the next start")
        self.supervisor.restart()

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(self.leases.pause_s())
            if await self.leases.renew_all():
                # Others than before take part.
                if self.leases.active:
                    self.supervisor.allow()
                    self.supervisor.restart()
                else:
                    self.supervisor.hold()

    async def _watch(self) -> None:
        while True:
            await self.ask()
            for name, progress in self.progress.items():
                if self._files[name].is_replaced():
                    self._start_anew(name)
                self._alert(name, progress)
                self._alert_of_growth(name)
            await asyncio.sleep(_WATCH_EVERY_S)

    async def ask(self) -> None:
        """Ask Litestream how far each database is, unless it said so a moment ago."""
        for name in list(self.leases.active):
            asked_at = self.progress[name].asked_at
            if asked_at is not None and time.monotonic() - asked_at < _FRESH_S:
                continue
            try:
                self._seen(name, await self.control.sync(self.replicas[name].path))
            except ControlFailed as error:
                log.debug("Litestream did not say how far %s is: %s", name, error)

    async def ask_briefly(self) -> None:
        """As :meth:`ask` for somebody who waits: a Litestream that is busy with a large file answers later."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.ensure_future(self.ask())
        # Never cancelled: Litestream takes the end of a connection for the end of what it does.
        await asyncio.wait((self._asking,), timeout=_ASKED_FOR_S)

    def _alert(self, name: str, progress: Progress) -> None:
        lag, now = progress.lag(), time.monotonic()
        if lag is None or lag < ALERT_AFTER_S:
            if progress.alerted_at is not None:
                log.info("Database %s is in step with its replica again", name)
            progress.alerted_at = None
        elif progress.alerted_at is None or now - progress.alerted_at > _ALERT_AGAIN_S:
            progress.alerted_at = now
            log.error("Database %s: its replica has been behind for %.0f s", name, lag)

    def _alert_of_growth(self, name: str) -> None:
        size = self.wal_size(name)
        grown = size > self._told_sizes.get(name, _LONG_WAL) * 2
        if grown:
            log.error(
                "Database %s: its write-ahead log has %d MB; Litestream empties it when it can go on",
                name,
                size // 1_000_000,
            )
        if grown or size < _LONG_WAL:
            self._told_sizes[name] = max(size, _LONG_WAL)

    def wal_size(self, name: str) -> int:
        """Bytes of the write-ahead log of a database."""
        return self._files[name].wal_size() if name in self._files else 0

    # End

    async def _flush(self, limit_s: float) -> bool:
        """Wait until the store has everything: what Litestream uploads by itself at its end is not always all."""
        if self.supervisor.process is None:
            return True
        names = list(self.leases.active)
        done = await asyncio.gather(*(self.durability.wait(each, self.replicas[each].path, limit_s) for each in names))
        for name in (name for name, is_done in zip(names, done, strict=True) if not is_done):
            log.error("Database %s: the store did not have the last writes within %g s", name, limit_s)
        return all(done)

    async def stop(self) -> None:
        """Upload what is left, within Litestream's own limit, and end everything. Idempotent.

        To be called after the databases were closed: Litestream must not miss
        what is written last.
        """
        if not self.is_started:
            return
        self.is_started = False
        for task in self._tasks[1:]:
            task.cancel()
        await self.rotation.close()
        if self.folder is not None:
            limit_s = parse_seconds(self.document()["shutdown-sync-timeout"], "shutdown-sync-timeout")
            flushed = await self._flush(limit_s)
            await self.durability.close()
            # What the store did not take until now it will not take in the same time again.
            await self.supervisor.stop(limit_s + _STOP_MORE_S if flushed else _STOP_MORE_S)
        if self._asking is not None:
            # Nobody is there to answer it any more.
            self._asking.cancel()
        for file in self._files.values():
            await asyncio.to_thread(file.close)
        # Until now the lease was renewed: the last upload may take its time.
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.leases.release_all()
        for owner in self._owners.values():
            owner.note_process(None)
            owner.release()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


async def _nothing() -> None:
    return None


def _folder_of(credentials: Credentials | None) -> str | None:
    if credentials is None or credentials.bucket is None:
        return None
    return f"s3://{credentials.bucket}/{credentials.prefix or ''}".rstrip("/")


def _secrets_of(options: Mapping[str, object]) -> list[str]:
    words = ("secret", "token", "password", "key")
    return [str(value) for key, value in options.items() if any(word in key for word in words) and value]
