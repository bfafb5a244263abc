"""Spans of reads and writes by OpenTelemetry's API; imported only once somebody has set a provider."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.trace import Link, Status, StatusCode

from vitrina.errors import QueryInterrupted
from vitrina.hooks import otel
from vitrina.hooks import telemetry_registry as names
from vitrina.hooks.span_errors import may_be_told, told_error
from vitrina.hooks.span_words import callback_name, sql_attribute, sql_operation_name

T = TypeVar("T")


def _mark(span: Any, error: BaseException, *, with_class: bool) -> None:
    """Show an error; its class stands before the message, or not."""
    told = told_error(error)
    name = type(told).__name__
    if may_be_told(told):
        span.record_exception(told)
        span.set_status(Status(StatusCode.ERROR, f"{name}: {told}" if with_class else str(told)))
    else:
        span.add_event("exception", {"exception.type": f"{type(told).__module__}.{name}"})
        span.set_status(Status(StatusCode.ERROR, name))


def _attributes(database: str, sql: str | None, params: Any, time_limit_ms: float | None = None) -> dict[str, Any]:
    attributes: dict[str, Any] = {names.DB_SYSTEM: "sqlite", names.DB_NAMESPACE: database}
    if sql is not None:
        attributes[names.DB_QUERY_TEXT] = sql_attribute(sql)
        word = sql_operation_name(sql)
        if word is not None:
            attributes[names.DB_OPERATION_NAME] = word
    if time_limit_ms is not None:
        attributes[names.TIME_LIMIT_MS] = math.ceil(time_limit_ms)
    if isinstance(params, (Mapping, Sequence)) and params:
        attributes[names.PARAM_COUNT] = len(params)
    return attributes


# -- plugins' operations, and every write


class QuerySpan:
    """The span of one operation on a database, and those of its parts."""

    def __init__(self, span: Any, database: str) -> None:
        self._span = span
        self._database = database
        self._context = trace.set_span_in_context(span)

    def set(self, name: str, value: Any) -> None:
        """Add an attribute."""
        self._span.set_attribute(name, value)

    def fail(self, error: BaseException, *, with_class: bool = True) -> None:
        """Mark the span as failed."""
        _mark(self._span, error, with_class=with_class)

    def reading(
        self, fn: Callable[..., T], expected: Callable[[Exception], bool], *, with_class: bool
    ) -> Callable[..., T]:
        """``fn`` with a span around it, for a reader thread; ``expected`` errors do not count as failures."""

        def timed(*args: Any) -> T:
            with otel.tracer().start_as_current_span(
                names.DB_QUERY_EXECUTE, context=self._context, record_exception=False, set_status_on_exception=False
            ) as span:
                try:
                    return fn(*args)
                except Exception as error:
                    if not expected(error):
                        _mark(span, error, with_class=with_class)
                    raise

        return timed

    def watch(
        self, *, isolated: bool, transaction: bool, block: bool, expected: tuple[type[BaseException], ...] = ()
    ) -> WriteWatch:
        """What makes the spans of a write's waiting and running; nobody waits for one that does not ``block``."""
        place = {"context": self._context} if block else otel.linked_root_span_kwargs(self._context)
        attributes: dict[str, Any] = {names.ISOLATED_CONNECTION: isolated, names.TRANSACTION: transaction}
        return WriteWatch(self._database, place, attributes, expected)


class WriteWatch:
    """Makes the spans of one write, in the writer's thread: of its waiting from now on, and of its running.

    One that shares its transaction runs until the commit of all of them; the
    first is shown as it is, the others are linked to its span.
    """

    def __init__(
        self,
        database: str,
        place: dict[str, Any],
        attributes: dict[str, Any],
        expected: tuple[type[BaseException], ...],
    ) -> None:
        self._database = database
        self._place = place
        self._attributes = attributes
        self._expected = expected
        self._queued = time.time_ns(), time.perf_counter_ns()
        self._first: WriteWatch | None = None
        self._span: Any = None

    def running(self, job: Callable[[Any], T]) -> Callable[[Any], T]:
        """``job`` inside the span; it may be run again."""

        def watched(conn: Any) -> T:
            token = contexts.attach(trace.set_span_in_context(self._begun()))
            try:
                return job(conn)
            finally:
                contexts.detach(token)

        return watched

    def follow(self, first: WriteWatch) -> None:
        """The write shares the transaction of ``first``, which runs before it."""
        self._first = first

    def end(self, error: BaseException | None) -> None:
        """The write was committed, or failed."""
        span = self._begun()
        if error is not None and not isinstance(error, self._expected):
            _mark(span, error, with_class=True)
        span.end()

    def _begun(self) -> Any:
        """The span of its running, which begins when it is first asked for."""
        if self._span is None:
            began, clock = self._queued
            otel.record_write_queue_wait(self._database, time.perf_counter_ns() - clock)
            otel.tracer().start_span(names.DB_WRITE_QUEUE_WAIT, start_time=began, **self._place).end()
            links = [*self._place.get("links", ())]
            if self._first is not None:
                links.append(Link(self._first._begun().get_span_context()))
            place = {**self._place, "links": links}
            self._span = otel.tracer().start_span(names.DB_WRITE_EXECUTE, attributes=self._attributes, **place)
        return self._span


