"""What happened during a request, for pages made with ``_trace=1``."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")

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
        traces.append(_note(trace_type, start, error, kwargs, inner=4))


def _note(trace_type: str, start: float, error: str | None, more: dict[str, Any], *, inner: int = 2) -> dict[str, Any]:
    """What ends now; ``inner`` functions at the end of the stack are not of interest."""
    end = time.perf_counter()
    return {
        "type": trace_type,
        "start": start,
        "end": end,
        "duration_ms": (end - start) * 1000,
        "traceback": traceback.format_list(traceback.extract_stack(limit=_FRAMES + inner - 3)[:-inner]),
        "error": error,
        **more,
    }


class StatementNote:
    """Takes note of one statement of the core, from now to its end, in ``traces`` and as a span where these make one.

    ``time_limit_ms`` is what it may take, None for any time; with ``may_fail``
    an error is an answer like any other.
    """

    __slots__ = ("_about", "_span", "_start", "_traces")

    def __init__(
        self,
        traces: list[dict[str, Any]],
        database: str,
        sql: str,
        params: Any,
        *,
        time_limit_ms: float | None,
        may_fail: bool = False,
    ) -> None:
        self._traces = traces if getattr(traces, "takes_notes", True) else None
        self._about = {"database": database, "sql": sql.strip(), "params": params}
        begin = getattr(traces, "begin_statement", None)
        self._span = begin and begin(database, sql, params, time_limit_ms, may_fail)
        self._start = time.perf_counter()

    def end(self, rows: int, *, truncated: bool = False) -> None:
        """The statement is done, and had so many rows."""
        if self._traces is not None:
            self._traces.append(_note("sql", self._start, None, self._about))
        if self._span is not None:
            self._span.end(rows, truncated)

    def fail(self, error: BaseException, *, nobody_waits: bool = False) -> None:
        """The statement ended with an error, which may be that nobody waits for it any more."""
        if self._traces is not None:
            self._traces.append(_note("sql", self._start, str(error.__cause__ or error), self._about))
        if self._span is not None:
            self._span.fail(error, nobody_waits)


def carried(job: Callable[[T], R]) -> Callable[[T], R]:
    """``job`` for a worker thread, with notes of its statements where the caller takes any."""
    traces = _traces.get()
    if traces is None:
        return job
    of_job = getattr(traces, "of_job", None)
    return partial(_noting, job, traces if of_job is None else of_job())


def _noting(job: Callable[[T], R], traces: list[dict[str, Any]], argument: T) -> R:
    with capture_traces(traces):
        return job(argument)


@contextmanager
def untraced() -> Iterator[None]:
    """Nobody takes notes of what happens inside."""
    token = _traces.set(None)
    try:
        yield
    finally:
        _traces.reset(token)


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
