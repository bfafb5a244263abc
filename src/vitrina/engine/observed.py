"""What the current request has read: each database, with the generation that its first read saw."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

_observed: ContextVar[dict[Any, int] | None] = ContextVar("vitrina_observed", default=None)


def begin() -> None:
    """Start to take note, in the current task and those it starts."""
    _observed.set({})


def current() -> dict[Any, int] | None:
    """Where a read notes its database and generation; None where nobody wants to know."""
    return _observed.get()


def observed() -> tuple[tuple[Any, int], ...]:
    """Every database read since :func:`begin`, with its generation."""
    return tuple((_observed.get() or {}).items())
