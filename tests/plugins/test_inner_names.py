"""What plugins and their tests reach for inside an instance, and the modules they import it from."""

import sqlite3

import pytest

from vitrina.compat.contexts import documented_context_keys
from vitrina.compat.extras import Extra, ExtraRegistry, ExtraScope
from vitrina.compat.filter_classes import InFilter, TemplatedFilter
from vitrina.compat.form_parsing import parse_content_disposition, parse_content_type
from vitrina.compat.magic_parameters import MagicParameters
from vitrina.compat.old_metadata import move_plugins_and_allow, move_table_config
from vitrina.compat.permission_rules import (
    gather_permission_sql_from_hooks,
    resolve_permissions_with_candidates,
)
from vitrina.compat.routing import route_pattern_from_filepath
from vitrina.compat.sqlite_facts import check_structured_write_table, sqlite_derived_table_dependencies
from vitrina.compat.table_filters import search_filters, where_filters
from vitrina.compat.write_values import WriteJsonValueError, decode_write_json_row
from vitrina.errors import BadRequest, Forbidden
from vitrina.facade.stored_query import StoredQuery
from vitrina.facade.views import DatasetteError
from vitrina.facade.write_decisions import QueryWriteRejected
from vitrina.hooks.markers import hookimpl
from vitrina.http.request import Request
from vitrina.render.column_types import ColumnType

pytestmark = pytest.mark.asyncio


async def test_routes_are_listed_with_their_views(with_plugin):
    instance = with_plugin()
    names = {
        pattern.pattern: getattr(getattr(view, "view_class", None), "__name__", None) or view.__name__
        for pattern, view in instance._routes()
    }
    assert names[r"/(?P<database>[^\/\.]+)/-/schema(\.(?P<format>json|md))?$"] == "DatabaseSchemaView"
    assert names[r"/(?P<database>[^\/\.]+)/(?P<table>[^\/\.]+)(\.(?P<format>\w+))?$"] == "table_view"
    assert names["/-/tasks(\\.(?P<format>json))?$"] == "JsonDataView"


async def test_column_types_are_listed_with_their_classes(with_plugin):
    class Loud(ColumnType):
        name = "loud"
        description = "Loud text"

    class Typed:
        @hookimpl
        def register_column_types(self, datasette):
            return [Loud]

    instance = with_plugin(Typed())
    await instance.invoke_startup()
    assert instance._column_types["loud"] is Loud
    assert set(instance._column_types) == {"url", "email", "json", "textarea", "loud"}


async def test_the_root_token_signs_in_once(with_plugin):
    instance = with_plugin()
    path = f"/-/auth-token?token={instance._root_token}"
    assert (await instance.client.get(path)).status_code == 302
    assert (await instance.client.get(path)).status_code == 403


async def test_rules_as_sql_decide_as_pages_do(with_plugin):
    instance = with_plugin(config={"databases": {"shop": {"tables": {"bills": {"allow": {"id": "ann"}}}}}})
    await instance.invoke_startup()
    for actor, expected in ((None, [0, 1]), ({"id": "ann"}, [1, 1])):
        rules = await gather_permission_sql_from_hooks(datasette=instance, actor=actor, action="view-table")
        rows = await resolve_permissions_with_candidates(
            instance.get_internal_database(), actor, rules, [("shop", "bills"), ("shop", "goods")], "view-table"
        )
        assert [row["allow"] for row in rows] == expected
        assert [row["depth"] for row in rows] == [2, 0]


async def test_writing_sql_is_checked_for_plugins(with_plugin):
    instance = with_plugin()
    await instance.invoke_startup()
    sql = "insert into goods (name) values ('Salt')"
    with pytest.raises(Forbidden, match="need insert-row on shop/goods"):
        await instance.ensure_query_write_permissions("shop", sql)
    instance.root_enabled = True
    analysis = await instance.ensure_query_write_permissions("shop", sql, actor={"id": "root"})
    assert [(each.operation, each.table, each.columns) for each in analysis.operations] == [("insert", "goods", ())]
    with pytest.raises(QueryWriteRejected):
        await instance.ensure_query_write_permissions("shop", "vacuum", actor={"id": "root"})


async def test_stored_queries_have_lists_of_parameters(with_plugin):
    instance = with_plugin()
    await instance.invoke_startup()
    await instance.add_query("shop", "one", "select :a", parameters=["a"], is_trusted=True)
    query = await instance.get_query("shop", "one")
    assert isinstance(query, StoredQuery) and query.parameters == ["a"] and query.private is None
    page = await instance.list_queries("shop", include_private=True)
    assert [each.private for each in page.queries] == [False]


