"""Spans and metrics by OpenTelemetry's API; imported only once somebody has set a provider."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from opentelemetry import context as contexts
from opentelemetry import metrics, trace
from opentelemetry.trace import Link, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from vitrina.hooks import telemetry_registry as names
from vitrina.hooks.span_words import callback_name, has_own_span, instances, own_span, sql_attribute, sql_operation_name
from vitrina.version import REFERENCE_VERSION

#: the name of the instrumentation, which dashboards of the ecosystem filter by
SCOPE = "datasette"
SCHEMA_URL = "https://opentelemetry.io/schemas/1.29.0"


@functools.cache
def _tracer(provider: Any) -> Any:
    return provider.get_tracer(SCOPE, REFERENCE_VERSION, SCHEMA_URL)


def tracer() -> Any:
    """The tracer of the provider that is set."""
    return _tracer(trace.get_tracer_provider())


def linked_root_span_kwargs(context: Any = None) -> dict[str, Any]:
    """Arguments for a span without a parent that is linked to the current one."""
    current = trace.get_current_span(context).get_span_context()
    return {"context": contexts.Context(), "links": [Link(current)] if current.is_valid else []}


# -- metrics


@functools.cache
def _instruments() -> dict[str, Any]:
    # Made before a provider is set, they find it later by themselves.
    meter = metrics.get_meter(SCOPE, REFERENCE_VERSION, schema_url=SCHEMA_URL)

    def histogram(name: names.MetricName) -> Any:
        advice = {"explicit_bucket_boundaries_advisory": name.buckets}
        return meter.create_histogram(name, unit=name.unit, description=name.description, **advice)

    interrupted = names.M_QUERIES_INTERRUPTED
    for name, observe in _OBSERVED.items():
        meter.create_observable_gauge(name, callbacks=[observe], unit=name.unit, description=name.description)
    return {
        names.M_OPERATION_DURATION: histogram(names.M_OPERATION_DURATION),
        names.M_WRITE_QUEUE_WAIT: histogram(names.M_WRITE_QUEUE_WAIT),
        interrupted: meter.create_counter(interrupted, unit=interrupted.unit, description=interrupted.description),
    }


def _instrument(name: str) -> Any:
    return _instruments()[name]


@contextmanager
def record_operation_duration(database_name: str, operation: str) -> Iterator[None]:
    """Measure what happens inside."""
    began = time.perf_counter()
    attributes: dict[str, Any] = {
        names.DB_SYSTEM: "sqlite",
        names.DB_NAMESPACE: database_name,
        names.OPERATION: operation,
    }
    try:
        yield
    except BaseException as error:
        attributes[names.ERROR_TYPE] = type(error).__name__
        raise
    finally:
        _instrument(names.M_OPERATION_DURATION).record(time.perf_counter() - began, attributes)


def record_query_interrupted(database_name: str) -> None:
    """Count a statement that its time limit ended."""
    _instrument(names.M_QUERIES_INTERRUPTED).add(1, {names.DB_NAMESPACE: database_name})


def record_write_queue_wait(database_name: str, waited_ns: int) -> None:
    """Note how long a write waited."""
    _instrument(names.M_WRITE_QUEUE_WAIT).record(waited_ns / 1e9, {names.DB_NAMESPACE: database_name})


def _observations(value: Callable[[Any], Mapping[str | None, float]]) -> list[Any]:
    totals: dict[str | None, float] = {}
    for instance in list(instances):
        for name, number in value(instance).items():
            totals[name] = totals.get(name, 0) + number
    return [
        metrics.Observation(number, {} if name is None else {names.DB_NAMESPACE: name})
        for name, number in totals.items()
    ]


def _engines(ds: Any) -> list[Any]:
    return [*ds.site.databases.values(), ds.site.internal]


def observe_sql_thread_limit(options: Any = None) -> list[Any]:
    """Reader threads there may be."""
    return _observations(lambda ds: {None: ds.site.internal.pool.num_sql_threads})


def observe_sql_thread_queue_depth(options: Any = None) -> list[Any]:
    """Reads that wait."""
    return _observations(lambda ds: {None: ds.site.internal.pool.queue_depth})


def observe_pending_queries(options: Any = None) -> list[Any]:
    """Reads of each database that wait or run."""
    return _observations(lambda ds: {each.name: each.pool.pending.get(each.name, 0) for each in _engines(ds)})


def observe_write_queue_depth(options: Any = None) -> list[Any]:
    """Writes of each database that wait."""
    return _observations(lambda ds: {each.name: each.pending_writes for each in _engines(ds) if each.is_mutable})


def observe_open_connections(options: Any = None) -> list[Any]:
    """Connections of each database."""
    return _observations(lambda ds: {each.name: each.open_connections for each in _engines(ds)})


_OBSERVED: dict[names.MetricName, Callable[..., list[Any]]] = {
    names.M_THREADS_LIMIT: observe_sql_thread_limit,
    names.M_THREADS_QUEUE_DEPTH: observe_sql_thread_queue_depth,
    names.M_QUERIES_PENDING: observe_pending_queries,
    names.M_WRITE_QUEUE_DEPTH: observe_write_queue_depth,
    names.M_CONNECTIONS_OPEN: observe_open_connections,
}


# -- databases


class QuerySpan:
    """The span of one operation on a database, and those of its parts."""

    def __init__(self, span: Any, database: str) -> None:
        self._span = span
        self._database = database
        self._context = trace.set_span_in_context(span)

    def set(self, name: str, value: Any) -> None:
        """Add an attribute."""
        self._span.set_attribute(name, value)

    def fail(self, error: BaseException, text: str | None = None) -> None:
        """Mark the span as failed."""
        self._span.record_exception(error)
        self._span.set_status(Status(StatusCode.ERROR, text or f"{type(error).__name__}: {error}"))

    def reading(self, fn: Callable[..., Any], expected: Callable[[Exception], bool]) -> Callable[..., Any]:
        """``fn`` with a span around it, for a reader thread; ``expected`` errors do not count as failures."""

        def timed(*args: Any) -> Any:
            with _part(names.DB_QUERY_EXECUTE, {"context": self._context}) as span:
                try:
                    return fn(*args)
                except Exception as error:
                    if not expected(error):
                        span.record_exception(error)
                        span.set_status(Status(StatusCode.ERROR, str(error)))
                    raise

        return timed

    def writing(self, fn: Callable[..., Any], *, isolated: bool, transaction: bool, block: bool) -> Callable[..., Any]:
        """``fn`` with spans for its waiting and its running, for the writer's thread."""
        queued, queued_clock = time.time_ns(), time.perf_counter_ns()
        place = {"context": self._context} if block else linked_root_span_kwargs(self._context)

        @functools.wraps(fn)
        def timed(*args: Any, **kwargs: Any) -> Any:
            record_write_queue_wait(self._database, time.perf_counter_ns() - queued_clock)
            tracer().start_span(names.DB_WRITE_QUEUE_WAIT, start_time=queued, **place).end()
            attributes = {names.ISOLATED_CONNECTION: isolated, names.TRANSACTION: transaction}
            with _part(names.DB_WRITE_EXECUTE, {**place, "attributes": attributes}) as span:
                try:
                    return fn(*args, **kwargs)
                except Exception as error:
                    span.record_exception(error)
                    span.set_status(Status(StatusCode.ERROR, f"{type(error).__name__}: {error}"))
                    raise

        return timed


