"""Interrupting statements that do not come back to look at the clock themselves."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Protocol

# How often running statements are looked at, and how long after its deadline one is interrupted, in seconds.
_TICK_S = 0.1


class Interruptible(Protocol):
    """A statement that can be told to stop."""

    def interrupt(self, deadline: float) -> None:
        """Stop the statement if it still is the one with this deadline."""


class Watchdog:
    """One daemon thread that wakes only while statements with a deadline run.

    The progress handler ends nearly all statements in time. It is not called
    inside one long step, such as counting a whole table, and for those this
    thread is there.
    """

    def __init__(self) -> None:
        self._running: dict[Interruptible, float] = {}
        self._work = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def watch(self, statement: Interruptible, deadline: float) -> None:
        """Interrupt ``statement`` after ``deadline`` (monotonic seconds), unless it is forgotten before."""
        self._running[statement] = deadline
        if not self._work.is_set():
            self._wake()

    def forget(self, statement: Interruptible) -> None:
        """The statement ended."""
        self._running.pop(statement, None)

    def _wake(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="vitrina-watchdog", daemon=True)
                # Where there are no threads at all (WebAssembly), the progress handler is all there is.
                with contextlib.suppress(RuntimeError):
                    self._thread.start()
        self._work.set()

    def _run(self) -> None:
        while self._work.wait():
            time.sleep(_TICK_S)
            late = time.monotonic() - _TICK_S
            for statement, deadline in list(self._running.items()):
                if deadline < late:
                    statement.interrupt(deadline)
            if not self._running:
                self._work.clear()
                # One may have been added between the question and the answer.
                if self._running:
                    self._work.set()


#: the watchdog of this process; it keeps nothing but what runs at the moment
WATCHDOG = Watchdog()
