"""The pages of the instance, a database, its schema and its queries, through a whole fleet."""

from __future__ import annotations

import html
import json

import pytest
from fleet import WARDEN, json_of

from vitrina.facade.plugins import get_plugins
from vitrina.hooks.markers import hookimpl
from vitrina.web.jump_sql import JumpSQL


async def test_home_lists_visible_tables_and_their_rows(fleet):
    body = await json_of(fleet, "/.json")
    assert body["metadata"]["title"] == "Boats"
    (shown,) = body["databases"]
    assert [table["name"] for table in shown["tables_and_views_truncated"]] == ["boats", "long_names"]
    assert (shown["tables_count"], shown["hidden_tables_count"], shown["views_count"]) == (1, 1, 1)
    assert (shown["table_rows_sum"], shown["hidden_table_rows_sum"]) == (3, 0)
    as_warden = (await json_of(fleet, "/.json", actor=WARDEN))["databases"][0]
    assert as_warden["table_rows_sum"] == 5
    harbours = next(each for each in as_warden["tables_and_views_truncated"] if each["name"] == "harbours")
    assert harbours["private"] is True


async def test_home_counts_nothing_where_a_table_is_too_long_to_count(fleet):
    await fleet.databases["fleet"].execute_write(
        "insert into _ropes with recursive n(x) as (select 1 union all select x + 1 from n limit 10001) select x from n"
    )
    (shown,) = (await json_of(fleet, "/.json"))["databases"]
    assert shown["show_table_row_counts"] is False
    assert shown["table_rows_sum"] == 0
    # Without counts tables are ranked by their foreign keys, those to missing tables left out.
    assert shown["tables_and_views_truncated"][0]["num_relationships_for_sorting"] == 1


async def test_database_page(fleet):
    body = await json_of(fleet, "/fleet.json", actor=WARDEN)
    assert [(table["name"], table["count"]) for table in body["tables"]] == [
        ("boats", 3),
        ("harbours", 2),
        ("_ropes", 0),
    ]
    boats, harbours = body["tables"][:2]
    assert boats["foreign_keys"]["outgoing"] == [
        {"other_table": "harbours", "column": "harbour_id", "other_column": "id"}
    ]
    assert harbours["foreign_keys"]["incoming"] == [
        {"other_table": "boats", "column": "id", "other_column": "harbour_id"}
    ]
    assert body["queries_count"] == 7
    assert len(body["queries"]) == 5
    assert body["queries_more"] is True
    assert body["table_columns"]["long_names"] == []


async def test_database_page_leads_on_to_the_query_page(fleet):
    response = await fleet.client.get("/fleet.csv?sql=select+1&x=%20y")
    assert response.status_code == 302
    assert response.headers["location"] == "/fleet/-/query.csv?sql=select+1&x=%20y"
    assert (await fleet.client.get("/fleet?sql=")).status_code == 200
    assert (await fleet.client.get("/fleet.xml")).status_code == 404


async def test_new_tables_show_at_once(fleet):
    await fleet.databases["fleet"].execute_write("create table oars (id integer primary key)")
    assert "oars" in [table["name"] for table in (await json_of(fleet, "/fleet.json"))["tables"]]
    assert "fleet: oars" in [item["name"] for item in (await json_of(fleet, "/-/jump?q=oar"))["matches"]]
    assert (await json_of(fleet, "/fleet/oars/-/schema.json"))["table"] == "oars"


async def test_schema_shows_only_what_may_be_seen(fleet):
    visible = (await json_of(fleet, "/fleet/-/schema.json"))["schema"]
    assert "create index boats_name" in visible.lower()
    assert "CREATE TABLE harbours" not in visible
    assert "CREATE TABLE harbours" in (await json_of(fleet, "/-/schema.json", actor=WARDEN))["schemas"][0]["schema"]
    assert (await json_of(fleet, "/fleet/harbours/-/schema.json", 403))["error"] == "view-table"
    assert (await json_of(fleet, "/fleet/nothing/-/schema.json", 404))["error"] == "Table not found"
    markdown = await fleet.client.get("/fleet/long_names/-/schema.md")
    assert markdown.text.startswith("# Schema for fleet.long_names\n\n```sql\nCREATE VIEW")


