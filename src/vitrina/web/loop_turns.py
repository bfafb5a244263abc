"""Long work on the event loop that lets others in between."""

from __future__ import annotations

import asyncio
import time

# Seconds of work after which other requests get a turn.
_TURN_S = 0.02


class LoopTurns:
    """Asked between two pieces of work; lets the loop turn once enough time has passed."""

    __slots__ = ("_began",)

    def __init__(self) -> None:
        self._began = time.perf_counter()

    async def give(self) -> None:
        """Let others run, if it is their turn."""
        if time.perf_counter() - self._began > _TURN_S:
            await asyncio.sleep(0)
            self._began = time.perf_counter()
