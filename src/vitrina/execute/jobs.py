"""Long work of a running server: one at a time per database, with progress and cancel, remembered for a while."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import IO, Any, Literal

from vitrina.errors import NotFound, Unavailable, VitrinaError
from vitrina.hooks import telemetry

logger = logging.getLogger("vitrina.jobs")

State = Literal["waiting", "running", "done", "failed", "cancelled"]
ENDED: frozenset[State] = frozenset(("done", "failed", "cancelled"))

#: seconds for which an ended job is remembered, jobs that are remembered, and those that may wait
KEPT_S = 3600.0
KEPT_JOBS = 200
WAITING_MOST = 20

Work = Callable[["Job"], Awaitable[None]]


@dataclass(slots=True, eq=False)
class Job:
    """One piece of work.

    ``owner`` is who may see it, ``progress`` gives what clients are shown,
    ``stop`` is called when it is to end early, ``close`` when it is
    forgotten; ``rejected`` is a file about what was left out. ``created`` and ``ended`` are on the monotonic clock.
    """

    id: str
    kind: str
    database: str
    owner: str
    progress: Callable[[], dict[str, Any]]
    stop: Callable[[], None]
    close: Callable[[], None]
    created: float = field(default_factory=time.monotonic)
    ended: float | None = None
    state: State = "waiting"
    error: str | None = None
    stopping: bool = False
    task: asyncio.Task[None] | None = None
    rejected: IO[str] | None = None

    def as_json(self) -> dict[str, Any]:
        """What clients are told."""
        seconds = (self.ended if self.ended is not None else time.monotonic()) - self.created
        return {
            "id": self.id,
            "kind": self.kind,
            "database": self.database,
            "state": self.state,
            "error": self.error,
            "seconds": round(seconds, 1),
            **self.progress(),
        }


class Jobs:
    """The jobs of one instance. Used on the event loop only."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._slots: dict[str, asyncio.Lock] = {}

    def start(
        self,
        kind: str,
        database: str,
        owner: str,
        work: Work,
        *,
        progress: Callable[[], dict[str, Any]],
        stop: Callable[[], None],
        close: Callable[[], None],
    ) -> Job:
        """Begin ``work(job)`` as soon as no other job of the database runs; see :class:`Job` for the rest.

        What ``work`` raises makes the job fail. Raises Unavailable while too many wait.
        """
        self._forget()
        waiting = sum(job.state not in ENDED and job.database == database for job in self._jobs.values())
        if waiting >= WAITING_MOST:
            raise Unavailable("Too many jobs are waiting", headers={"Retry-After": "10"})
        job = Job(secrets.token_urlsafe(16), kind, database, owner, progress, stop, close)
        self._jobs[job.id] = job
        job.task = asyncio.get_running_loop().create_task(self._run(job, work), name=f"vitrina-{kind}")
        return job

    def get(self, job_id: str, *, database: str, owner: str) -> Job:
        """The job of that id. Raises NotFound, also for somebody else's."""
        job = self._jobs.get(job_id)
        if job is None or job.database != database or job.owner != owner:
            raise NotFound("Job not found")
        return job

    def cancel(self, job: Job) -> None:
        """Ask a job to end; one that ended already stays as it is."""
        if job.state in ENDED:
            return
        job.stopping = True
        job.stop()
        if job.state == "waiting":
            self._end(job, "cancelled")

    async def close(self) -> None:
        """Ask all jobs to end, and wait until they have."""
        for job in self._jobs.values():
            self.cancel(job)
        running = [job.task for job in self._jobs.values() if job.task is not None and not job.task.done()]
        if running:
            await asyncio.wait(running)
        for job in self._jobs.values():
            job.close()
        self._jobs.clear()

    async def _run(self, job: Job, work: Work) -> None:
        telemetry.leave_request()
        slot = self._slots.setdefault(job.database, asyncio.Lock())
        async with slot:
            if job.state != "waiting":
                return
            job.state = "running"
            try:
                await work(job)
            except asyncio.CancelledError:
                self._end(job, "cancelled")
                raise
            except VitrinaError as error:
                job.error = None if job.stopping else error.message
                self._end(job, "cancelled" if job.stopping else "failed")
            except Exception:  # the task supervisor: what goes wrong here is told to who asks for the job
                logger.exception("A job failed: %s in %s", job.kind, job.database)
                job.error = "An error of the server; its log says more"
                self._end(job, "failed")
            else:
                self._end(job, "done")

    def _end(self, job: Job, state: State) -> None:
        job.state = state
        job.ended = time.monotonic()

    def _forget(self) -> None:
        now = time.monotonic()
        ended = [job for job in self._jobs.values() if job.ended is not None]
        surplus = len(self._jobs) - KEPT_JOBS
        for position, job in enumerate(ended):
            if position < surplus or now - (job.ended or now) > KEPT_S:
                del self._jobs[job.id]
                job.close()
