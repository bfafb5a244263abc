"""``_trace=1``, and what plugins add to it."""

from vitrina.hooks.markers import hookimpl
from vitrina.hooks.tracing import trace


class Traces:
    @hookimpl
    def extra_template_vars(self, datasette):
        async def inner():
            with trace("weather", place="Porto"):
                return {}

        return inner


async def test_json_and_html_carry_statements_and_what_plugins_trace(with_plugin):
    ds = with_plugin(Traces(), settings={"trace_debug": True})
    trace_object = (await ds.client.get("/shop/goods.json?_trace=1")).json()["_trace"]
    statements = [each["sql"] for each in trace_object["traces"] if each["type"] == "sql"]
    assert any("from goods" in sql for sql in statements)
    assert trace_object["num_traces"] == len(trace_object["traces"])
    page = await ds.client.get("/shop/goods?_trace=1")
    assert "Porto" in page.text and page.text.rstrip().endswith("</pre></body>\n</html>")
    assert "_trace" not in (await ds.client.get("/shop/goods.json")).json()


async def test_nothing_is_traced_without_the_setting(with_plugin):
    ds = with_plugin()
    assert "_trace" not in (await ds.client.get("/shop/goods.json?_trace=1")).json()
