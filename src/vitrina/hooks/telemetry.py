"""Whether OpenTelemetry watches this server; spans themselves are in ``otel``, the words they use in ``span_words``."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def active() -> bool:
    """Whether spans or metrics go anywhere: somebody imported OpenTelemetry's API and set a provider."""
    # Asked in public, the API makes a provider of its own, and a call of this is part of every request.
    tracing = sys.modules.get("opentelemetry.trace")
    if tracing is None:
        return False
    if getattr(tracing, "_TRACER_PROVIDER", True) is not None:
        return True
    measuring = sys.modules.get("opentelemetry.metrics._internal")
    return measuring is not None and getattr(measuring, "_METER_PROVIDER", True) is not None


def otel() -> Any:
    """The module that makes spans; call it only where :func:`active`."""
    # Imported late for its cost: the API takes a tenth of a second, which few servers need.
    return importlib.import_module("vitrina.hooks.otel")


def query_spans() -> Any:
    """The module that makes spans of reads and writes; call it only where :func:`active`."""
    return importlib.import_module("vitrina.hooks.query_spans")


def leave_request() -> None:
    """Begin a task whose work is caused by what happens now, but no part of it."""
    if active():
        otel().leave_request()


@contextmanager
def startup_span() -> Iterator[None]:
    """A span around the start of an instance."""
    if not active():
        yield
        return
    with otel().startup_span():
        yield
