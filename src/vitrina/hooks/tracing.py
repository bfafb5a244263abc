"""What happened during a request, for pages made with ``_trace=1``."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_traces: ContextVar[list[dict[str, Any]] | None] = ContextVar("vitrina_traces", default=None)
_task: ContextVar[int | None] = ContextVar("vitrina_trace_task", default=None)
_RESERVED = frozenset({"type", "start", "end", "duration_ms", "traceback"})
#: keys that a trace may not have
TRACE_RESERVED_KEYS = set(_RESERVED)
_FRAMES = 7


@contextmanager
def trace(trace_type: str, **kwargs: Any) -> Iterator[dict[str, Any] | None]:
    """Take note of what happens inside; ``kwargs`` are shown with it, as is what is put into the yielded object.

    Costs next to nothing where nobody takes notes. Raises ValueError for a reserved key.
    """
    taken = _RESERVED.intersection(kwargs)
    if taken:
        raise ValueError(f"trace() keeps these keys for itself: {', '.join(sorted(taken))}")
    traces = _traces.get()
    if traces is None:
        yield kwargs
        return
    start = time.perf_counter()
    error: str | None = None
    try:
        yield kwargs
    except BaseException as raised:
        error = str(raised)
        raise
    finally:
        end = time.perf_counter()
        traces.append(
            {
                "type": trace_type,
                "start": start,
                "end": end,
                "duration_ms": (end - start) * 1000,
                "traceback": traceback.format_list(traceback.extract_stack(limit=_FRAMES)[:-3]),
                "error": error,
                **kwargs,
            }
        )


@contextmanager
def trace_child_tasks() -> Iterator[None]:
    """Tasks started inside count as part of this request; here they do anyway, as context is inherited."""
    token = _task.set(get_task_id())
    try:
        yield
    finally:
        _task.reset(token)


@contextmanager
def capture_traces(tracer: list[dict[str, Any]]) -> Iterator[None]:
    """Collect in ``tracer`` what is traced inside."""
    token = _traces.set(tracer)
    try:
        yield
    finally:
        _traces.reset(token)


def current_traces() -> list[dict[str, Any]] | None:
    """Where notes of the current request go; None where nobody takes any."""
    return _traces.get()


def get_task_id() -> int | None:
    """A number for the current task; None outside of a loop."""
    current = _task.get()
    if current is not None:
        return current
    try:
        return id(asyncio.current_task())
    except RuntimeError:
        return None
