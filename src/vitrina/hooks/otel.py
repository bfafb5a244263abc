"""Metrics, and spans of start-up and requests, by OpenTelemetry's API; imported once somebody has set a provider."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from opentelemetry import context as contexts
from opentelemetry import metrics, propagate, trace
from opentelemetry.trace import Link, Status, StatusCode

from vitrina.hooks import telemetry_registry as names
from vitrina.hooks.span_errors import told_error
from vitrina.hooks.span_words import instances
from vitrina.version import REFERENCE_VERSION

#: the name of the instrumentation, which dashboards of the ecosystem filter by
SCOPE = "datasette"
SCHEMA_URL = "https://opentelemetry.io/schemas/1.29.0"
# In a context: the link to what caused work that is no part of it.
_CAUSE = contexts.create_key("vitrina-cause")


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


def leave_request() -> None:
    """What the current task does from now on is no part of the current span; its spans are linked to that one."""
    links = linked_root_span_kwargs()["links"]
    contexts.attach(contexts.set_value(_CAUSE, links, contexts.Context()))


def placed(context: contexts.Context) -> dict[str, Any]:
    """Arguments for a span in this context: its parent, or links to its cause."""
    has_parent = trace.get_current_span(context).get_span_context().is_valid
    return {"context": context, "links": () if has_parent else contexts.get_value(_CAUSE, context) or ()}


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
    failure: BaseException | None = None
    try:
        yield
    except BaseException as error:
        failure = error
        raise
    finally:
        record_duration(database_name, operation, time.perf_counter() - began, failure)


def record_duration(database_name: str, operation: str, seconds: float, error: BaseException | None) -> None:
    """Note how long a ``read`` or ``write`` took, and the error that it ended with."""
    attributes: dict[str, Any] = {
        names.DB_SYSTEM: "sqlite",
        names.DB_NAMESPACE: database_name,
        names.OPERATION: operation,
    }
    if error is not None:
        attributes[names.ERROR_TYPE] = type(told_error(error)).__name__
    _instrument(names.M_OPERATION_DURATION).record(seconds, attributes)


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
    """Reader threads there may be, where there are any."""
    return _observations(lambda ds: {None: number} if (number := ds.site.internal.pool.num_sql_threads) else {})


def observe_sql_thread_queue_depth(options: Any = None) -> list[Any]:
    """Reads that wait."""
    return _observations(lambda ds: {None: ds.site.internal.pool.queue_depth})


def observe_pending_queries(options: Any = None) -> list[Any]:
    """Reads of each database that wait or run."""
    return _observations(lambda ds: {each.name: each.pool.pending.get(each.name, 0) for each in _engines(ds)})


def observe_write_queue_depth(options: Any = None) -> list[Any]:
    """Writes of each database that wait, where there ever was one."""
    return _observations(lambda ds: {each.name: each.pending_writes for each in _engines(ds) if each.was_written})


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


# -- the server


@contextmanager
def startup_span() -> Iterator[None]:
    """A span around the start of an instance."""
    _instrument(names.M_QUERIES_INTERRUPTED)
    with tracer().start_as_current_span(names.STARTUP):
        yield


# -- requests


@contextmanager
def request_span(attributes: dict[str, Any], headers: Mapping[str, str]) -> Iterator[Any]:
    """A span around one request, below the one that its headers name; call it only where telemetry is active."""
    current = contexts.get_current()
    asking = trace.get_current_span(propagate.extract(headers, contexts.Context()))
    # Only who asks is taken over, not what they want to be carried on.
    parent = trace.set_span_in_context(asking, current) if asking.get_span_context().is_valid else current
    with tracer().start_as_current_span(
        attributes[names.HTTP_REQUEST_METHOD], context=parent, kind=names.HTTP_REQUEST.kind, attributes=attributes
    ) as span:
        try:
            yield span
        except BaseException as error:
            span.set_attribute(names.ERROR_TYPE, type(error).__name__)
            if not isinstance(error, Exception):
                # Of these the span takes no notice by itself.
                mark_failed(span)
            raise


def mark_failed(span: Any) -> None:
    """Set the status of a span to an error."""
    span.set_status(Status(StatusCode.ERROR))
