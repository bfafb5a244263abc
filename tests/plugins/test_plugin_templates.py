"""Templates that plugins keep elsewhere than in files: in the shared environment, or in one per request."""

from dataclasses import dataclass

import pytest
from jinja2 import ChoiceLoader, DictLoader, FunctionLoader

from vitrina.facade.views import Context
from vitrina.hooks.markers import hookimpl

PAGES = {"pages/tea.html": "Tea for {{ request.args.get('n') }}", "pages/shelf/{number}.html": "Shelf {{ number }}"}


class InSharedEnvironment:
    @hookimpl
    def prepare_jinja2_environment(self, env):
        env.loader.loaders.insert(0, DictLoader(PAGES))


class ByFunction:
    @hookimpl
    def prepare_jinja2_environment(self, env):
        env.loader.loaders.insert(0, FunctionLoader(PAGES.get))


class PerRequest:
    @hookimpl
    def jinja2_environment_from_request(self, request, env):
        if request is None or request.args.get("plain"):
            return env
        pages = DictLoader({**PAGES, "table-shop-goods.html": "Goods of {{ database }}"})
        return env.overlay(loader=ChoiceLoader([pages, env.loader]), enable_async=True)


@pytest.mark.parametrize("plugin", [InSharedEnvironment, PerRequest])
async def test_pages_of_other_loaders(with_plugin, plugin):
    client = with_plugin(plugin()).client
    assert (await client.get("/tea?n=2")).text == "Tea for 2"
    assert (await client.get("/shelf/7")).text == "Shelf 7"
    assert (await client.get("/coffee")).status_code == 404


async def test_a_loader_that_lists_nothing_is_asked_by_name(with_plugin):
    client = with_plugin(ByFunction()).client
    assert (await client.get("/tea?n=2")).text == "Tea for 2"
    assert (await client.get("/coffee")).status_code == 404


async def test_a_request_s_own_environment_is_searched_for_every_name(with_plugin):
    client = with_plugin(PerRequest()).client
    assert (await client.get("/shop/goods")).text == "Goods of shop"
    assert "<table" in (await client.get("/shop/goods?plain=1")).text
    assert (await client.get("/tea?plain=1")).status_code == 404


async def test_a_query_page_tells_templates_all_arguments_and_where_to_edit_the_query(with_plugin, tmp_path):
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "query.html").write_text("{{ query.params|dictsort }} {{ edit_sql_url|safe }}")
    shop = with_plugin(template_dir=str(templates))
    html = (await shop.client.get("/shop/-/query?sql=select+:n&n=5&other=6&_hide_sql=1")).text
    assert html.replace("&#39;", "") == "[(_hide_sql, 1), (n, 5), (other, 6)] /shop/-/query?sql=select+%3An&n=5"


async def test_variables_may_come_as_a_dataclass(with_plugin):
    @dataclass
    class Shown(Context):
        tea: str
        price: int

    shop = with_plugin()
    await shop.invoke_startup()
    template = shop.get_jinja_environment().from_string("{{ tea }}: {{ price }}")
    assert await shop.render_template(template, Shown("<Oolong>", 5)) == "&lt;Oolong&gt;: 5"
