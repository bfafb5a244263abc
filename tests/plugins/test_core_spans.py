"""What the server's own reads and writes show through OpenTelemetry."""

import asyncio
import importlib
import threading

import pytest
from opentelemetry import propagate, trace
from opentelemetry.propagators.composite import CompositePropagator
from watched import watched_here  # noqa: F401 - a fixture

from vitrina.compat.finder import install, uninstall
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
from vitrina.hooks.markers import hookimpl
from vitrina.hooks.telemetry_registry import METRICS, SPANS
from vitrina.http.response import Response

pytestmark = pytest.mark.asyncio

ENDLESS = "with+recursive+c(x)+as+(select+1+union+all+select+x%2B1+from+c)+select+count(*)+from+c"
STORED = {"databases": {"shop": {"queries": {"add": {"sql": "insert into goods (name) values (:n)", "write": True}}}}}


def _named(exporter, name):
    return [span for span in exporter.get_finished_spans() if span.name == name]


def _served(exporter):
    return [span for span in exporter.get_finished_spans() if span.kind.name == "SERVER"][-1]


def _children(exporter, parent):
    spans = exporter.get_finished_spans()
    return [span for span in spans if span.parent and span.parent.span_id == parent.context.span_id]


def _of_shop(exporter):
    """The operations on the database of the test."""
    return [span for span in _named(exporter, "db.query") if span.attributes["db.namespace"] == "shop"]


def _events(span):
    return [event.attributes["exception.type"] for event in span.events if event.name == "exception"]


async def _post(instance, path, body):
    cookies = {"ds_actor": instance.client.actor_cookie({"id": "root"})}
    return await instance.client.post(path, json=body, cookies=cookies)


def _writable(with_plugin, plugin=None, **options):
    instance = with_plugin(plugin, config=STORED, **options)
    instance.root_enabled = True
    return instance


async def test_a_read_tells_its_limit_parameters_and_rows(with_plugin, otel_spans):  # noqa: F811
    client = with_plugin(settings={"sql_time_limit_ms": 700, "max_returned_rows": 2, "default_page_size": 1}).client
    await client.get("/shop/-/query.json?sql=select+:a,+:b&a=1&b=2")
    await client.get("/shop/-/query.json?sql=select+value+from+json_each('[1,2,3]')")
    await client.get("/shop/goods.json")
    told = [
        {key.removeprefix("datasette."): value for key, value in span.attributes.items() if "datasette." in key}
        for span in _of_shop(otel_spans)
    ]
    assert told == [
        {"time_limit_ms": 700, "param_count": 2, "rows_returned": 1, "truncated": False},
        {"time_limit_ms": 700, "rows_returned": 2, "truncated": True},
        # The statement itself asks for one row more than the page has.
        {"time_limit_ms": 700, "rows_returned": 2, "truncated": False},
    ]


async def test_a_read_that_fails_is_an_error(with_plugin, otel_spans, otel_metrics):  # noqa: F811
    assert (await with_plugin().client.get("/shop/-/query.json?sql=select+zzz")).status_code == 400
    [read] = _of_shop(otel_spans)
    [running] = _children(otel_spans, read)
    for span in (read, running):
        assert (span.status.status_code.name, span.status.description) == ("ERROR", "no such column: zzz")
        assert _events(span) == ["sqlite3.OperationalError"]
    assert "datasette.rows_returned" not in read.attributes
    assert _served(otel_spans).status.status_code.name == "UNSET"
    otel_metrics.collect()
    failed = otel_metrics.point("db.client.operation.duration", {"db.namespace": "shop"})
    assert failed.attributes["error.type"] == "OperationalError"


