"""Spans and metrics, as a collector of OpenTelemetry receives them."""

import asyncio
import sqlite3
import subprocess
import sys
import threading

import pytest
from opentelemetry import metrics, trace
from watched import watched_here  # noqa: F401 - a fixture

from vitrina.compat.telemetry_testing import (  # noqa: F401 - fixtures
    assert_metrics_conform,
    assert_metrics_covered,
    assert_no_forbidden_values,
    assert_spans_conform,
    assert_spans_covered,
    otel_meter_provider,
    otel_metrics,
    otel_provider,
    otel_reset,
    otel_spans,
)
from vitrina.errors import QueryInterrupted
from vitrina.hooks.telemetry_registry import METRICS, SPANS, Attribute, MetricName, SpanName

pytestmark = pytest.mark.asyncio


ENDLESS = "with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) from c"


def _named(exporter, name):
    return [span for span in exporter.get_finished_spans() if span.name == name]


async def test_a_request_has_a_span_with_its_statements_below(with_plugin, otel_spans):  # noqa: F811
    response = await with_plugin().client.get(
        "/shop/goods.json?_size=1",
        headers={"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
    )
    assert response.status_code == 200
    spans = otel_spans.get_finished_spans()
    [served] = [span for span in spans if span.kind.name == "SERVER"]
    assert served.name == r"GET /(?P<database>[^\/\.]+)/(?P<table>[^\/\.]+)(\.(?P<format>\w+))?$"
    assert served.context.trace_id == 0x4BF92F3577B34DA6A3CE929D0E0E4736
    assert served.attributes["url.path"] == "/shop/goods.json"
    assert served.attributes["http.response.status_code"] == 200
    assert served.attributes["datasette.internal_client"] is True
    [statement] = [span for span in spans if "from goods" in (span.attributes.get("db.query.text") or "")]
    assert statement.parent.span_id == served.context.span_id
    assert_spans_conform(SPANS, spans, "datasette")


async def test_answers_that_were_kept_and_refusals_have_spans_too(with_plugin, otel_spans):  # noqa: F811
    client = with_plugin().client
    for _ in range(2):
        await client.get("/shop/goods.json")
    await client.get("/nowhere/at/all")
    names = [span.name for span in otel_spans.get_finished_spans() if span.kind.name == "SERVER"]
    assert names[0] == names[1] and names[0].startswith("GET /(?P<database>")
    assert len(names) == 3


async def test_reads_tell_what_became_of_them(with_plugin, otel_spans):  # noqa: F811
    instance = with_plugin()
    database = instance.get_database("shop")
    await database.execute("select * from goods where id = :id", {"id": 1})
    with pytest.raises(sqlite3.OperationalError):
        await database.execute("select * from missing", log_sql_errors=False)
    with pytest.raises(QueryInterrupted):
        await database.execute(ENDLESS, custom_time_limit=5)
    with pytest.raises(sqlite3.OperationalError):
        await database.execute("select * from missing")
    good, quiet, late, bad = _named(otel_spans, "db.query")
    assert (good.attributes["datasette.rows_returned"], good.attributes["datasette.param_count"]) == (1, 1)
    assert quiet.attributes["datasette.sql_error_suppressed"] and quiet.status.status_code.name == "UNSET"
    assert late.attributes["datasette.interrupted"] and late.status.status_code.name == "UNSET"
    assert bad.status.description == "no such table: missing"


async def test_writes_show_their_waiting_and_their_running(with_plugin, otel_spans):  # noqa: F811
    database = with_plugin().get_database("shop")
    await database.execute_write("insert into goods (name) values (?)", ["a secret name"])
    await database.execute_write_many("insert into goods (name) values (?)", [["b"], ["c"]])
    await database.execute_isolated_fn(lambda conn: conn.execute("select 1").fetchone())
    one, many, isolated = _named(otel_spans, "db.query")
    assert one.attributes["db.operation.name"] == "INSERT"
    assert (many.attributes["datasette.executemany"], many.attributes["datasette.param_sets"]) == (True, 2)
    assert isolated.attributes["datasette.callback"].endswith("<lambda>")
    running = _named(otel_spans, "db.write.execute")
    assert [span.attributes["datasette.isolated_connection"] for span in running] == [False, False, True]
    assert [span.parent.span_id for span in running] == [span.context.span_id for span in (one, many, isolated)]
    assert len(_named(otel_spans, "db.write.queue_wait")) == 3
    assert_no_forbidden_values(["secret"], otel_spans.get_finished_spans())


async def test_a_write_nobody_waits_for_begins_a_trace_of_its_own(with_plugin, otel_spans):  # noqa: F811
    database = with_plugin().get_database("shop")
    await database.execute_write("insert into goods (name) values ('x')", block=False)
    while not _named(otel_spans, "db.write.execute"):
        await asyncio.sleep(0.001)
    [queuing] = _named(otel_spans, "db.query")
    [running] = _named(otel_spans, "db.write.execute")
    assert running.parent is None
    assert [link.context.span_id for link in running.links] == [queuing.context.span_id]


async def test_metrics_have_the_registered_form(with_plugin, otel_spans, otel_metrics):  # noqa: F811
    instance = with_plugin()
    await instance.get_database("shop").execute("select 1")
    otel_metrics.collect()
    assert_metrics_conform(METRICS, otel_metrics, "datasette")
    points = otel_metrics.points(
        "db.client.operation.duration", {"db.namespace": "shop", "datasette.operation": "read"}
    )
    assert sum(point.count for point in points) >= 1
    assert otel_metrics.points("datasette.sql.threads.limit")[0].value >= 3


async def test_statements_of_pages_are_measured(with_plugin, otel_spans, otel_metrics):  # noqa: F811
    client = with_plugin().client
    await client.get("/shop/goods.json")
    await client.get("/shop/-/query.json?sql=select+nothing")
    otel_metrics.collect()
    of_shop = {"db.namespace": "shop", "datasette.operation": "read"}
    points = otel_metrics.points("db.client.operation.duration", of_shop)
    assert sum(point.count for point in points) >= 2
    assert any("error.type" in point.attributes for point in points)
    assert_metrics_conform(METRICS, otel_metrics, "datasette")


async def test_gauges_tell_what_waits_and_what_is_open(with_plugin, otel_spans, otel_metrics):  # noqa: F811
    database = with_plugin().get_database("shop")

    def value(name):
        otel_metrics.collect()
        points = otel_metrics.points(name, {"db.namespace": "shop"})
        return points[0].value if points else None

    assert (value("datasette.sql.queries.pending"), value("datasette.connections.open")) == (0, 0)
    # never written to
    assert value("datasette.write.queue_depth") is None
    begun, go_on = threading.Event(), threading.Event()

    def hold(conn):
        begun.set()
        go_on.wait(10)

    reading = asyncio.ensure_future(database.execute_fn(lambda conn: go_on.wait(10)))
    writing = [asyncio.ensure_future(database.execute_write_fn(hold)) for _ in range(3)]
    try:
        await asyncio.to_thread(begun.wait, 10)
        while value("datasette.connections.open") < 2:
            await asyncio.sleep(0.001)
        assert value("datasette.sql.queries.pending") == 1
        assert value("datasette.write.queue_depth") == 2
    finally:
        go_on.set()
        await asyncio.gather(reading, *writing)
    assert (value("datasette.sql.queries.pending"), value("datasette.write.queue_depth")) == (0, 0)


async def test_nothing_is_imported_where_nobody_watches():
    code = "import sys, vitrina.facade.datasette; print('opentelemetry.trace' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


KIND = Attribute("kind", "What it is")
MAYBE = Attribute("maybe", "Now and then", optional=True, values={"yes"})


@pytest.mark.parametrize(
    ("attributes", "conforms", "covers"),
    [
        ({"kind": 1}, True, True),
        ({"kind": 1, "maybe": "yes"}, True, True),
        ({"kind": 1, "maybe": "no"}, False, True),
        ({"kind": 1, "other": 1}, False, True),
        ({}, True, False),
    ],
)
async def test_a_plugin_checks_its_signals_against_its_registry(
    otel_spans,  # noqa: F811
    otel_metrics,  # noqa: F811
    attributes,
    conforms,
    covers,
):
    spans = (SpanName("mine.work", "Work", (KIND, MAYBE)),)
    amounts = (MetricName("mine.amount", "Histogram", "s", "Amount", (KIND, MAYBE)),)
    with trace.get_tracer("mine").start_as_current_span("mine.work", attributes=attributes):
        metrics.get_meter("mine").create_histogram("mine.amount", unit="s").record(1, attributes)
    assert otel_metrics.points("mine.amount") == []
    otel_metrics.collect()
    assert otel_metrics.point("mine.amount").count == 1
    finished = otel_spans.get_finished_spans()
    checks = [
        (assert_spans_conform, spans, finished, conforms),
        (assert_spans_covered, spans, finished, covers),
        (assert_metrics_conform, amounts, otel_metrics, conforms),
        (assert_metrics_covered, amounts, otel_metrics, covers),
    ]
    for check, registered, found, passes in checks:
        if passes:
            check(registered, found, "mine")
        else:
            with pytest.raises(AssertionError):
                check(registered, found, "mine")


@pytest.mark.parametrize("kind", ["Counter", "UpDownCounter", "Observable gauge"])
async def test_a_metric_has_the_kind_that_is_registered(otel_metrics, kind):  # noqa: F811
    metrics.get_meter("mine").create_histogram("mine.length", unit="s").record(1)
    otel_metrics.collect()
    with pytest.raises(AssertionError, match="kind is Histogram"):
        assert_metrics_conform((MetricName("mine.length", kind, "s", "Length"),), otel_metrics, "mine")


async def test_without_threads_no_number_of_them_is_told(with_plugin, otel_spans, otel_metrics):  # noqa: F811
    instance = with_plugin(settings={"num_sql_threads": 0})
    await instance.client.get("/shop/goods.json")
    await instance.get_database("shop").execute_write("insert into goods (name) values ('x')")
    otel_metrics.collect()
    assert otel_metrics.points("datasette.sql.threads.limit") == []
    assert otel_metrics.point("datasette.sql.queries.pending", {"db.namespace": "shop"}).value == 0
    assert len(_named(otel_spans, "db.query.execute")) == len(_named(otel_spans, "db.write.execute")) == 1
