"""Who keeps the event loop from everything else is said in the log, by plugin, hook and time."""

import asyncio
import time

import pytest

from vitrina.hooks import blame, calling
from vitrina.hooks.markers import hookimpl
from vitrina.http.response import Response


class Clock:
    """Time that passes only where a plugin says so."""

    now = 0.0

    def perf_counter(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(calling, "time", made)
    monkeypatch.setattr(blame, "_last_said", {})
    return made


@pytest.fixture
def lines(caplog):
    return lambda: [record.getMessage() for record in caplog.records if "kept the event loop" in record.getMessage()]


def plugin_with(clock):
    def busy(seconds):
        clock.now += seconds

    class Busy:
        @hookimpl
        def menu_links(self):
            busy(0.125)

        @hookimpl
        def extra_template_vars(self):
            async def inner():
                busy(0.0625)
                await asyncio.sleep(0)
                busy(0.25)
                await asyncio.sleep(0)
                return {}

            return inner

        @hookimpl
        def extra_css_urls(self):
            async def patient():
                for _ in range(5):
                    busy(0.0625)
                    await asyncio.sleep(0)
                return []

            return patient()

        @hookimpl
        def register_routes(self):
            async def page():
                busy(0.375)
                return Response.text("done")

            return [("^/-/busy$", page)]

        @hookimpl
        def register_output_renderer(self):
            def render():
                busy(0.5)
                return {"body": "done"}

            return {"extension": "busy", "render": render}

        @hookimpl
        def prepare_connection(self):
            busy(0.5)

    return Busy()


class Quick:
    @hookimpl
    def menu_links(self):
        return []


async def test_each_hook_is_named_once_a_minute_with_its_plugin(with_plugin, clock, lines):
    ds = with_plugin(plugin_with(clock))
    ds.pm.register(Quick(), name="test-quick")
    try:
        for _ in range(2):
            assert (await ds.client.get("/")).status_code == 200
        assert lines() == [
            "The hook menu_links of test-plugin-0 kept the event loop for 125 ms",
            "The hook extra_template_vars of test-plugin-0 kept the event loop for 250 ms",
        ]
        assert (await ds.client.get("/-/busy")).text == "done"
        assert (await ds.client.get("/shop/goods.busy")).text == "done"
        assert (await ds.client.get("/shop/-/query.json?sql=select+1")).status_code == 200
        assert lines()[2:] == [
            "The hook register_routes of test-plugin-0 kept the event loop for 375 ms",
            "The hook register_output_renderer of test-plugin-0 kept the event loop for 500 ms",
        ]
        blame._last_said = {place: said - 61 for place, said in blame._last_said.items()}
        await ds.client.get("/")
        assert len(lines()) == 6
    finally:
        ds.pm.unregister(name="test-quick")


class SlowCells:
    """Every cell takes a moment."""

    @hookimpl
    def render_cell(self):
        ended = time.perf_counter() + 0.03
        while time.perf_counter() < ended:
            pass
        return "x"


@pytest.mark.parametrize("path", ["/shop/goods", "/shop/-/query?sql=select+*+from+goods"])
async def test_many_cells_let_others_in_between(with_plugin, path):
    plugin = SlowCells()
    ds = with_plugin(plugin)
    await ds.invoke_startup()
    asked = asyncio.ensure_future(ds.client.get(path))
    begun = []
    original = ds.site.hooks.call_unsettled

    def counted(name, **arguments):
        if name == "render_cell":
            begun.append(turns)
        return original(name, **arguments)

    ds.site.hooks.call_unsettled = counted
    turns = 0
    while not asked.done():
        await asyncio.sleep(0)
        turns += 1
    assert asked.result().status_code == 200
    assert begun[0] < begun[-1], "the loop turned between the first cell and the last"
