"""What plugins can change on table and row pages."""

import pytest
from markupsafe import Markup
from table_instance import open_museum

from vitrina.hooks.markers import hookimpl
from vitrina.http.response import Response
from vitrina.render.column_types import ColumnType
from vitrina.web.table.facet_class import Facet
from vitrina.web.table.filter_arguments import FilterArguments


@pytest.fixture
def open_with(tmp_path):
    opened = []

    def make(plugin, **options):
        instance = open_museum(tmp_path, **options)
        instance.pm.register(plugin, name=f"plugin-{len(opened)}")
        opened.append((instance, plugin))
        return instance

    yield make
    for instance, plugin in opened:
        instance.pm.unregister(plugin)
        instance.close()


class CellPlugin:
    def __init__(self):
        self.seen = []

    @hookimpl
    def render_cell(self, row, value, column, table, pks, database, datasette, request, column_type):
        self.seen.append((type(row).__name__, value, column, table, pks, database, column_type and column_type.name))
        if column == "title":

            async def later():
                return f"<{row['title']}>"

            return later
        if column == "grade":
            return Markup(f"<i>{value}</i>")
        if column == "tags":
            return ""
        return None


async def test_render_cell_on_table_pages(open_with):
    plugin = CellPlugin()
    museum = open_with(plugin)
    html = (await museum.client.get("/museum/objects?_size=1")).text
    assert '<td class="col-title type-str">&lt;Mask&gt;</td>' in html
    assert '<td class="col-grade type-str"><i>A</i></td>' in html
    # An empty answer counts as none.
    assert "wood" in html
    columns = [seen[2] for seen in plugin.seen]
    # The column type "url" answers for "site" before the hook is asked.
    assert columns == ["title", "hall_id", "grade", "tags"]
    assert plugin.seen[1][1] == {"value": 1, "label": "Atrium"}
    assert plugin.seen[0][0] == "CustomRow"
    assert plugin.seen[0][3:6] == ("objects", ["id"], "museum")


async def test_render_cell_on_row_pages_and_in_json(open_with):
    plugin = CellPlugin()
    museum = open_with(plugin)
    html = (await museum.client.get("/museum/objects/1")).text
    assert '<td class="col-title type-str">&lt;Mask&gt;</td>' in html
    assert plugin.seen[0][2] == "id"
    data = (await museum.client.get("/museum/objects.json?_size=1&_extra=render_cell")).json()
    assert data["render_cell"][0]["grade"] == "<i>A</i>"
    assert "hall_id" not in data["render_cell"][0]


class Shout(ColumnType):
    name = "shout"
    description = "Loud text"

    async def render_cell(self, value, column, table, database, datasette, request):
        return Markup(f"<b>{value}!</b>") if value else None

    async def transform_value(self, value, datasette):
        return f"{value}!" if value else value


class TypePlugin:
    @hookimpl
    def register_column_types(self, datasette):
        return [Shout]


async def test_column_type_of_a_plugin(open_with):
    config = {"databases": {"museum": {"tables": {"objects": {"column_types": {"title": "shout"}}}}}}
    museum = open_with(TypePlugin(), config=config)
    html = (await museum.client.get("/museum/objects?_size=1")).text
    assert '<td class="col-title type-str"><b>Mask!</b></td>' in html
    data = (await museum.client.get("/museum/objects.json?_size=1&_col=title")).json()
    assert data["rows"] == [{"id": 1, "title": "Mask!"}]
    row = (await museum.client.get("/museum/objects/1.json")).json()
    assert row["rows"][0]["title"] == "Mask"


class RendererPlugin:
    def __init__(self):
        self.calls = []

    def render(self, columns, rows, sql, table, view_name, data, args, truncated, error):
        self.calls.append((columns, [dict(row) for row in rows], table, view_name, list(data), truncated, error))
        if args.get("nothing"):
            return None
        if args.get("response"):
            return Response.text("mine")
        return {"body": f"{len(rows)} rows", "content_type": "text/odd", "status_code": 201, "headers": {"x-odd": "1"}}

    async def can_render(self, columns, table):
        return "name" in columns

    @hookimpl
    def register_output_renderer(self, datasette):
        return {"extension": "odd", "render": self.render, "can_render": self.can_render}


async def test_output_renderer(open_with):
    plugin = RendererPlugin()
    museum = open_with(plugin)
    response = await museum.client.get("/museum/halls.odd?_size=2")
    assert (response.status_code, response.text) == (201, "2 rows")
    assert (response.headers["content-type"], response.headers["x-odd"]) == ("text/odd", "1")
    columns, rows, table, view_name, data, truncated, error = plugin.calls[0]
    assert (columns, rows[0], table, view_name) == (["id", "name"], {"id": 1, "name": "Atrium"}, "halls", "table")
    assert data == ["ok", "next", "next_url", "rows"]
    assert (truncated, error) == (False, None)
    assert (await museum.client.get("/museum/halls.odd?response=1")).text == "mine"
    assert (await museum.client.get("/museum/halls.odd?nothing=1")).status_code == 404
    assert (await museum.client.get("/museum/halls/1.odd")).text == "1 rows"
    assert plugin.calls[-1][3] == "row"


async def test_links_to_output_renderers(open_with):
    museum = open_with(RendererPlugin())
    assert "/museum/halls.odd" in (await museum.client.get("/museum/halls")).text
    assert "/museum/loans.odd" not in (await museum.client.get("/museum/loans")).text
    data = (await museum.client.get("/museum/halls.json?_extra=renderers")).json()
    assert set(data["renderers"]) == {"json", "odd"}


