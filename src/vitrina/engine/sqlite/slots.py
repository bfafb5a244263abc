"""The connections of threads to one database."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable

from vitrina.engine.sqlite.reader import ReadConnection

#: seconds that running statements get when a database is closed
ENDING_S = 5.0
_INTERRUPT_EVERY_S = 0.02


class Slot:
    """The connections of one thread, or of one stream. Its lock is held while a job uses the connections."""

    __slots__ = ("core", "epoch", "foreign", "guarded", "lock", "outside")

    def __init__(self, epoch: int, outside: int = 0) -> None:
        self.epoch = epoch
        self.outside = outside
        self.lock = threading.Lock()
        self.core: ReadConnection | None = None
        self.guarded: ReadConnection | None = None
        self.foreign: sqlite3.Connection | None = None

    def connections(self) -> list[sqlite3.Connection]:
        """Those that are open."""
        found = [item.conn for item in (self.core, self.guarded) if item is not None]
        return found if self.foreign is None else [*found, self.foreign]

    def forget_pages(self, outside: int) -> None:
        """Drop the pages kept from before ``outside`` became another number; the lock is held.

        SQLite drops them itself, unless a file that was copied over this one
        has by now as many commits as the one they were read from.
        """
        if outside != self.outside:
            self.outside = outside
            for conn in self.connections():
                # A plugin's authorizer may forbid it.
                with contextlib.suppress(sqlite3.Error):
                    conn.execute("PRAGMA shrink_memory")

    def close(self) -> None:
        """Close them; the lock is held."""
        for conn in self.connections():
            conn.close()
        self.core = self.guarded = self.foreign = None

    def end(self, deadline: float) -> None:
        """Interrupt what runs, and close; given up at ``deadline`` (of the monotonic clock).

        SQLite looks at no interrupt inside one call of a function.
        """
        # A job may be between two statements when the first interrupt comes.
        while not self.lock.acquire(timeout=_INTERRUPT_EVERY_S):
            for conn in self.connections():
                conn.interrupt()
            if time.monotonic() > deadline:
                return
        try:
            self.close()
        finally:
            self.lock.release()


class Slots:
    """Those of every reader thread and stream; ``make`` gives a new one, and is called with ``lock`` held."""

    def __init__(self, lock: threading.Lock, make: Callable[[], Slot]) -> None:
        self._lock = lock
        self._make = make
        self._all: list[Slot] = []
        self._local = threading.local()

    def of_thread(self, epoch: int) -> Slot:
        """This thread's; connections to a file of another ``epoch``, which was replaced, are closed."""
        slot: Slot | None = getattr(self._local, "slot", None)
        if slot is not None and slot.epoch == epoch:
            return slot
        if slot is not None:
            self.drop(slot)
        self._local.slot = slot = self.add()
        return slot

    def add(self) -> Slot:
        """One that belongs to no thread. Raises what ``make`` raises."""
        with self._lock:
            slot = self._make()
            self._all.append(slot)
        return slot

    def drop(self, slot: Slot) -> None:
        """Close one, once no job uses it."""
        with self._lock:
            if slot in self._all:
                self._all.remove(slot)
        with slot.lock:
            slot.close()

    def count(self) -> int:
        """Connections that are open now."""
        with self._lock:
            slots = list(self._all)
        return sum(len(slot.connections()) for slot in slots)

    def take_all(self) -> list[Slot]:
        """All there are, for whoever ends them; the lock is held."""
        slots, self._all = self._all, []
        return slots
