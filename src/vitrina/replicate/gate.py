"""Telling when nobody reads a copy of a replica any more."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager


class ReadGate:
    """Counts the readers of the served copy, so that it is written to only after they have left.

    A reader that came before a switch may still find either copy, one that
    came after it finds the new one. No second switch happens while a reader
    from before the first is there, so a reader never sees a copy change.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._side = 0
        #: how often another copy was served
        self.switches = 0
        self._readers = [0, 0]

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold on to the copy that is served now (never blocks)."""
        with self._changed:
            side = self._side
            self._readers[side] += 1
        try:
            yield
        finally:
            with self._changed:
                self._readers[side] -= 1
                if side != self._side and not self._readers[side]:
                    self._changed.notify_all()

    def switch(self) -> None:
        """Count later readers apart from those that are there; call it once the other copy is served."""
        with self._changed:
            if self._readers[1 - self._side]:
                raise RuntimeError("readers from before the last switch are still there")
            self._side = 1 - self._side
            self.switches += 1

    def wait_until_left(self, timeout_s: float) -> bool:
        """Wait until all readers from before the last switch have left (blocking); False when some have not."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._readers[1 - self._side], timeout_s)


class ReadGates:
    """Several gates as one, for a connection that reads several copies at once."""

    def __init__(self, gates: Sequence[ReadGate]) -> None:
        self._gates = tuple(gates)

    @property
    def switches(self) -> int:
        """How often any of the copies was changed for another."""
        return sum(gate.switches for gate in self._gates)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold on to all copies that are served now (never blocks)."""
        with ExitStack() as stack:
            for gate in self._gates:
                stack.enter_context(gate.reading())
            yield
