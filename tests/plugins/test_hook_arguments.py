"""What hooks are called with, and what becomes of their answers, on each kind of page."""

import re

import pytest
from markupsafe import Markup

from vitrina.hooks.call import call_with_supported_arguments
from vitrina.hooks.markers import hookimpl
from vitrina.http.response import Response
from vitrina.web.table.facet_class import Facet

pytestmark = pytest.mark.asyncio

KIDS = (
    "create table kids (id integer primary key, goods_id integer references goods(id));insert into kids values (1, 1)"
)
QUERIES = {"reads": "select 5 as five", "writes": {"sql": "insert into goods (name) values (:a)", "write": True}}


class Cells:
    def __init__(self, answer):
        self.answer = answer

    @hookimpl
    def render_cell(self, row, value):
        return self.answer(row, value)


@pytest.fixture
def cells_of(with_plugin):
    async def cells(answer, path):
        instance = with_plugin(Cells(answer))
        await instance.get_database("shop").execute_write_script(KIDS)
        page = (await instance.client.get(path)).text
        return re.findall(r'<td class="col[^"]*">(.*?)</td>', page)

    return cells


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("goods", "Row"),
        ("kids", "CustomRow"),
        ("goods/1", "CustomRow"),
        ("kids/1", "CustomRow"),
    ],
)
async def test_rows_hold_labels_where_there_are_some(cells_of, path, kind):
    assert f"a {kind}" in (await cells_of(lambda row, value: f"a {type(row).__name__}", f"/shop/{path}"))[1]


@pytest.mark.parametrize("path", ["/shop/kids", "/shop/kids/1"])
async def test_values_of_foreign_keys_come_with_their_label(cells_of, path):
    found = await cells_of(lambda row, value: value["label"] if isinstance(value, dict) else None, path)
    assert "Tea" in found[1]


async def test_keys_stay_strong_on_row_pages(cells_of):
    assert await cells_of(lambda row, value: Markup(f"<i>{value}</i>"), "/shop/goods/1") == [
        "<strong><i>1</i></strong>",
        "<i>Tea</i>",
    ]


@pytest.mark.parametrize("nothing", ["", False, 0])
async def test_nothing_leaves_a_cell_as_it_is(cells_of, nothing):
    assert (await cells_of(lambda row, value: nothing, "/shop/goods"))[1] == "Tea"


class Places:
    def __init__(self):
        self.calls = []

    @hookimpl
    def top_query(self, sql):
        self.calls.append(("top_query", sql))

    @hookimpl
    def top_stored_query(self, query_name):
        self.calls.append(("top_stored_query", query_name))

    @hookimpl
    def query_actions(self, query_name, params):
        self.calls.append(("query_actions", query_name, params))


@pytest.mark.parametrize(
    ("path", "calls"),
    [
        ("/-/query?sql=select+1", {("top_query", "select 1")}),
        ("/reads", {("top_stored_query", "reads")}),
        ("/writes?a=x", {("top_stored_query", "writes")}),
    ],
)
async def test_a_query_has_one_place_at_its_top(with_plugin, path, calls):
    plugin = Places()
    instance = with_plugin(plugin, config={"databases": {"shop": {"queries": QUERIES}}})
    assert (await instance.client.get(f"/shop{path}")).status_code == 200
    assert {call for call in plugin.calls if call[0] != "query_actions"} == calls
    params = [call[2] for call in plugin.calls if call[0] == "query_actions"]
    assert params == [{"a": "x"} if "writes" in path else {}]


async def test_a_route_may_be_a_compiled_expression(with_plugin):
    class Plugin:
        @hookimpl
        def register_routes(self):
            return [(re.compile("^/hello$"), lambda: Response.text("hello"))]

    assert (await with_plugin(Plugin()).client.get("/hello")).text == "hello"


async def test_formats_of_plugins_get_the_facets_that_were_asked_for(with_plugin):
    class Plugin:
        @hookimpl
        def register_output_renderer(self):
            return {"extension": "keys", "render": lambda data: Response.json(sorted(data))}

    instance = with_plugin(Plugin())
    plain = (await instance.client.get("/shop/goods.keys")).json()
    assert (await instance.client.get("/shop/goods.keys?_facet=name")).json() == sorted([*plain, "facet_results"])


async def test_a_refused_form_has_a_title_of_its_own(with_plugin):
    answer = await with_plugin().client.post("/-/logout", headers={"origin": "http://elsewhere.example"})
    assert answer.status_code == 403 and "<title>CSRF check failed</title>" in answer.text


async def test_facets_of_plugins_know_how_many_rows_there_are(with_plugin):
    class Counted(Facet):
        type = "counted"

        async def suggest(self):
            return []

        async def facet_results(self):
            return [{"name": "rows", "type": self.type, "results": [{"value": 1, "count": self.row_count}]}], []

    class Plugin:
        @hookimpl
        def register_facet_classes(self):
            return [Counted]

    answer = await with_plugin(Plugin()).client.get("/shop/goods.json?_facet_counted=name")
    assert answer.json()["facet_results"]["results"]["rows"]["results"] == [{"value": 1, "count": 2}]


async def test_functions_that_take_no_names_are_called_too():
    assert call_with_supported_arguments(len, obj=[1, 2], request=None) == 2


async def test_templates_wait_for_the_start(with_plugin):
    with pytest.raises(RuntimeError, match=r"render_template\(\) called before await ds\.invoke_startup\(\)"):
        await with_plugin().render_template("base.html")
