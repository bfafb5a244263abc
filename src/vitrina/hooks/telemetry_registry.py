"""Names of the spans, their attributes and the metrics that this server emits, and look-ups for tests of plugins."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from typing import Any

#: numbers of span kinds in OpenTelemetry's API, which is imported only when a kind is asked for
_INTERNAL, _SERVER, _CLIENT = range(3)

COUNTER = "Counter"
GAUGE = "Observable gauge"
HISTOGRAM = "Histogram"
UPDOWN_COUNTER = "UpDownCounter"
#: seconds
DURATION_BUCKETS = (0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10)


class Attribute(str):
    """The name of an attribute; ``values`` are the only ones it has, None for any."""

    description: str
    optional: bool
    values: frozenset[Any] | None

    def __new__(
        cls, name: str, description: str, optional: bool = False, values: Iterable[Any] | None = None
    ) -> Attribute:
        self = super().__new__(cls, name)
        self.description = description
        self.optional = optional
        self.values = None if values is None else frozenset(values)
        return self

    def __repr__(self) -> str:
        return f"Attribute({str(self)!r})"


class SpanName(str):
    """The name of a span. ``prefix``: names begin with it; ``dynamic``: made from attributes, known by ``kind``."""

    description: str
    attributes: tuple[Attribute, ...]
    prefix: bool
    dynamic: bool
    _kind: Any

    def __new__(
        cls,
        name: str,
        description: str,
        attributes: Sequence[Attribute] = (),
        prefix: bool = False,
        dynamic: bool = False,
        kind: Any = _INTERNAL,
    ) -> SpanName:
        self = super().__new__(cls, name)
        self.description = description
        self.attributes = tuple(attributes)
        self.prefix = prefix
        self.dynamic = dynamic
        self._kind = kind
        return self

    @property
    def kind(self) -> Any:
        """The kind as OpenTelemetry has it."""
        return importlib.import_module("opentelemetry.trace").SpanKind(self._kind)

    def __repr__(self) -> str:
        return f"SpanName({str(self)!r})"


class MetricName(str):
    """The name of a metric; ``buckets`` are the bounds of a histogram."""

    kind: str
    unit: str
    description: str
    attributes: tuple[Attribute, ...]
    buckets: tuple[float, ...] | None

    def __new__(
        cls,
        name: str,
        kind: str,
        unit: str,
        description: str,
        attributes: Sequence[Attribute] = (),
        buckets: Sequence[float] | None = None,
    ) -> MetricName:
        self = super().__new__(cls, name)
        self.kind = kind
        self.unit = unit
        self.description = description
        self.attributes = tuple(attributes)
        self.buckets = None if buckets is None else tuple(buckets)
        return self

    def __repr__(self) -> str:
        return f"MetricName({str(self)!r})"


DB_SYSTEM = Attribute("db.system", "Always sqlite")
DB_NAMESPACE = Attribute("db.namespace", "The database's name")
DB_QUERY_TEXT = Attribute("db.query.text", "The statement, at most 2048 characters of it", optional=True)
DB_OPERATION_NAME = Attribute("db.operation.name", "The statement's first word", optional=True)
CALLBACK = Attribute("datasette.callback", "The function that was run in the place of a statement", optional=True)
PARAM_COUNT = Attribute("datasette.param_count", "How many parameters were bound", optional=True)
PARAM_SETS = Attribute("datasette.param_sets", "How many sets of parameters there were", optional=True)
TIME_LIMIT_MS = Attribute("datasette.time_limit_ms", "Milliseconds the statement may run", optional=True)
ROWS_RETURNED = Attribute("datasette.rows_returned", "How many rows came back", optional=True)
TRUNCATED = Attribute("datasette.truncated", "Whether there were more rows than the limit", optional=True)
INTERRUPTED = Attribute("datasette.interrupted", "Whether the time limit ended it", optional=True)
SQL_ERROR_SUPPRESSED = Attribute("datasette.sql_error_suppressed", "It failed where that is expected", optional=True)
EXECUTESCRIPT = Attribute("datasette.executescript", "Whether it was a script", optional=True)
EXECUTEMANY = Attribute("datasette.executemany", "Whether it ran for several sets of parameters", optional=True)
ISOLATED_CONNECTION = Attribute("datasette.isolated_connection", "Whether it had a connection of its own")
TRANSACTION = Attribute("datasette.transaction", "Whether it ran in a transaction")
HTTP_REQUEST_METHOD = Attribute("http.request.method", "The method, _OTHER for unusual ones")
HTTP_ROUTE = Attribute("http.route", "The regular expression of the route", optional=True)
URL_PATH = Attribute("url.path", "The path, undecoded, without query string")
URL_SCHEME = Attribute("url.scheme", "http or https")
SERVER_ADDRESS = Attribute("server.address", "The Host header", optional=True)
USER_AGENT_ORIGINAL = Attribute("user_agent.original", "The User-Agent header", optional=True)
HTTP_RESPONSE_STATUS_CODE = Attribute("http.response.status_code", "The status", optional=True)
ERROR_TYPE = Attribute("error.type", "The status from 500 on, or the class of an exception", optional=True)
INTERNAL_CLIENT = Attribute("datasette.internal_client", "Made through datasette.client", optional=True)
OPERATION = Attribute("datasette.operation", "read or write", values=("read", "write"))

HTTP_REQUEST = SpanName(
    "{http.request.method} {http.route}",
    "One request",
    (
        HTTP_REQUEST_METHOD,
        HTTP_ROUTE,
        URL_PATH,
        URL_SCHEME,
        SERVER_ADDRESS,
        USER_AGENT_ORIGINAL,
        HTTP_RESPONSE_STATUS_CODE,
        ERROR_TYPE,
        INTERNAL_CLIENT,
    ),
    dynamic=True,
    kind=_SERVER,
)
DB_QUERY = SpanName(
    "db.query",
    "One statement or function on a database, waiting included",
    (
        DB_SYSTEM,
        DB_NAMESPACE,
        DB_QUERY_TEXT,
        CALLBACK,
        DB_OPERATION_NAME,
        PARAM_COUNT,
        PARAM_SETS,
        TIME_LIMIT_MS,
        ROWS_RETURNED,
        TRUNCATED,
        INTERRUPTED,
        SQL_ERROR_SUPPRESSED,
        EXECUTESCRIPT,
        EXECUTEMANY,
    ),
    kind=_CLIENT,
)
DB_QUERY_EXECUTE = SpanName("db.query.execute", "The time in a reader thread")
DB_WRITE_QUEUE_WAIT = SpanName("db.write.queue_wait", "The time a write waited for its turn")
DB_WRITE_EXECUTE = SpanName("db.write.execute", "The time in the writer's thread", (ISOLATED_CONNECTION, TRANSACTION))
STARTUP = SpanName("datasette.startup", "Everything before the first request")
SPANS = (HTTP_REQUEST, DB_QUERY, DB_QUERY_EXECUTE, DB_WRITE_QUEUE_WAIT, DB_WRITE_EXECUTE, STARTUP)

_OF_DATABASE = (DB_NAMESPACE,)
M_OPERATION_DURATION = MetricName(
    "db.client.operation.duration",
    HISTOGRAM,
    "s",
    "How long operations on databases took",
    (DB_SYSTEM, DB_NAMESPACE, OPERATION, ERROR_TYPE),
    DURATION_BUCKETS,
)
M_WRITE_QUEUE_WAIT = MetricName(
    "datasette.write.queue_wait", HISTOGRAM, "s", "How long writes waited", _OF_DATABASE, DURATION_BUCKETS
)
M_QUERIES_INTERRUPTED = MetricName(
    "datasette.sql.queries.interrupted", COUNTER, "{query}", "Statements ended by the time limit", _OF_DATABASE
)
M_THREADS_LIMIT = MetricName("datasette.sql.threads.limit", GAUGE, "{thread}", "Reader threads there may be")
M_THREADS_QUEUE_DEPTH = MetricName("datasette.sql.threads.queue_depth", GAUGE, "{query}", "Reads that wait")
M_QUERIES_PENDING = MetricName(
    "datasette.sql.queries.pending", GAUGE, "{query}", "Reads that wait or run", _OF_DATABASE
)
M_WRITE_QUEUE_DEPTH = MetricName("datasette.write.queue_depth", GAUGE, "{write}", "Writes that wait", _OF_DATABASE)
M_CONNECTIONS_OPEN = MetricName("datasette.connections.open", GAUGE, "{connection}", "Connections", _OF_DATABASE)
METRICS = (
    M_OPERATION_DURATION,
    M_WRITE_QUEUE_WAIT,
    M_QUERIES_INTERRUPTED,
    M_THREADS_LIMIT,
    M_THREADS_QUEUE_DEPTH,
    M_QUERIES_PENDING,
    M_WRITE_QUEUE_DEPTH,
    M_CONNECTIONS_OPEN,
)


def span_for(emitted_name: str, kind: Any = None, spans: Iterable[SpanName] | None = None) -> SpanName | None:
    """The entry of an emitted span: by its name, the longest prefix, or for made names by its kind."""
    known = tuple(SPANS if spans is None else spans)
    for entry in known:
        if not entry.prefix and not entry.dynamic and entry == emitted_name:
            return entry
    prefixes = [entry for entry in known if entry.prefix and emitted_name.startswith(entry)]
    if prefixes:
        return max(prefixes, key=len)
    return next((entry for entry in known if entry.dynamic and kind is not None and entry.kind == kind), None)


def metric_for(emitted_name: str, metrics: Iterable[MetricName] | None = None) -> MetricName | None:
    """The entry of an emitted metric."""
    return next((entry for entry in (METRICS if metrics is None else metrics) if entry == emitted_name), None)


def _attribute_of(entry: SpanName | MetricName, key: str) -> Attribute | None:
    return next((each for each in entry.attributes if each == key), None)


def attribute_allowed(entry: SpanName | MetricName, emitted_key: str) -> bool:
    """Whether the entry has such an attribute."""
    return _attribute_of(entry, emitted_key) is not None


def attribute_value_allowed(entry: SpanName | MetricName, emitted_key: str, value: Any) -> bool:
    """Whether the attribute may have this value."""
    found = _attribute_of(entry, emitted_key)
    return found is not None and (found.values is None or value in found.values)
