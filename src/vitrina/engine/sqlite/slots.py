"""The connections of one thread to one database."""

from __future__ import annotations

import sqlite3
import threading
import time

from vitrina.engine.sqlite.reader import ReadConnection

#: seconds that running statements get when a database is closed
ENDING_S = 5.0
_INTERRUPT_EVERY_S = 0.02


class Slot:
    """Its lock is held while a job uses the connections."""

    __slots__ = ("core", "epoch", "foreign", "guarded", "lock")

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch
        self.lock = threading.Lock()
        self.core: ReadConnection | None = None
        self.guarded: ReadConnection | None = None
        self.foreign: sqlite3.Connection | None = None

    def connections(self) -> list[sqlite3.Connection]:
        """Those that are open."""
        found = [item.conn for item in (self.core, self.guarded) if item is not None]
        return found if self.foreign is None else [*found, self.foreign]

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