async def test_an_output_renderer_says_itself_what_failed(open_with):
    class Failures:
        @hookimpl
        def register_output_renderer(self, datasette):
            return {"extension": "odd", "render": self.render}

        def render(self, rows, columns, error, data):
            return {"body": f"{error} {rows} {columns} {data['ok']}"}

    museum = open_with(Failures())
    response = await museum.client.get("/museum/-/query.odd?sql=select+*+from+nowhere")
    assert (response.status_code, response.text) == (200, "no such table: nowhere [] [] True")
    refused = await museum.client.get("/museum/-/query.odd?sql=delete+from+halls")
    assert (refused.status_code, refused.headers["content-type"]) == (400, "text/html; charset=utf-8")


async def test_a_query_that_writes_has_no_rows_for_renderers(open_with):
    write = {"sql": "delete from halls", "write": True}
    museum = open_with(RendererPlugin(), config={"databases": {"museum": {"queries": {"clear": write}}}})
    response = await museum.client.get("/museum/clear.odd")
    assert (response.status_code, response.text) == (201, "0 rows")
    refused = await museum.client.get("/museum/clear.csv")
    assert (refused.status_code, refused.text) == (400, "attempt to write a readonly database")


async def test_renderers_are_told_on_which_page_their_link_would_be(open_with):
    seen = []

    class Asked:
        @hookimpl
        def register_output_renderer(self, datasette):
            return {"extension": "odd", "render": str, "can_render": self.can_render}

        def can_render(self, view_name, sql, table):
            seen.append((view_name, sql, table))

    museum = open_with(Asked())
    for path in ("halls", "halls/1", "-/query", "-/query?sql=select+1"):
        await museum.client.get(f"/museum/{path}")
    assert [(view_name, table) for view_name, _, table in seen[:2]] == [("table", "halls"), ("row", "halls")]
    assert seen[2:] == [("database", None, None), ("database", "select 1", None)]


class FilterPlugin:
    @hookimpl
    def filters_from_request(self, request, database, table, datasette):
        async def inner():
            if request.args.get("_long"):
                return FilterArguments(["length(title) > :long"], {"long": 4}, ["title is long"], {"extra": 1})
            return None

        return inner


async def test_filters_from_request(open_with):
    museum = open_with(FilterPlugin())
    data = (
        await museum.client.get("/museum/objects.json?_long=1&grade=B&_extra=count,human_description_en&_col=title")
    ).json()
    assert [row["id"] for row in data["rows"]] == [2]
    assert data["count"] == 1
    assert "title is long" in data["human_description_en"]
    assert len((await museum.client.get("/museum/objects.json")).json()["rows"]) == 4


class LengthFacet(Facet):
    type = "length"

    async def suggest(self):
        return [{"name": "title", "type": "length", "toggle_url": "/x"}]

    async def facet_results(self):
        if not self.get_configs():
            return [], []
        assert self.get_configs() == [{"source": "request", "config": {"simple": "title"}}]
        assert (self.row_count, self.get_facet_size()) == (2, 30)
        assert "title" in await self.get_columns(self.sql, self.params)
        sql = f"select length(title) as value, count(*) as n from ({self.sql}) group by 1 order by 1"
        rows = await self.ds.get_database(self.database).execute(sql, self.params)
        results = [
            {"value": row["value"], "label": row["value"], "count": row["n"], "toggle_url": "/y", "selected": False}
            for row in rows
        ]
        facet = {
            "name": "grade",
            "type": "length",
            "results": results,
            "hideable": True,
            "toggle_url": "/z",
            "truncated": False,
        }
        return [facet], ["slow"]


class FacetPlugin:
    @hookimpl
    def register_facet_classes(self):
        return [LengthFacet]


async def test_facet_of_a_plugin(open_with):
    museum = open_with(FacetPlugin())
    data = (
        await museum.client.get("/museum/objects.json?_facet_length=title&grade=A&_extra=suggested_facets,count")
    ).json()
    results = data["facet_results"]["results"]
    assert set(results) == {"grade", "grade_2"}
    # Facets of plugins that are not installed come before the built-in ones.
    assert [(each["value"], each["count"]) for each in results["grade"]["results"]] == [(4, 2)]
    assert data["facet_results"]["timed_out"] == ["slow"]
    assert {"name": "title", "type": "length", "toggle_url": "/x"} in data["suggested_facets"]
    assert "(length)" in (await museum.client.get("/museum/objects?_facet_length=title&grade=A")).text


class ActionPlugin:
    @hookimpl
    def table_actions(self, datasette, actor, database, table, request):
        return [{"href": f"/-/act/{database}/{table}", "label": "Act"}]

    @hookimpl
    def row_actions(self, datasette, actor, request, database, table, row):
        return [{"href": f"/-/act/{row['name']}", "label": "Act on row"}]

    @hookimpl
    def top_table(self, datasette, request, database, table):
        return Markup(f"<p>top of {table}</p>")

    @hookimpl
    def top_row(self, datasette, request, database, table, row):
        return Markup(f"<p>top of {row['name']}</p>")


async def test_actions_and_slots(open_with):
    museum = open_with(ActionPlugin())
    html = (await museum.client.get("/museum/halls")).text
    assert 'href="/-/act/museum/halls"' in html and "<p>top of halls</p>" in html
    html = (await museum.client.get("/museum/halls/1")).text
    assert 'href="/-/act/Atrium"' in html and "<p>top of Atrium</p>" in html