@pytest.mark.parametrize(("more", "status", "counted"), [("", "ERROR", 1), ("&_timelimit=5", "UNSET", 0)])
async def test_only_the_limit_of_the_server_makes_an_error(
    with_plugin,
    otel_spans,  # noqa: F811
    otel_metrics,  # noqa: F811
    more,
    status,
    counted,
):
    client = with_plugin(settings={"sql_time_limit_ms": 40}).client
    assert (await client.get(f"/shop/-/query.json?sql={ENDLESS}{more}")).status_code == 400
    [read] = _of_shop(otel_spans)
    assert (read.attributes["datasette.interrupted"], read.status.status_code.name) == (True, status)
    assert len(_events(read)) == counted
    otel_metrics.collect()
    assert len(otel_metrics.points("datasette.sql.queries.interrupted")) == counted
    assert otel_metrics.point("db.client.operation.duration").attributes["error.type"] == "QueryInterrupted"


async def test_a_read_whose_failure_is_an_answer_is_no_error(with_plugin, otel_spans):  # noqa: F811
    instance = with_plugin()
    await instance.get_database("shop").execute_write_script(
        "create table odd (y text); insert into odd values ('{');"
        "alter table odd add column x as (json_extract(y, '$')) references goods(id)"
    )
    assert (await instance.client.get("/shop/goods/1")).status_code == 200
    [counting] = [span for span in _of_shop(otel_spans) if "odd" in span.attributes["db.query.text"]][-1:]
    assert counting.attributes["datasette.sql_error_suppressed"] is True
    assert (counting.status.status_code.name, counting.events) == ("UNSET", ())


async def test_the_first_read_of_a_page_waited_for_a_thread(with_plugin, otel_spans):  # noqa: F811
    instance = with_plugin(settings={"num_sql_threads": 1})
    await instance.client.get("/shop/-/query.json?sql=select+1")
    otel_spans.clear()
    begun, go_on, released = threading.Event(), threading.Event(), []

    def hold(conn):
        begun.set()
        go_on.wait(10)
        # the clock of spans
        released.append(trace.get_tracer("test").start_span("released"))

    holding = asyncio.ensure_future(instance.get_database("shop").execute_fn(hold))
    await asyncio.to_thread(begun.wait, 10)
    asking = asyncio.ensure_future(instance.client.get("/shop/goods"))
    while not instance.site.internal.pool.queue_depth:
        await asyncio.sleep(0.001)
    go_on.set()
    await asyncio.gather(holding, asking)
    first, second, *_ = [span for span in _of_shop(otel_spans) if "db.query.text" in span.attributes]
    assert first.start_time < released[0].start_time < _children(otel_spans, first)[0].start_time
    assert second.start_time > first.end_time


async def test_spans_stand_below_those_of_plugins(with_plugin, otel_spans):  # noqa: F811
    class Wrapping:
        @hookimpl
        def asgi_wrapper(self, datasette):
            def wrap(app):
                async def wrapped(scope, receive, send):
                    with trace.get_tracer("test").start_as_current_span("plugin"):
                        await app(scope, receive, send)

                return wrapped

            return wrap

    instance = _writable(with_plugin, Wrapping())
    await instance.client.get("/shop/goods.json")
    await _post(instance, "/shop/goods/-/insert", {"row": {"name": "Salt"}})
    wraps = _named(otel_spans, "plugin")
    assert [span.parent.span_id for span in _of_shop(otel_spans)] == [span.context.span_id for span in wraps]


@pytest.mark.parametrize("failure", [KeyError, asyncio.CancelledError])
async def test_a_request_that_gets_no_answer_tells_why(with_plugin, otel_spans, failure):  # noqa: F811
    class Failing:
        @hookimpl
        def asgi_wrapper(self, datasette):
            async def failing(scope, receive, send):
                raise failure

            return lambda app: failing

    with pytest.raises(failure):
        await with_plugin(Failing()).client.get("/")
    served = _served(otel_spans)
    assert (served.attributes["error.type"], served.status.status_code.name) == (failure.__name__, "ERROR")
    assert "http.response.status_code" not in served.attributes