@contextmanager
def _part(name: names.SpanName, place: dict[str, Any]) -> Iterator[Any]:
    with tracer().start_as_current_span(name, record_exception=False, set_status_on_exception=False, **place) as span:
        yield span


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

    Call it only where :func:`active`.
    """
    attributes: dict[str, Any] = {names.DB_SYSTEM: "sqlite", names.DB_NAMESPACE: database, **(more or {})}
    if sql is not None:
        attributes[names.DB_QUERY_TEXT] = sql_attribute(sql)
        word = None if names.EXECUTESCRIPT in attributes else sql_operation_name(sql)
        if word is not None:
            attributes[names.DB_OPERATION_NAME] = word
    if callback is not None:
        attributes[names.CALLBACK] = callback_name(callback)
    if time_limit_ms is not None:
        attributes[names.TIME_LIMIT_MS] = time_limit_ms
    if isinstance(params, (Mapping, Sequence)) and params:
        attributes[names.PARAM_COUNT] = len(params)
    with (
        tracer().start_as_current_span(
            names.DB_QUERY,
            kind=names.DB_QUERY.kind,
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as span,
        record_operation_duration(database, operation),
        own_span(),
    ):
        yield QuerySpan(span, database)


@contextmanager
def startup_span() -> Iterator[None]:
    """A span around the start of an instance."""
    _instrument(names.M_QUERIES_INTERRUPTED)
    with tracer().start_as_current_span(names.STARTUP):
        yield


# -- requests


@contextmanager
def request_span(attributes: dict[str, Any], traceparent: str | None) -> Iterator[Any]:
    """A span around one request; call it only where :func:`active`."""
    parent = None
    if traceparent is not None:
        # Only who asks is taken over, not what they want to be carried on.
        parent = TraceContextTextMapPropagator().extract({"traceparent": traceparent})
    with tracer().start_as_current_span(
        attributes[names.HTTP_REQUEST_METHOD], context=parent, kind=names.HTTP_REQUEST.kind, attributes=attributes
    ) as span:
        yield span


def mark_failed(span: Any) -> None:
    """Set the status of a span to an error."""
    span.set_status(Status(StatusCode.ERROR))


def _record_statement(entry: Mapping[str, Any]) -> None:
    attributes: dict[str, Any] = {names.DB_SYSTEM: "sqlite", names.OPERATION: "read"}
    if entry.get("database"):
        attributes[names.DB_NAMESPACE] = entry["database"]
    error = entry.get("error")
    if error:
        attributes[names.ERROR_TYPE] = "OperationalError"
        if error == "interrupted" and entry.get("database"):
            record_query_interrupted(entry["database"])
    _instrument(names.M_OPERATION_DURATION).record(entry["end"] - entry["start"], attributes)


class StatementSpans(list[dict[str, Any]]):
    """Makes a span of each statement that the core traces; ``passed_on`` is told of them too."""

    def __init__(self, passed_on: list[dict[str, Any]] | None) -> None:
        super().__init__()
        self._passed_on = passed_on
        self._context = contexts.get_current()

    def append(self, entry: dict[str, Any]) -> None:
        """Take note of one; from any thread."""
        if self._passed_on is not None:
            self._passed_on.append(entry)
        if entry["type"] != "sql" or has_own_span():
            return
        _record_statement(entry)
        # The clock of traces has no date.
        now = time.time_ns() - time.perf_counter_ns()
        start, end = (now + int(entry[key] * 1e9) for key in ("start", "end"))
        attributes: dict[str, Any] = {names.DB_SYSTEM: "sqlite"}
        if entry.get("database"):
            attributes[names.DB_NAMESPACE] = entry["database"]
        sql = entry.get("sql") or ""
        attributes[names.DB_QUERY_TEXT] = sql_attribute(sql)
        word = sql_operation_name(sql)
        if word is not None:
            attributes[names.DB_OPERATION_NAME] = word
        span = tracer().start_span(
            names.DB_QUERY, context=self._context, kind=names.DB_QUERY.kind, attributes=attributes, start_time=start
        )
        inner = trace.set_span_in_context(span)
        tracer().start_span(names.DB_QUERY_EXECUTE, context=inner, start_time=start).end(end)
        span.end(end)
