"""Providers of OpenTelemetry for the tests of one module, and none for those of others, which count calls."""

import pytest
from opentelemetry import metrics, trace

_kept = {}


@pytest.fixture(scope="module", autouse=True)
def watched_here(otel_provider, otel_meter_provider):
    """Providers cannot be changed or taken away again by public means."""
    if _kept:
        trace._TRACER_PROVIDER = _kept["tracer"]
        metrics._internal._METER_PROVIDER = _kept["meter"]
    yield
    _kept.update(tracer=trace._TRACER_PROVIDER, meter=metrics._internal._METER_PROVIDER)
    trace._TRACER_PROVIDER = None
    metrics._internal._METER_PROVIDER = None