async def test_a_plugin_adds_to_the_span_of_its_request(with_plugin, otel_spans):  # noqa: F811
    install()
    try:
        request_span = importlib.import_module("datasette.telemetry").request_span
    finally:
        uninstall()

    class Adding:
        @hookimpl
        def register_routes(self):
            async def view(request):
                request_span(request.scope).set_attribute("mine.cache", "hit")
                return Response.text("ok")

            return [(r"^/mine$", view)]

    await with_plugin(Adding()).client.get("/mine")
    assert _served(otel_spans).attributes["mine.cache"] == "hit"
    assert request_span({}) is None


async def test_a_traced_page_has_spans_too(with_plugin, otel_spans):  # noqa: F811
    client = with_plugin(settings={"trace_debug": True}).client
    noted = (await client.get("/shop/goods.json?_trace=1")).json()["_trace"]["traces"]
    assert [note["sql"] for note in noted] == [span.attributes["db.query.text"] for span in _of_shop(otel_spans)]
    assert set(noted[0]) == {"type", "start", "end", "duration_ms", "traceback", "error", "database", "sql", "params"}


async def test_exports_have_spans(with_plugin, otel_spans):  # noqa: F811
    client = with_plugin().client
    await client.get("/shop/-/query.csv?sql=select+*+from+goods")
    await client.get("/shop/goods.csv?_stream=1")
    assert [span.attributes["datasette.rows_returned"] for span in _of_shop(otel_spans)] == [2, 2]


WRITES = [
    ("/shop/goods/-/insert", {"row": {"name": "Salt"}}, "insert_or_upsert_rows"),
    ("/shop/goods/-/upsert", {"rows": [{"id": 1, "name": "Salt"}]}, "insert_or_upsert_rows"),
    ("/shop/goods/1/-/update", {"update": {"name": "Salt"}}, "update_row"),
    ("/shop/goods/1/-/delete", {}, "delete_row"),
    ("/shop/-/create", {"table": "made", "rows": [{"a": 1}]}, "create_table"),
    (
        "/shop/bills/-/alter",
        {"operations": [{"op": "add_column", "args": {"name": "z", "type": "text"}}]},
        "alter_table",
    ),
    ("/shop/bills/-/drop", {"confirm": True}, "drop_table"),
    ("/shop/-/execute-write", {"sql": "insert into goods (name) values (:n)", "params": {"n": "Salt"}}, None),
    ("/shop/add", {"n": "Salt"}, None),
]


@pytest.mark.parametrize(("path", "body", "callback"), WRITES)
async def test_a_write_shows_its_waiting_and_its_running(
    with_plugin,
    otel_spans,  # noqa: F811
    otel_metrics,  # noqa: F811
    path,
    body,
    callback,
):
    instance = _writable(with_plugin)
    assert (await _post(instance, path, body)).status_code in (200, 201, 302)
    writes = [span for span in _of_shop(otel_spans) if _children(otel_spans, span)[-1].name == "db.write.execute"]
    [write] = writes
    assert write.parent.span_id == _served(otel_spans).context.span_id
    if callback is None:
        assert write.attributes["db.query.text"] == "insert into goods (name) values (:n)"
        assert (write.attributes["db.operation.name"], write.attributes["datasette.param_count"]) == ("INSERT", 1)
    else:
        assert callback in write.attributes["datasette.callback"]
    waiting, running = _children(otel_spans, write)
    assert waiting.name == "db.write.queue_wait" and waiting.end_time <= running.start_time + 1_000_000
    assert running.attributes == {"datasette.isolated_connection": False, "datasette.transaction": True}
    assert {span.status.status_code.name for span in (write, waiting, running)} == {"UNSET"}
    assert_spans_conform(SPANS, otel_spans.get_finished_spans(), "datasette")
    assert_no_forbidden_values(["Salt"], otel_spans.get_finished_spans())
    otel_metrics.collect()
    assert otel_metrics.point("datasette.write.queue_wait", {"db.namespace": "shop"}).count == 1
    written = {"db.namespace": "shop", "datasette.operation": "write"}
    assert otel_metrics.point("db.client.operation.duration", written).count == 1