@contextmanager
def query_span(
    database: str,
    operation: str,
    *,
    sql: str | None = None,
    params: Any = None,
    callback: Any = None,
    time_limit_ms: float | None = None,
    more: Mapping[str, Any] | None = None,
) -> Iterator[QuerySpan]:
    """A span around one operation, ``read`` or ``write``; ``more`` are further attributes.

    Call it only where telemetry is active.
    """
    attributes = {**_attributes(database, sql, params, time_limit_ms), **(more or {})}
    if names.EXECUTESCRIPT in attributes:
        attributes.pop(names.DB_OPERATION_NAME, None)
    if callback is not None:
        attributes[names.CALLBACK] = callback_name(callback)
    with (
        otel.tracer().start_as_current_span(
            names.DB_QUERY,
            kind=names.DB_QUERY.kind,
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
            **otel.placed(contexts.get_current()),
        ) as span,
        otel.record_operation_duration(database, operation),
    ):
        yield QuerySpan(span, database)


# -- what the core reads


class StatementSpans(list[dict[str, Any]]):
    """Takes notes of a request's statements, and makes spans of them; ``passed_on`` is told of the notes.

    ``sql_time_limit_ms`` is the setting: an end by a shorter limit is nobody's fault.
    """

    def __init__(self, passed_on: list[dict[str, Any]] | None, sql_time_limit_ms: float) -> None:
        super().__init__()
        #: whether anybody looks at the notes themselves
        self.takes_notes = passed_on is not None
        self._passed_on = passed_on
        self._limit = sql_time_limit_ms

    def append(self, note: dict[str, Any]) -> None:
        """Take note of something; from any thread."""
        if self._passed_on is not None:
            self._passed_on.append(note)

    def with_notes(self, notes: list[dict[str, Any]]) -> StatementSpans:
        """The same, with ``notes`` told too."""
        return StatementSpans(notes, self._limit)

    def of_job(self) -> JobSpans:
        """The same for a job that is given to a reader thread now."""
        return JobSpans(self, self._limit)


class JobSpans(list[dict[str, Any]]):
    """Makes the spans of the statements of one job; used in the thread that runs it."""

    def __init__(self, notes: StatementSpans, sql_time_limit_ms: float) -> None:
        super().__init__()
        self.takes_notes = notes.takes_notes
        self._notes = notes
        self.limit = sql_time_limit_ms
        self.place = otel.placed(contexts.get_current())
        # The first statement waited with the job.
        self._queued: tuple[int, float] | None = (time.time_ns(), time.perf_counter())

    def append(self, note: dict[str, Any]) -> None:
        """Take note of something."""
        self._notes.append(note)

    def begin_statement(
        self, database: str, sql: str, params: Any, time_limit_ms: float | None, may_fail: bool
    ) -> StatementSpan:
        """The span of a statement that runs now."""
        began, self._queued = self._queued or (time.time_ns(), time.perf_counter()), None
        return StatementSpan(self, began, database, _attributes(database, sql, params, time_limit_ms), may_fail)


class StatementSpan:
    """The span of one statement of the core, and that of its running."""

    def __init__(
        self, job: JobSpans, began: tuple[int, float], database: str, attributes: dict[str, Any], may_fail: bool
    ) -> None:
        self._database = database
        self._clock = began[1]
        self._may_fail = may_fail
        self._is_short = attributes.get(names.TIME_LIMIT_MS, math.inf) < job.limit
        kind = names.DB_QUERY.kind
        tracer = otel.tracer()
        self._query = tracer.start_span(
            names.DB_QUERY, kind=kind, attributes=attributes, start_time=began[0], **job.place
        )
        self._running = tracer.start_span(names.DB_QUERY_EXECUTE, context=trace.set_span_in_context(self._query))

    def end(self, rows: int, truncated: bool) -> None:
        """The statement is done."""
        self._query.set_attribute(names.TRUNCATED, truncated)
        self._query.set_attribute(names.ROWS_RETURNED, rows)
        self._end(None)

    def fail(self, error: BaseException, nobody_waits: bool) -> None:
        """The statement ended with an error."""
        is_failure = not self._may_fail
        if isinstance(error, QueryInterrupted):
            self._query.set_attribute(names.INTERRUPTED, True)
            is_failure = is_failure and not self._is_short and not nobody_waits
            if is_failure:
                otel.record_query_interrupted(self._database)
        elif self._may_fail:
            self._query.set_attribute(names.SQL_ERROR_SUPPRESSED, True)
        if is_failure:
            _mark(self._running, error, with_class=False)
            _mark(self._query, error, with_class=False)
        self._end(error)

    def _end(self, error: BaseException | None) -> None:
        self._running.end()
        self._query.end()
        otel.record_duration(self._database, "read", time.perf_counter() - self._clock, error)
