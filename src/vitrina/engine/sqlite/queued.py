"""Jobs that wait for the writer, and telling those who wait what became of them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar

from vitrina.engine.sqlite.group_commit import Outcome

T = TypeVar("T")


class Watch(Protocol):
    """Somebody who is told what becomes of one write, in the writer's thread."""

    def running(self, job: Callable[[sqlite3.Connection], T]) -> Callable[[sqlite3.Connection], T]:
        """``job`` as it is to be run; perhaps twice."""

    def follow(self, first: Self) -> None:
        """The write shares the transaction of one that is watched too, and runs after it."""

    def end(self, error: BaseException | None) -> None:
        """It was committed, or failed."""


@dataclass(frozen=True, slots=True, eq=False)
class Queued:
    """One job that waits. ``size`` is in bytes; ``bounded`` ones are limited in number; ``tables`` may be changed."""

    job: Callable[[sqlite3.Connection], Any]
    future: Future[Any] | asyncio.Future[Any]
    shared: bool = False
    bounded: bool = False
    size: int = 0
    tables: frozenset[str] | None = None
    watch: Watch | None = None


def deliver(done: Sequence[tuple[Queued, Outcome]]) -> None:
    """Tell what became of the jobs. Those who wait in an event loop are told together, which wakes it only once."""
    waiting: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Outcome]]] = {}
    for item, outcome in done:
        if item.watch is not None:
            item.watch.end(outcome.error)
        if isinstance(item.future, asyncio.Future):
            waiting.setdefault(item.future.get_loop(), []).append((item.future, outcome))
        else:
            _settle(item.future, outcome)
    for loop, pairs in waiting.items():
        # A closed loop: nobody waits any more.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle_all, pairs)


def _settle_all(pairs: Sequence[tuple[asyncio.Future[Any], Outcome]]) -> None:
    for future, outcome in pairs:
        _settle(future, outcome)


def _settle(future: Future[Any] | asyncio.Future[Any], outcome: Outcome) -> None:
    if future.done():
        # Whoever waited gave up.
        return
    error = outcome.error
    if isinstance(error, StopIteration):
        # Futures do not take it: it would end the generator that awaits it.
        error = RuntimeError("The job raised StopIteration")
        error.__cause__ = outcome.error
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(outcome.value)