async def test_a_write_that_fails_is_an_error(with_plugin, otel_spans, otel_metrics):  # noqa: F811
    instance = _writable(with_plugin)
    assert (await _post(instance, "/shop/goods/-/insert", {"row": {"id": 1, "name": "Salt"}})).status_code == 400
    [write] = _of_shop(otel_spans)
    [running] = _named(otel_spans, "db.write.execute")
    for span in (write, running):
        assert span.status.description == "IntegrityError: UNIQUE constraint failed: goods.id"
        assert _events(span) == ["sqlite3.IntegrityError"]
    otel_metrics.collect()
    failed = otel_metrics.point("db.client.operation.duration", {"datasette.operation": "write"})
    assert failed.attributes["error.type"] == "IntegrityError"


async def test_what_a_person_sent_is_not_in_the_spans_of_a_refusal(with_plugin, otel_spans):  # noqa: F811
    instance = _writable(with_plugin)
    body = {"update": {"name": "Salt"}, "expected": {"name": "a secret of theirs"}}
    assert (await _post(instance, "/shop/goods/1/-/update", body)).status_code == 409
    [running] = _named(otel_spans, "db.write.execute")
    assert (running.status.description, _events(running)) == ("RowChanged", ["vitrina.errors.RowChanged"])
    assert_no_forbidden_values(["Salt", "secret", "Tea"], otel_spans.get_finished_spans())


async def _together(instance, bodies):
    """Insert rows while the writer is busy, so that they wait for each other."""
    begun, go_on = threading.Event(), threading.Event()

    def hold(conn):
        begun.set()
        go_on.wait(10)

    database = instance.get_database("shop")
    holding = asyncio.ensure_future(database.execute_write_fn(hold))
    await asyncio.to_thread(begun.wait, 10)
    sent = [asyncio.ensure_future(_post(instance, "/shop/goods/-/insert", {"row": body})) for body in bodies]
    while database.engine.pending_writes < len(bodies):
        await asyncio.sleep(0.001)
    go_on.set()
    await holding
    return [answer.status_code for answer in await asyncio.gather(*sent)]


def _running_inserts(exporter):
    parents = {
        span.context.span_id for span in _of_shop(exporter) if "_rows" in str(span.attributes.get("datasette.callback"))
    }
    running = [span for span in _named(exporter, "db.write.execute") if span.parent.span_id in parents]
    return sorted(running, key=lambda span: span.start_time)


async def test_writes_that_share_a_commit_are_linked_to_the_first(with_plugin, otel_spans):  # noqa: F811
    instance = _writable(with_plugin)
    assert await _together(instance, [{"name": "a"}, {"id": 1}, {"name": "c"}]) == [201, 400, 201]
    first, failed, last = _running_inserts(otel_spans)
    assert first.links == ()
    for span in (failed, last):
        assert [link.context.span_id for link in span.links] == [first.context.span_id]
    assert [span.status.status_code.name for span in (first, failed, last)] == ["UNSET", "ERROR", "UNSET"]
    # None is done before the commit of all of them.
    assert min(span.end_time for span in (first, last)) >= max(span.start_time for span in (first, failed, last))
    assert len({span.context.trace_id for span in (first, failed, last)}) == 3


async def test_a_write_that_is_run_again_has_one_span(with_plugin, otel_spans):  # noqa: F811
    instance = _writable(with_plugin)
    await instance.get_database("shop").execute_write_script(
        "create trigger no before insert on goods when new.name = 'b' begin select raise(rollback, 'no b'); end"
    )
    assert await _together(instance, [{"name": "a"}, {"name": "b"}]) == [201, 400]
    good, bad = _running_inserts(otel_spans)
    assert (good.status.status_code.name, bad.status.description) == ("UNSET", "IntegrityError: no b")


