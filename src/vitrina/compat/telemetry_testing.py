"""Fixtures and checks for plugins that test what they emit through OpenTelemetry; needs its SDK and pytest."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest

from vitrina.hooks.telemetry_registry import (
    COUNTER,
    GAUGE,
    HISTOGRAM,
    UPDOWN_COUNTER,
    MetricName,
    SpanName,
    attribute_allowed,
    attribute_value_allowed,
    metric_for,
    span_for,
)

_installed: dict[str, Any] = {}


def install_span_exporter() -> Any:
    """Collect spans in memory from now on; the same exporter each time."""
    if "spans" not in _installed:
        from opentelemetry import trace
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

        exporter = InMemorySpanExporter()
        provider = trace.get_tracer_provider()
        if not isinstance(provider, TracerProvider):
            provider = TracerProvider()
            trace.set_tracer_provider(provider)
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        _installed["spans"] = exporter
    return _installed["spans"]


def install_metric_reader() -> Any:
    """Collect metrics in memory from now on; the same reader each time."""
    if "metrics" not in _installed:
        from opentelemetry import metrics
        from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
        from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader

        # Each collection has what came since the one before: tests do not see what others measured.
        since_last = AggregationTemporality.DELTA
        reader = InMemoryMetricReader(preferred_temporality={Counter: since_last, Histogram: since_last})
        metrics.set_meter_provider(MeterProvider(metric_readers=[reader]))
        _installed["metrics"] = reader
    return _installed["metrics"]


class MetricsCollector:
    """What a metric reader had when :meth:`collect` was last called."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        self._scopes: list[Any] = []

    def collect(self) -> dict[str, list[Any]]:
        """Take what was measured since the last time: name → data points."""
        data = self._reader.get_metrics_data()
        self._scopes = [
            scope for resource in (data.resource_metrics if data else ()) for scope in resource.scope_metrics
        ]
        found: dict[str, list[Any]] = {}
        for metric in self.metrics():
            found.setdefault(metric.name, []).extend(metric.data.data_points)
        return found

    def metrics(self, scope_name: str | None = None) -> list[Any]:
        """Every metric that was collected, of one instrumentation where it is named."""
        return [metric for scope in self._scopes if scope_name in (None, scope.scope.name) for metric in scope.metrics]

    def points(self, name: str, attributes: Mapping[str, Any] | None = None) -> list[Any]:
        """Data points of a metric that have at least these attributes."""
        wanted = dict(attributes or {})
        return [
            point
            for metric in self.metrics()
            if metric.name == name
            for point in metric.data.data_points
            if wanted.items() <= {str(key): value for key, value in (point.attributes or {}).items()}.items()
        ]

    def point(self, name: str, attributes: Mapping[str, Any] | None = None) -> Any:
        """The only such data point."""
        found = self.points(name, attributes)
        assert len(found) == 1, f"{name}: {len(found)} data points with {dict(attributes or {})}"
        return found[0]


@pytest.fixture(scope="session", autouse=True)
def otel_provider() -> None:
    """Spans are collected for the whole session."""
    install_span_exporter()


@pytest.fixture(scope="session", autouse=True)
def otel_meter_provider() -> None:
    """Metrics are collected for the whole session."""
    install_metric_reader()


@pytest.fixture(autouse=True)
def otel_reset(otel_provider: None, otel_meter_provider: None) -> Iterator[None]:
    """Forgets the spans and metrics of other tests."""
    _forget()
    yield
    _forget()


def _forget() -> None:
    install_span_exporter().clear()
    install_metric_reader().get_metrics_data()


@pytest.fixture
def otel_spans(otel_reset: None) -> Any:
    """The exporter with this test's spans: ``get_finished_spans()``."""
    return install_span_exporter()


@pytest.fixture
def otel_metrics(otel_meter_provider: None) -> MetricsCollector:
    """The metrics of the session."""
    return MetricsCollector(install_metric_reader())


def _of_scope(spans: Iterable[Any], scope_name: str | None) -> list[Any]:
    return [span for span in spans if scope_name in (None, span.instrumentation_scope.name)]


def _fail_on(problems: Iterable[str], heading: str = "") -> None:
    unique = list(dict.fromkeys(problems))
    assert not unique, heading + "\n  ".join(unique)


def assert_spans_conform(
    registry_spans: Iterable[SpanName], finished_spans: Iterable[Any], scope_name: str | None = None
) -> None:
    """Every span and every attribute of one is registered."""
    registered = tuple(registry_spans)
    problems = []
    for span in _of_scope(finished_spans, scope_name):
        entry = span_for(span.name, span.kind, registered)
        if entry is None:
            problems.append(f"unregistered span: {span.name!r}")
        else:
            problems += _attribute_problems(entry, span.attributes or {})
    _fail_on(problems)


