"""Waiting until the object store has what was committed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from vitrina.replicate.control import Control, ControlFailed, SyncState

#: seconds between two questions to Litestream while somebody waits; the second where uploads are slow, since each
#: question makes a file more that is to be uploaded
POLL_S = 0.1
SLOW_POLL_S = 2.0
#: files that wait for their upload when the store counts as slow
_BACKLOG = 2
_AFTER_FAILURE_S = 0.25


@dataclass(slots=True, eq=False)
class _Waiter:
    """One write that was committed. ``target`` is the number that covers it, None until that is known."""

    done: asyncio.Future[None]
    target: int | None = None


@dataclass(slots=True)
class _Poll:
    path: str
    waiters: list[_Waiter] = field(default_factory=list)
    run: int = -1
    pause_s: float = POLL_S
    task: asyncio.Task[None] | None = None


class Durability:
    """One poller for each database, shared by all who wait; it runs only while somebody does.

    ``run`` counts the starts of Litestream, ``is_safe`` says whether what the
    store has of a database is ours alone; ``seen`` hears of every answer.
    """

    def __init__(
        self,
        control: Control,
        run: Callable[[], int],
        is_safe: Callable[[str], bool],
        seen: Callable[[str, SyncState], None],
    ) -> None:
        self._control = control
        self._run = run
        self._is_safe = is_safe
        self._seen = seen
        self._polls: dict[str, _Poll] = {}

    async def wait(self, database: str, path: str, timeout_s: float) -> bool:
        """Whether the store has everything that was committed before this call, within ``timeout_s``."""
        poll = self._polls.setdefault(database, _Poll(path))
        waiter = _Waiter(asyncio.get_running_loop().create_future())
        poll.waiters.append(waiter)
        if poll.task is None or poll.task.done():
            poll.task = asyncio.get_running_loop().create_task(self._poll(database, poll))
        try:
            async with asyncio.timeout(timeout_s):
                await waiter.done
        except TimeoutError:
            return False
        finally:
            if waiter in poll.waiters:
                poll.waiters.remove(waiter)
        return True

    async def _poll(self, database: str, poll: _Poll) -> None:
        while poll.waiters:
            asked_by = list(poll.waiters)
            run = self._run()
            if run != poll.run:
                # Another Litestream: what the one before promised is asked of this one anew.
                poll.run = run
                for waiter in asked_by:
                    waiter.target = None
            try:
                state = await self._control.sync(poll.path)
            except ControlFailed:
                poll.run = -1
                await asyncio.sleep(_AFTER_FAILURE_S)
                continue
            if run == self._run():
                self._seen(database, state)
                self._settle(database, poll, asked_by, state)
            behind = state.txid - state.replicated_txid > _BACKLOG
            poll.pause_s = min(poll.pause_s * 2, SLOW_POLL_S) if behind else max(poll.pause_s / 2, POLL_S)
            await asyncio.sleep(poll.pause_s)

    def _settle(self, database: str, poll: _Poll, asked_by: list[_Waiter], state: SyncState) -> None:
        # At its start Litestream says 0 of 0. A store that is ahead of the file has somebody else's writes.
        believable = state.txid > 0 and state.replicated_txid <= state.txid and self._is_safe(database)
        for waiter in asked_by:
            if waiter.target is None:
                waiter.target = state.txid if state.txid > 0 else None
            covered = waiter.target is not None and state.replicated_txid >= waiter.target
            if believable and covered and not waiter.done.done():
                waiter.done.set_result(None)
                if waiter in poll.waiters:
                    poll.waiters.remove(waiter)

    async def close(self) -> None:
        """End the pollers; whoever still waits runs into its limit."""
        tasks = [poll.task for poll in self._polls.values() if poll.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