@pytest.mark.parametrize("encoding", ["urlencoded", "multipart"])
async def test_forms_of_pages_have_limits_of_their_own(open_fleet, encoding):
    fleet = open_fleet(settings={"max_post_body_bytes": 20})
    fields = {"message": "A message longer than the limit", "message_type": "WARNING"}
    sent = {"data": fields} if encoding == "urlencoded" else {"data": fields, "files": {"file": b"x"}}
    response = await fleet.client.post("/-/messages", **sent)
    assert response.status_code == 302
    assert fleet.unsign(response.cookies["ds_messages"], "messages") == [[fields["message"], 2]]


async def test_configuration_hides_secrets(fleet):
    assert (await json_of(fleet, "/-/config.json"))["plugins"] == {"gauge": {"api_key": "***", "unit": "m"}}


async def test_only_own_plugins_are_listed_by_their_own_names(fleet):
    class Gauge:
        @hookimpl
        def menu_links(self):
            return []

    plugin = Gauge()
    fleet.pm.register(plugin, name="registered-as")
    try:
        listed = await json_of(fleet, "/-/plugins.json")
        found = [each["name"] for each in get_plugins()]
    finally:
        fleet.pm.unregister(plugin)
    assert "Gauge" in found
    assert listed == [{"name": "Gauge", "static": False, "templates": False, "version": None, "hooks": ["menu_links"]}]


@pytest.mark.parametrize("name", ["versions", "plugins", "settings", "config", "databases", "actor"])
async def test_documents_come_as_pages_too(fleet, name):
    response = await fleet.client.get(f"/-/{name}")
    assert response.status_code == 200
    assert f"<h1>{name}.json</h1>" in response.text
    assert response.headers["link"].startswith(f"<http://localhost/-/{name}.json>")


async def test_jump_ranks_and_filters(fleet):
    names = [item["name"] for item in (await json_of(fleet, "/-/jump.json?q=fleet"))["matches"]]
    assert names[:3] == ["fleet", "fleet: boats", "fleet: _ropes"]
    assert "fleet: harbours" not in names
    assert "fleet: secret" not in names
    assert [item["name"] for item in (await json_of(fleet, "/-/jump?q=leet+oat"))["matches"]] == ["fleet: boats"]


@pytest.mark.parametrize(("more", "offered"), [([], None), (["set-column-type"], ["email", "json", "textarea", "url"])])
async def test_the_form_for_a_table_offers_column_types_to_who_may_set_them(open_fleet, more, offered):
    allowed = {action: {"id": "maker"} for action in ["create-table", *more]}
    fleet = open_fleet(config={"permissions": allowed}, settings={"template_debug": True})
    page = (await fleet.client.get("/fleet?_context=1", actor={"id": "maker"})).text
    context = json.loads(html.unescape(page.partition("<pre>")[2].partition("</pre>")[0]))
    types = context["database_page_data"]["createTable"].get("customColumnTypes")
    assert (types and [each["name"] for each in types]) == offered


async def test_plugins_add_to_the_jump_menu(fleet):
    class Pages:
        @hookimpl
        def jump_items_sql(self, actor):
            found = JumpSQL.menu_item(label="Tides", url='{"method": "table", "database": "fleet", "table": "tides"}')
            unsearched = "select 'menu' as type, 'Shoal' as label, '/y' as url, null as search_text"
            boats = "select 'menu' as type, name as label, '/x' as url from boats"
            return [found, JumpSQL(boats, database="fleet"), JumpSQL(unsearched)]

    plugin = Pages()
    fleet.pm.register(plugin, name="pages")
    try:
        tides = (await json_of(fleet, "/-/jump?q=tides"))["matches"]
        gull = (await json_of(fleet, "/-/jump?q=gull"))["matches"]
        assert (await json_of(fleet, "/-/jump?q=shoal"))["matches"] == []
        assert "Shoal" in [item["name"] for item in (await json_of(fleet, "/-/jump?q="))["matches"]]
    finally:
        fleet.pm.unregister(plugin)
    assert [(item["name"], item["url"], item["type"]) for item in tides] == [("Tides", "/fleet/tides", "menu")]
    assert [(item["name"], item["url"]) for item in gull] == [("Gull", "/x")]