def _attribute_problems(entry: SpanName | MetricName, attributes: Mapping[str, Any]) -> list[str]:
    problems = []
    for key, value in attributes.items():
        if not attribute_allowed(entry, key):
            problems.append(f"{entry}: unregistered attribute {key!r}")
        elif not attribute_value_allowed(entry, key, value):
            problems.append(f"{entry}: attribute {key!r} may not be {value!r}")
    return problems


def assert_spans_covered(
    registry_spans: Iterable[SpanName], finished_spans: Iterable[Any], scope_name: str | None = None
) -> None:
    """Every registered span, and every attribute of it that is not optional, was emitted."""
    registered = tuple(registry_spans)
    seen: dict[str, set[str]] = {}
    for span in _of_scope(finished_spans, scope_name):
        entry = span_for(span.name, span.kind, registered)
        if entry is not None:
            seen.setdefault(entry, set()).update(span.attributes or {})
    _fail_on(_uncovered(registered, seen))


def _uncovered(registered: Iterable[SpanName | MetricName], seen: Mapping[str, set[str]]) -> Iterator[str]:
    """What is registered and was not ``seen``, where a name has the attributes that came with it."""
    for entry in registered:
        if entry not in seen:
            yield f"registered, but never emitted: {entry!r}"
            continue
        missing = [each for each in entry.attributes if not each.optional and each not in seen[entry]]
        yield from (f"{entry}: attribute {each!r} was never emitted" for each in missing)


def _kind_of(metric: Any) -> str:
    """The kind of instrument that gave such data."""
    data = metric.data
    if hasattr(data, "is_monotonic"):
        return COUNTER if data.is_monotonic else UPDOWN_COUNTER
    return HISTOGRAM if type(data).__name__.endswith("Histogram") else GAUGE


def assert_metrics_conform(
    registry_metrics: Iterable[MetricName], collector: MetricsCollector, scope_name: str | None = None
) -> None:
    """Every metric is registered, with its unit, kind and attributes."""
    registered = tuple(registry_metrics)
    problems = []
    for metric in collector.metrics(scope_name):
        entry = metric_for(metric.name, registered)
        if entry is None:
            problems.append(f"unregistered metric: {metric.name!r}")
            continue
        if (metric.unit or "") != entry.unit:
            problems.append(f"{metric.name}: unit is {metric.unit!r}, registered is {entry.unit!r}")
        if _kind_of(metric) != entry.kind:
            problems.append(f"{metric.name}: kind is {_kind_of(metric)}, registered is {entry.kind}")
        for point in metric.data.data_points:
            problems += _attribute_problems(entry, point.attributes or {})
    _fail_on(problems)


def assert_metrics_covered(
    registry_metrics: Iterable[MetricName], collector: MetricsCollector, scope_name: str | None = None
) -> None:
    """Every registered metric, and every attribute of it that is not optional, was collected."""
    seen: dict[str, set[str]] = {}
    for metric in collector.metrics(scope_name):
        for point in metric.data.data_points:
            seen.setdefault(metric.name, set()).update(point.attributes or {})
    _fail_on(_uncovered(registry_metrics, seen))


def assert_no_forbidden_values(
    forbidden: Iterable[str],
    finished_spans: Iterable[Any] | None = None,
    collector: MetricsCollector | None = None,
    scope_name: str | None = None,
) -> None:
    """None of the texts stands in a name, attribute, status or event."""
    texts: list[tuple[str, str]] = []
    for span in _of_scope(finished_spans or (), scope_name):
        texts.append((f"{span.name} name", span.name))
        texts += [(f"{span.name} attribute {key}", str(value)) for key, value in (span.attributes or {}).items()]
        texts.append((f"{span.name} status", span.status.description or ""))
        for event in span.events:
            texts += [(f"{span.name} event {key}", str(value)) for key, value in (event.attributes or {}).items()]
    for metric in collector.metrics(scope_name) if collector is not None else ():
        for point in metric.data.data_points:
            texts += [(f"{metric.name} attribute {key}", str(value)) for key, value in (point.attributes or {}).items()]
    _fail_on(
        (f"{place} contains {word!r}" for place, text in texts for word in forbidden if word in text),
        "forbidden values leaked into telemetry:\n  ",
    )


def assert_package_never_imports_sdk(*module_names: str) -> None:
    """Importing the modules in a process of their own leaves OpenTelemetry's SDK out."""
    code = (
        "import importlib, sys\n"
        f"for name in {module_names!r}: importlib.import_module(name)\n"
        "print(*[name for name in sys.modules if name.startswith('opentelemetry.sdk')])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = done.stdout.split()
    assert not found, f"importing {module_names!r} pulled in the OpenTelemetry SDK: {found}"
