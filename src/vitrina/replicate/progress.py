"""How far the replication of one database is: numbers of transactions, and since when the store lags behind."""

from __future__ import annotations

import time
from collections import deque

from vitrina.replicate.control import SyncState

#: seconds behind after which the log says so
ALERT_AFTER_S = 60.0
#: unconfirmed transactions of which the time is kept
_KEPT = 1000


class Progress:
    """What Litestream said of one database last. Times are of the monotonic clock: the other one may be put right."""

    def __init__(self) -> None:
        self.txid = 0
        self.replicated_txid = 0
        self.asked_at: float | None = None
        #: Unix seconds, for people
        self.in_step_at: float | None = None
        #: when it was told in the log that the store lags behind, None while it does not
        self.alerted_at: float | None = None
        # (number, when it was first heard of) of transactions that the store did not have
        self._pending: deque[tuple[int, float]] = deque(maxlen=_KEPT)

    def note(self, state: SyncState, now: float | None = None) -> None:
        """Take in an answer of Litestream."""
        now = time.monotonic() if now is None else now
        if state.txid < self.txid:
            # It began anew, with another file perhaps.
            self._pending.clear()
        if state.txid > self.replicated_txid and (not self._pending or self._pending[-1][0] < state.txid):
            self._pending.append((state.txid, now))
        self.txid, self.replicated_txid, self.asked_at = state.txid, state.replicated_txid, now
        while self._pending and self._pending[0][0] <= state.replicated_txid:
            self._pending.popleft()
        if not self._pending and state.txid > 0:
            self.in_step_at = time.time()

    def lag(self, now: float | None = None) -> float | None:
        """Seconds for which the oldest transaction waits for the store; 0 where none does, None where unknown."""
        if self.asked_at is None:
            return None
        now = time.monotonic() if now is None else now
        return max(0.0, now - self._pending[0][1]) if self._pending else 0.0
