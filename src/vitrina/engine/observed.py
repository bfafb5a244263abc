"""What the current request has read: each database, the generation that its first read saw, and the tables."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Seen:
    """What was read of one database.

    The first ``generation`` counts: what was read first may already be
    outdated. ``tables`` are ordinary tables by their exact names; with
    ``anything`` there was more than these, or nobody knows.
    """

    generation: int
    tables: set[str] = field(default_factory=set)
    anything: bool = False

    def known_tables(self) -> frozenset[str] | None:
        """The tables, None for anything."""
        return None if self.anything else frozenset(self.tables)


_observed: ContextVar[dict[Any, Seen] | None] = ContextVar("vitrina_observed", default=None)


def begin() -> None:
    """Start to take note, in the current task and those it starts."""
    _observed.set({})


def current() -> dict[Any, Seen] | None:
    """Where a read notes its database and what it saw; None where nobody wants to know."""
    return _observed.get()


def observed() -> tuple[tuple[Any, Seen], ...]:
    """Every database read since :func:`begin`."""
    return tuple((_observed.get() or {}).items())
