"""Plugins' generators around a write: what is before their ``yield`` runs before it, the rest after it."""

from __future__ import annotations

import contextlib
import inspect
import sqlite3
from collections.abc import Callable, Generator, Sequence
from typing import Any

WriteFunction = Callable[..., Any]
#: ``f(conn)`` or ``f(conn, track_event)`` that gives a generator with one ``yield``
WriteWrapper = Callable[..., Generator[Any, Any, Any]]
TrackEvent = Callable[[Any], None]


def call_write(fn: WriteFunction, conn: sqlite3.Connection, track_event: TrackEvent) -> Any:
    """``fn(conn)``, or ``fn(conn, track_event)`` where it takes an argument of that name, in either order."""
    names = _parameters(fn)
    if "track_event" not in names:
        return fn(conn)
    if names[0] != "track_event":
        return fn(conn, track_event=track_event)
    return fn(track_event, conn=conn) if "conn" in names else fn(track_event)


def _parameters(fn: WriteFunction) -> list[str]:
    """The names of a function's arguments."""
    try:
        return list(inspect.signature(fn).parameters)
    except (TypeError, ValueError):
        # Some built-in functions have no signature.
        return []


def nested(
    wrappers: Sequence[WriteWrapper], fn: Callable[[sqlite3.Connection], Any], track_event: TrackEvent
) -> Callable[[sqlite3.Connection], Any]:
    """``fn`` inside the wrappers, the first of them outermost."""
    for wrapper in reversed(wrappers):
        fn = _inside(wrapper, fn, track_event)
    return fn


def _inside(
    wrapper: WriteWrapper, fn: Callable[[sqlite3.Connection], Any], track_event: TrackEvent
) -> Callable[[sqlite3.Connection], Any]:
    def run(conn: sqlite3.Connection) -> Any:
        generator = call_write(wrapper, conn, track_event)
        try:
            next(generator)
        except StopIteration:
            # One that does not yield wanted nothing around this write.
            return fn(conn)
        try:
            result = fn(conn)
        except BaseException as error:
            _throw(generator, error)
            raise
        try:
            generator.send(result)
        except StopIteration:
            pass
        else:
            generator.close()
        return result

    return run


def _throw(generator: Generator[Any, Any, Any], error: BaseException) -> None:
    """Tell the generator; what it raises instead takes the place of the error."""
    with contextlib.suppress(StopIteration):
        generator.throw(error)