async def test_a_job_is_linked_to_the_request_that_began_it(with_plugin, otel_spans):  # noqa: F811
    instance = _writable(with_plugin)
    root = {"actor": {"id": "root"}}
    sent = await instance.client.post("/shop/-/import?name=things.csv", content="a,b\n1,2\n", **root)
    begun = await _post(instance, "/shop/-/import/run", {"upload": sent.json()["upload"], "table": "things"})
    job = f"/shop/-/jobs/{begun.json()['job']['id']}"
    while (await instance.client.get(job, **root)).json()["job"]["state"] in ("waiting", "running"):
        await asyncio.sleep(0.001)
    [asked] = [span for span in otel_spans.get_finished_spans() if "import/run" in span.name]
    writes = [span for span in _of_shop(otel_spans) if "import_batch" in span.attributes.get("datasette.callback", "")]
    assert writes
    for write in writes:
        assert write.parent is None
        assert [link.context.span_id for link in write.links] == [asked.context.span_id]
    await instance.invoke_shutdown()


async def test_what_the_server_keeps_for_itself_is_shown(with_plugin, otel_spans):  # noqa: F811
    instance = _writable(with_plugin)
    body = {"query": {"name": "one", "sql": "select 1"}}
    assert (await _post(instance, "/shop/-/queries/store", body)).status_code == 201
    kept = [span for span in _named(otel_spans, "db.query") if span.attributes["db.namespace"] == "__INTERNAL__"]
    assert kept and all(_children(otel_spans, span)[-1].name == "db.write.execute" for span in kept)


async def test_the_span_of_a_plugins_write_has_its_commit(with_plugin, otel_spans):  # noqa: F811
    database = with_plugin().get_database("shop")
    await database.execute_write_script(
        "create table later (id integer references goods(id) deferrable initially deferred)"
    )
    await database.execute_write_fn(lambda conn: conn.execute("pragma foreign_keys = on"), transaction=False)
    with pytest.raises(Exception, match="FOREIGN KEY"):
        await database.execute_write("insert into later values (77)")
    running = _named(otel_spans, "db.write.execute")[-1]
    assert running.status.description == "IntegrityError: FOREIGN KEY constraint failed"


async def test_sets_of_parameters_are_counted_as_they_are_used(with_plugin, otel_spans):  # noqa: F811
    database = with_plugin().get_database("shop")
    await database.execute_write_many("insert into goods (name) values (?)", ([name] for name in "abc"))
    assert _of_shop(otel_spans)[-1].attributes["datasette.param_sets"] == 3


async def test_who_asks_is_taken_over_as_the_server_was_told(with_plugin, otel_spans):  # noqa: F811
    client, before = with_plugin().client, propagate.get_global_textmap()
    headers = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
    propagate.set_global_textmap(CompositePropagator([]))
    try:
        await client.get("/shop/goods.json", headers=headers)
    finally:
        propagate.set_global_textmap(before)
    assert _served(otel_spans).parent is None
    await client.get("/shop/goods.json", headers=headers)
    assert _served(otel_spans).parent.trace_id == 0x4BF92F3577B34DA6A3CE929D0E0E4736


async def test_everything_that_is_registered_comes_and_nothing_else(with_plugin, otel_spans, otel_metrics):  # noqa: F811
    instance = _writable(with_plugin, settings={"sql_time_limit_ms": 40})
    for path in ("/", "/shop", "/shop.json", "/shop/goods", "/shop/goods?_facet=name", "/shop/goods/1", "/nowhere"):
        await instance.client.get(path)
    for sql in ("select+1", "select+zzz", ENDLESS):
        await instance.client.get(f"/shop/-/query.json?sql={sql}")
    for path, body, _ in WRITES:
        await _post(instance, path, body)
    spans = otel_spans.get_finished_spans()
    assert_spans_conform(SPANS, spans, "datasette")
    assert_spans_covered(SPANS, spans, "datasette")
    otel_metrics.collect()
    assert_metrics_conform(METRICS, otel_metrics, "datasette")
    assert_metrics_covered(METRICS, otel_metrics, "datasette")
