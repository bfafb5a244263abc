"""Reads and commits of this process taking turns on a file."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

# How long a commit waits for reads that are under way or waited for the commit before, in seconds. SQLite's own locks
# decide after that.
_PATIENCE_S = 0.02
# The least time between two commits, in seconds, while others ask all the time whether what they read still holds.
_APART_S = 0.015


class Alternation:
    """Lets the reads that waited for a commit go before the next commit, and a commit before reads that come later.

    SQLite's locks keep all out while a commit is under way, tell nobody when
    it ends, and make whoever found the file locked sleep for some time; under
    a stream of writes a read would lose that race again and again. ``lock`` is
    the database's, ``changed`` a condition on it. Phase-fair locks in the sense
    of Brandenburg and Anderson, "Reader-writer synchronization for shared-memory
    multiprocessor real-time systems" (2009), with bounds on the writer's waits.
    """

    def __init__(self, lock: threading.Lock, changed: threading.Condition, must_wait: Callable[[], bool]) -> None:
        self._lock = lock
        self._changed = changed
        self._must_wait = must_wait
        self._readers = 0
        self._waiting = 0
        # of the reads that waited for the last commit: how many have not begun yet
        self._owed = 0
        self._is_closed = False
        # whether somebody asked since the last commit began, and when that was done
        self._wanted = False
        self._committed_at = 0.0

    def begin_read(self, patience_s: float) -> None:
        """Wait for a commit that is under way, at most ``patience_s`` seconds; :meth:`end_read` must follow."""
        with self._lock:
            if self._is_closed or self._must_wait():
                self._waiting += 1
                self._changed.wait_for(lambda: not (self._is_closed or self._must_wait()), patience_s)
                self._waiting -= 1
                self._owed = max(0, self._owed - 1)
            self._readers += 1
            self._changed.notify_all()

    def end_read(self) -> None:
        """The read is done."""
        with self._lock:
            self._readers -= 1
            if not self._readers:
                self._changed.notify_all()

    def want(self) -> None:
        """Somebody asks whether what he read before still holds."""
        self._wanted = True

    def let_reads_begin(self) -> None:
        """Before a transaction: wait for reads that waited for the last commit.

        While others ask all the time whether what they read still holds, some
        time passes between two commits, in which it does; more writes share a
        transaction for that.
        """
        if self._wanted:
            self._wanted = False
            time.sleep(max(0.0, self._committed_at + _APART_S - time.monotonic()))
        with self._lock:
            self._changed.wait_for(lambda: not self._owed, _PATIENCE_S)

    def begin_commit(self) -> None:
        """Wait for reads under way, and keep those that come later waiting until :meth:`end_commit`."""
        with self._lock:
            self._is_closed = True
            self._changed.wait_for(lambda: not self._readers, _PATIENCE_S)

    def end_commit(self) -> None:
        """Let in those who waited."""
        with self._lock:
            self._is_closed = False
            self._owed = self._waiting
            self._committed_at = time.monotonic()
            self._changed.notify_all()