async def test_filters_as_hooks_give_them(with_plugin):
    instance = with_plugin()
    await instance.invoke_startup()
    request = Request.fake("/shop/goods?_where=id>1&_where=id<9")
    found = await where_filters(request, "shop", instance)()
    assert found.where_clauses == ["id>1", "id<9"]
    assert found.extra_context["extra_wheres_for_ui"][0]["remove_url"] == "/shop/goods?_where=id%3C9"
    assert (await search_filters(request, "shop", "goods", instance)()).extra_context == {"supports_search": False}


async def test_magic_parameters_are_filled_in(with_plugin):
    instance = with_plugin()
    await instance.invoke_startup()
    request = Request.fake("/")
    request.scope["actor"] = {"id": "ann"}
    params = MagicParameters("select :_actor_id, :x", {"x": 1}, request, instance)
    await params.execute_params()
    row = (await instance.get_database("shop").execute("select :_actor_id, :x", params)).first()
    assert tuple(row) == ("ann", 1)
    with pytest.raises(KeyError, match="email"):
        await MagicParameters("select :_actor_email", {}, request, instance).execute_params()


async def test_hooks_see_refusals_as_both_kinds(with_plugin):
    seen = []

    class Watching:
        @hookimpl
        def handle_exception(self, exception):
            seen.append(exception)

    response = await with_plugin(Watching()).client.get("/shop/goods?_sort=nothing")
    assert response.status_code == 400
    assert isinstance(seen[0], DatasetteError) and isinstance(seen[0], BadRequest)
    assert type(seen[0]).__name__ == "DatasetteError"


async def test_the_page_of_a_refusal_asks_plugins(with_plugin):
    asked = []

    class Variables:
        @hookimpl
        def extra_template_vars(self, template, view_name):
            asked.append((template, view_name))

    instance = with_plugin(Variables(), default_deny=True)
    assert (await instance.client.get("/")).status_code == 403
    assert asked == [("error.html", None)]


async def test_loaders_that_a_plugin_adds_come_first(with_plugin):
    from jinja2 import DictLoader

    class Loading:
        @hookimpl
        def prepare_jinja2_environment(self, env):
            env.loader.loaders.insert(0, DictLoader({"_footer.html": "a footer of their own"}))

    assert "a footer of their own" in (await with_plugin(Loading()).client.get("/")).text


async def test_extras_are_computed_with_those_they_need():
    class OneExtra(Extra):
        scopes = frozenset({ExtraScope.TABLE})

        async def resolve(self, context):
            return context + 1

    class TwiceExtra(Extra):
        scopes = frozenset({ExtraScope.TABLE})

        async def resolve(self, context, one):
            return one * 2

    registry = ExtraRegistry([OneExtra, TwiceExtra])
    assert await registry.resolve(["twice"], 5, ExtraScope.TABLE) == {"twice": 12}
    with pytest.raises(BadRequest, match="nope"):
        registry.validate_requested(["nope"], ExtraScope.TABLE)


async def test_small_parts():
    assert move_plugins_and_allow({"title": "T", "plugins": {"a": 1}}, {}) == ({"title": "T"}, {"plugins": {"a": 1}})
    table = {"databases": {"d": {"tables": {"t": {"size": 5}}}}}
    assert move_table_config(table, {}) == ({}, table)
    assert decode_write_json_row({"a": {"$base64": True, "encoded": "aGk="}}) == {"a": b"hi"}
    with pytest.raises(WriteJsonValueError):
        decode_write_json_row({"a": {"$base64": True, "encoded": "!"}})
    assert route_pattern_from_filepath("about/{slug}.html").match("/about/us").groupdict() == {"slug": "us"}
    assert parse_content_type('multipart/form-data; boundary="x y"') == ("multipart/form-data", {"boundary": "x y"})
    assert parse_content_disposition('form-data; name="a\\"b"; filename="C:\\\\x\\\\y.txt"') == {
        "name": 'a"b',
        "filename": "y.txt",
    }
    assert InFilter().where_clause("t", "c", "a,b", 0) == ("c in (:p0, :p1)", ["a", "b"])
    numeric = TemplatedFilter("gt", ">", "{c} > :{p}", "{c} > {v}", numeric=True)
    assert numeric.where_clause("t", "n", "5", 1) == ('"n" > :p1', 5)
    assert {"database", "urls"} <= documented_context_keys("row")


async def test_facts_of_a_connection():
    conn = sqlite3.connect(":memory:")
    conn.executescript(
        "create table a (t); create virtual table f using fts5(t, content='a'); create view v as select 1"
    )
    assert sqlite_derived_table_dependencies(conn)["f_data"] == "f"
    check_structured_write_table(conn, "A")
    for name in ("v", "f", "f_data", "missing"):
        with pytest.raises(ValueError, match="ordinary table"):
            check_structured_write_table(conn, name)
