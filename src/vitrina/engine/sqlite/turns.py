"""Taking turns on memory databases, whose connections share one cache."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext
from weakref import WeakValueDictionary


class Turn:
    """A re-entrant lock that can be weakly referred to."""

    __slots__ = ("__weakref__", "_lock")

    def __init__(self) -> None:
        self._lock = threading.RLock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


# Databases of one memory name are one database, whoever opened them.
_turns: WeakValueDictionary[str, Turn] = WeakValueDictionary()
_guard = threading.Lock()


def turn_of(memory_name: str | None) -> AbstractContextManager[None]:
    """What a job holds while it uses a database: nothing for files, one lock for all of a memory database.

    In a shared cache SQLite runs one statement at a time anyway, and refuses
    at once, without waiting, what another connection has locked.
    """
    if memory_name is None:
        return nullcontext()
    with _guard:
        turn = _turns.get(memory_name)
        if turn is None:
            turn = _turns[memory_name] = Turn()
        return turn
