"""Methods of the instance as its documentation describes them."""

from collections import OrderedDict

import pytest
from jinja2 import TemplatesNotFound

from vitrina.errors import StartupError
from vitrina.facade.database import Database
from vitrina.facade.datasette import Datasette
from vitrina.http.urls import PrefixedUrlString

pytestmark = pytest.mark.asyncio


async def test_files_are_a_list():
    with pytest.raises(ValueError, match="files= must be a list of paths, not a string"):
        Datasette("shop.db")


async def test_a_file_given_twice_has_two_names(with_plugin):
    path = with_plugin().get_database("shop").path
    instance = Datasette([path, path])
    assert list(instance.databases) == ["shop", "shop_2"] and isinstance(instance.databases, OrderedDict)
    instance.remove_database("shop")
    assert isinstance(instance.databases, OrderedDict)
    assert instance.add_database(Database(instance, is_temp_disk=True)).name == "_temp_disk"
    instance.close()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"nope": 1}, "Invalid setting 'nope' in settings parameter"),
        ({"default_page_size": "x"}, "Setting 'default_page_size' in settings parameter has incorrect type"),
    ],
)
async def test_wrong_settings_are_said_to_be_of_the_parameter(settings, message):
    with pytest.raises(StartupError, match=message):
        Datasette(settings=settings)


async def test_arguments_have_their_documented_names(with_plugin):
    instance = with_plugin()
    assert instance.setting(key="default_page_size") == 100
    assert await instance.actors_from_ids(actor_ids=[1]) == {1: {"id": 1}}
    await instance.invoke_startup()
    results = await instance.execute("shop", "select :a", {"a": 1}, True)
    assert results.single_value() == 1 and results.truncated is False


async def test_a_template_that_is_missing_names_all_that_were_tried(with_plugin):
    instance = with_plugin()
    await instance.invoke_startup()
    with pytest.raises(TemplatesNotFound, match=r"none of the templates given were found: one\.html, two\.html"):
        await instance.render_template(["one.html", "two.html"])


async def test_static_addresses(with_plugin):
    instance = with_plugin()
    assert type(instance.static("app.css")) is PrefixedUrlString
    with pytest.raises(ValueError, match="Use either plugin= or mount=, not both"):
        instance.static("app.css", plugin="x", mount="y")
    for path in ("../static/app.css", "/app.css"):
        with pytest.raises(ValueError, match="Static asset path cannot escape static root"):
            instance.static(path)


async def test_closing_goes_on_where_one_database_fails(with_plugin):
    instance = with_plugin(memory=True)
    await instance.invoke_startup()
    first, second = instance.databases.values()
    real = first.close

    def fails():
        real()
        raise ValueError("not this one")

    first.close = fails
    with pytest.raises(ValueError, match="not this one"):
        instance.close()
    with pytest.raises(RuntimeError, match="has been closed"):
        await second.execute("select 1")
    instance.close()


async def test_queries_are_found_by_their_description(with_plugin):
    instance = with_plugin()
    await instance.invoke_startup()
    await instance.add_query("shop", "one", "select 1", description="Counts nothing")
    assert [query.name for query in (await instance.list_queries(q="COUNTS")).queries] == ["one"]
    assert await instance.count_queries(q="counts") == 1