async def test_query_lists_page_through(fleet):
    seen, path = [], "/fleet/-/queries.json?_size=2"
    while path:
        body = await json_of(fleet, path)
        seen += [query["name"] for query in body["queries"]]
        path = (body["next_url"] or "").removeprefix("http://localhost")
    # By title or name; the one that only the warden may see is not there.
    assert seen == ["by_name", "count", "pragma", "remove", "rename", "who"]
    mode, _ = (await json_of(fleet, "/fleet/-/queries.json?is_write=1&_next=x"))["facets"]
    assert mode["items"] == [{"label": "Writable", "count": 2, "href": "/fleet/-/queries", "active": True}]


async def test_download_needs_an_immutable_file(open_fleet, tmp_path):
    assert (await open_fleet().client.get("/fleet.db")).status_code == 403
    response = await open_fleet(immutable=True).client.get("/fleet.db")
    assert response.content == (tmp_path / "fleet.db").read_bytes()
    assert response.headers["content-disposition"] == 'attachment; filename="fleet.db"'
    assert response.headers["etag"]


async def test_foreign_key_suggestions(fleet):
    fleet.root_enabled = True
    body = await json_of(fleet, "/fleet/boats/-/foreign-key-suggestions", actor={"id": "root"})
    assert body["row_check"]["attempted"] is False
    columns = {column["column"]: column for column in body["columns"]}
    # The warden's table is not visible to root, so nothing is suggested that would tell what is in it.
    assert columns["harbour_id"]["suggestions"] == []
    assert columns["harbour_id"]["current"] is None
    refused = await json_of(fleet, "/fleet/boats/-/foreign-key-suggestions", 403)
    assert refused["error"] == "Permission denied: need alter-table"


async def test_plugins_fill_slots_and_menus(fleet):
    class Slots:
        @hookimpl
        def top_homepage(self, request):
            return "<p>home slot</p>"

        @hookimpl
        def top_database(self, database):
            async def later():
                return f"<p>slot of {database}</p>"

            return later

        @hookimpl
        def top_query(self, sql):
            return f"<p>slot of {sql}</p>"

        @hookimpl
        def top_stored_query(self, query_name):
            return f"<p>slot of {query_name}</p>"

        @hookimpl
        def homepage_actions(self, actor):
            return [{"href": "/home-action", "label": "Home action"}]

        @hookimpl
        def database_actions(self, database):
            return [{"href": f"/{database}-action", "label": "Database action"}]

        @hookimpl
        def query_actions(self, query_name, sql, params):
            return [{"href": f"/{query_name}-action", "label": f"Try {sql} with {sorted(params)}"}]

    plugin = Slots()
    fleet.pm.register(plugin, name="slots")
    try:
        pages = {
            path: (await fleet.client.get(path)).text
            for path in ("/", "/fleet", "/fleet/-/query?sql=select+:a&a=1", "/fleet/count")
        }
    finally:
        fleet.pm.unregister(plugin)
    expected = {
        "/": ("<p>home slot</p>", 'href="/home-action"'),
        "/fleet": ("<p>slot of fleet</p>", 'href="/fleet-action"'),
        "/fleet/-/query?sql=select+:a&a=1": ("<p>slot of select :a</p>", "Try select :a with [&#39;a&#39;]"),
        "/fleet/count": ("<p>slot of count</p>", 'href="/count-action"'),
    }
    for path, texts in expected.items():
        for text in texts:
            assert text in pages[path], (path, text)


async def test_databases_may_have_templates_of_their_own(open_fleet, tmp_path):
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "database-fleet.html").write_text(
        '{% extends "default:database.html" %}{% block footer %}Ahoy{% endblock %}'
    )
    (folder / "query-fleet-count.html").write_text("{{ stored_query }}: {{ columns|join }} {{ display_rows[0][0] }}")
    (folder / "index.html").write_text("My own: {% for database in databases %}{{ database.name }}{% endfor %}")
    fleet = open_fleet(template_dir=str(folder))
    assert "Ahoy" in (await fleet.client.get("/fleet")).text
    assert (await fleet.client.get("/fleet/count")).text.startswith("count: boats 3")
    assert (await fleet.client.get("/")).text.startswith("My own: fleet")
    built_in = (await fleet.client.get("/-/")).text
    assert "<h1>Boats" in built_in
    assert '<meta name="robots" content="noindex">' in built_in
