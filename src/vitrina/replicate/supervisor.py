"""Keeps one Litestream running: started again when it ends, a little later each time it ends at once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from vitrina.replicate.process import LitestreamProcess

log = logging.getLogger("vitrina.replication")

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
#: a run of this many seconds was a good one: the next pause is the first again
_GOOD_RUN_S = 10.0
#: seconds that Litestream gets to end for new credentials; nothing is lost when it is ended before
_QUICK_STOP_S = 5.0


class Supervisor:
    """Runs what ``spawn`` starts, for as long as it is allowed to."""

    def __init__(self, spawn: Callable[[], Awaitable[LitestreamProcess]]) -> None:
        self._spawn = spawn
        self._task: asyncio.Task[None] | None = None
        self._allowed = asyncio.Event()
        self._asked = asyncio.Event()
        self._stopping = False
        self._patience_s = _QUICK_STOP_S
        self.process: LitestreamProcess | None = None
        #: how often it was started, and ended without having been asked to
        self.runs = 0
        self.crashes = 0
        self.last_end: str | None = None
        self.last_end_at: datetime | None = None
        self.next_start_at: float | None = None

    def launch(self) -> None:
        """Begin to watch; it is started once :meth:`allow` was called."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="vitrina-litestream")

    def allow(self) -> None:
        """Let it run from now on."""
        self._allowed.set()

    def hold(self) -> None:
        """End it, and start it no more until it is allowed again."""
        self._allowed.clear()
        self._asked.set()

    def restart(self) -> None:
        """End it and start it anew, as for new credentials; at once where a pause was being made."""
        self._asked.set()

    async def stop(self, patience_s: float) -> None:
        """End it for good; it gets ``patience_s`` for its last upload. Idempotent."""
        self._stopping = True
        self._patience_s = patience_s
        self._allowed.set()
        self._asked.set()
        task, self._task = self._task, None
        if task is not None:
            await task

    async def _run(self) -> None:
        pause = FIRST_PAUSE_S
        while True:
            await self._allowed.wait()
            if self._stopping:
                return
            self._asked.clear()
            began = time.monotonic()
            if await self._run_once():
                # It was asked to end.
                pause = FIRST_PAUSE_S
                continue
            if self._stopping:
                return
            self.crashes += 1
            if time.monotonic() - began > _GOOD_RUN_S:
                pause = FIRST_PAUSE_S
            log.error("Litestream %s; started again in %g s", self.last_end, pause)
            self.next_start_at = time.time() + pause
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), pause)
            self.next_start_at = None
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def _run_once(self) -> bool:
        """One run, to its end; whether it ended because it was to."""
        try:
            process = await self._spawn()
        except OSError as error:
            self._note(f"cannot be started ({error.strerror})")
            return False
        self.process = process
        self.runs += 1
        ended = asyncio.ensure_future(process.wait())
        asked = asyncio.ensure_future(self._asked.wait())
        try:
            await asyncio.wait((ended, asked), return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                status = ended.result()
                self._note(f"ended by signal {-status}" if status < 0 else f"ended with status {status}")
                return False
            if not await process.stop(self._patience_s):
                log.warning("Litestream did not end within %g s and was made to", self._patience_s)
            self._note("was ended")
            return True
        finally:
            asked.cancel()
            ended.cancel()
            self.process = None

    def _note(self, what: str) -> None:
        self.last_end = what
        self.last_end_at = datetime.now(UTC)
