"""How the bodies of write requests are read, and what forms say when something is wrong with them."""

import asyncio
import re
from urllib.parse import quote_plus

import pytest
from written_instance import ROOT, post, rows

from vitrina.facade.datasette import Datasette

JSON = {"content-type": "application/json"}
TEXT = {"content-type": "text/plain"}
WRITE = "/data/-/execute-write"
STORE = "/data/-/queries/store"


def messages(response):
    return re.findall(r'class="message-(?:info|error|warning)[^"]*"[^>]*>([^<]*)<', response.text)


@pytest.mark.parametrize(
    ("content", "headers", "status", "is_json"),
    [
        (b' {"sql": "delete from loose"}', JSON, 200, True),
        (b'{"sql": "delete from loose"}', {"content-type": "application/json; charset=utf-8"}, 200, True),
        (b'{"sql": "delete from loose"}', TEXT, 400, False),
        (b'{"sql": "delete from loose"}', {**TEXT, "accept": "application/json"}, 400, True),
        (b"sql=delete+from+loose", JSON, 400, True),
        (b"sql=delete+from+loose", TEXT, 200, False),
        (b"sql=delete+from+loose&_json=1", TEXT, 200, True),
        (b"sql=delete+from+loose", {**TEXT, "accept": "application/json"}, 200, True),
        (b"sql=delete+from+loose", {**TEXT, "accept": "application/json, text/html"}, 200, False),
    ],
)
def test_sql_is_read_as_the_content_type_says(instance, path, content, headers, status, is_json):
    response = post(instance, WRITE, content, headers=headers)
    assert (response.status_code, response.headers["content-type"].startswith("application/json")) == (status, is_json)
    assert rows(path, "select count(*) from loose") == [(0 if status == 200 else 1,)]


def test_the_address_does_not_ask_for_json(instance):
    response = post(instance, f"{WRITE}?_json=1", b"sql=delete+from+loose", headers=TEXT)
    assert response.headers["content-type"].startswith("text/html")


def test_blank_sql_is_looked_at(instance):
    assert post(instance, WRITE, {"sql": "  "}).json()["error"] == "Could not analyze query: incomplete input"
    assert post(instance, WRITE, {"sql": ""}).json()["error"] == "SQL is required"


def test_parameters_that_are_not_there_are_named_in_order(instance):
    response = post(instance, WRITE, {"sql": "delete from loose", "params": {"z": 1, "a": 2}})
    assert response.json()["error"] == "Unknown parameters: a, z"


def test_an_immutable_database_is_analysed_but_not_written_to(path):
    instance = Datasette([], immutables=[str(path)], secret="a-test-secret")
    instance.root_enabled = True

    async def get(path):
        return await instance.client.get(path, **ROOT)

    form = asyncio.run(get(WRITE))
    assert (form.status_code, form.headers["x-frame-options"]) == (403, "DENY")
    assert form.json()["error"] == "Cannot execute write SQL because this database is immutable."
    analysis = asyncio.run(get(f"{WRITE}/analyze?sql=delete+from+loose")).json()
    assert [row["operation"] for row in analysis["analysis_rows"]] == ["delete"]
    instance.close()


def test_sql_that_may_not_run_is_told_once(instance):
    response = post(instance, WRITE, b"sql=vacuum", headers=TEXT)
    assert response.status_code == 403
    assert messages(response) == ["VACUUM is not allowed in user-supplied SQL"]
    assert 'ds_messages=""' in response.headers["set-cookie"]


@pytest.mark.parametrize(
    ("content", "headers", "said"),
    [
        (b"sql=select+1", TEXT, "URL is required"),
        (b"name=a/b&sql=select+1", TEXT, "Invalid URL"),
        (b"name=plain&sql=select+1", TEXT, "URL conflicts with an existing table or view"),
        (b"name=there&sql=select+1", TEXT, "A query already exists at that URL"),
        (b"name=new&sql=select+1&_json=1", TEXT, "Invalid keys: _json"),
        (b'{"query": {}}', TEXT, "Invalid keys: {&#34;query&#34;: {}}"),
        (b"name=new", JSON, "Invalid JSON: Expecting value: line 1 column 1 (char 0)"),
    ],
)
def test_what_the_form_of_a_new_query_says(instance, content, headers, said):
    post(instance, STORE, {"query": {"name": "there", "sql": "select 1"}})
    response = post(instance, STORE, content, headers=headers)
    assert (response.status_code, messages(response)) == (400, [said])
    assert 'ds_messages=""' in response.headers["set-cookie"]


def test_an_empty_body_of_json_is_an_empty_object(instance):
    assert post(instance, STORE, b"", headers=JSON).json()["error"] == "JSON must contain a query dictionary"


def test_blank_sql_is_none(instance):
    async def analyse():
        return await instance.client.get("/data/-/queries/analyze?sql=%20%20", **ROOT)

    answer = asyncio.run(analyse()).json()
    assert (answer["ok"], answer["has_sql"], answer["analysis_error"]) == (True, False, None)


def test_the_form_of_a_query_sends_all_that_it_changes(instance):
    post(instance, STORE, {"query": {"name": "mine", "sql": "select 1", "title": "Old", "hide_sql": True}})
    response = post(instance, "/data/mine/-/edit", b"description=New&zz=1&hide_sql=0", headers=TEXT)
    assert response.status_code == 302

    async def definition():
        return (await instance.client.get("/data/mine/-/definition", **ROOT)).json()["query"]

    query = asyncio.run(definition())
    assert (query["title"], query["description"], query["is_private"], query["hide_sql"]) == ("", "New", False, True)
    assert post(instance, "/data/mine/-/edit", [], headers=JSON).json()["error"] == "Invalid form submission"


@pytest.mark.parametrize(("headers", "status"), [(JSON, 200), (TEXT, 302)])
def test_deleting_a_query_is_answered_as_it_was_asked(instance, headers, status):
    post(instance, STORE, {"query": {"name": "mine", "sql": "select 1"}})
    assert post(instance, "/data/mine/-/delete", b"", headers=headers).status_code == status


@pytest.mark.parametrize(
    ("value", "status"),
    [("https://", 400), ("https:// ", 400), ("https://a b", 400), ("HTTPS://a", 201), (" http://a.b ", 201), ("", 201)],
)
def test_what_is_an_address(instance, value, status):
    assigned = {"column": "mail", "column_type": {"type": "url", "config": {}}}
    assert post(instance, "/data/typed/-/set-column-type", assigned).status_code == 200
    assert post(instance, "/data/typed/-/insert", {"row": {"mail": value}}).status_code == status


def test_faults_of_one_row_come_by_column(instance):
    post(instance, WRITE, {"sql": "create table many (z text, a text)"})
    for column, kind in (("z", "url"), ("a", "email")):
        post(instance, "/data/many/-/set-column-type", {"column": column, "column_type": {"type": kind}})
    refused = post(instance, "/data/many/-/insert", {"row": {"z": "no", "a": "no"}})
    assert refused.json()["errors"] == ["a: Invalid email address", "z: Invalid URL"]


def test_the_first_fault_of_an_upsert(instance):
    def error(body):
        return post(instance, "/data/plain/-/upsert", body).json()["error"]

    both = 'Cannot use "ignore" and "replace" at the same time'
    assert error({"row": {"id": None}, "ignore": True, "replace": True}) == both
    assert error({"row": {"id": None}, "ignore": True}) == 'Row 0 has null primary key column(s): "id"'
    assert error({"row": {"id": 1}, "ignore": True}) == "Upsert does not support ignore or replace"


@pytest.mark.parametrize("sql", ["drop table if exists nope", "drop view if exists nope"])
def test_sql_that_does_nothing_known_is_refused(instance, sql):
    for place, body in ((WRITE, {"sql": sql}), (STORE, {"query": {"name": "mine", "sql": sql}})):
        response = post(instance, place, body)
        assert (response.status_code, response.json()["error"]) == (403, "Unsupported SQL operation: unknown statement")

    async def analyse(place):
        return (await instance.client.get(f"{place}/analyze", params={"sql": sql}, **ROOT)).json()

    rows = asyncio.run(analyse(WRITE))["analysis_rows"]
    assert [(row["operation"], row["table"], row["allowed"]) for row in rows] == [("unknown", None, False)]
    answer = asyncio.run(analyse("/data/-/queries"))
    assert (answer["analysis_is_write"], answer["save_disabled"]) == (True, True)


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1])
def test_defaults_that_are_too_large(instance, number):
    column = {"name": "n", "default": number}
    error = "Python int too large to convert to SQLite INTEGER"
    created = post(instance, "/data/-/create", {"table": "large", "columns": [column]})
    altered = post(instance, "/data/loose/-/alter", {"operations": [{"op": "add_column", "args": column}]})
    for response in (created, altered):
        assert (response.status_code, response.json()["error"]) == (400, error)


def test_empty_texts_of_a_stored_query_last(path, tmp_path):
    body = {"query": {"name": "mine", "sql": "delete from loose", "on_error_message": "", "hide_sql": False}}
    for again in (False, True):
        instance = Datasette([str(path)], secret="a-test-secret", internal=str(tmp_path / "internal.db"))
        instance.root_enabled = True
        if not again:
            assert post(instance, STORE, body).status_code == 201

        async def definition(instance=instance):
            return (await instance.client.get("/data/mine/-/definition", **ROOT)).json()["query"]

        query = asyncio.run(definition())
        assert (query["on_error_message"], query["on_success_message"], query["hide_sql"]) == ("", None, False)
        instance.close()


def test_what_the_statement_needs_is_said_before_what_storing_it_needs(path):
    config = {"permissions": {"store-query": {"id": "ann"}}}
    instance = Datasette([str(path)], config=config, secret="a-test-secret")
    response = post(instance, STORE, {"query": {"name": "mine", "sql": "delete from loose"}}, actor={"id": "ann"})
    assert (response.status_code, response.json()["error"]) == (403, "Permission denied: need delete-row on data/loose")
    instance.close()


def test_what_creating_a_table_needs(path):
    instance = Datasette([str(path)], config={"permissions": {"create-table": {"id": "ann"}}}, secret="a-test-secret")
    body = {"table": "fresh", "rows": [{"id": 1}], "pk": "id"}
    for more, action in (({"replace": True}, "update-row"), ({}, "insert-row")):
        response = post(instance, "/data/-/create", {**body, **more}, actor={"id": "ann"})
        assert (response.status_code, response.json()["error"]) == (403, f"Permission denied: need {action}")
    view = post(instance, "/data/-/create", {"table": "seen", "columns": [{"name": "a"}]}, actor={"id": "ann"})
    assert view.json()["error"] == "Structured writes require an ordinary table"
    instance.close()


def test_parameters_of_a_stored_query_cannot_be_magic(instance):
    response = post(instance, STORE, {"query": {"name": "mine", "sql": "select :a", "parameters": ["_a"]}})
    assert response.json()["error"] == "Magic parameters are not allowed"


def test_sql_that_is_unsupported_is_told_in_the_form(instance):
    response = post(instance, WRITE, b"sql=savepoint+x", headers=TEXT)
    assert messages(response) == ["Unsupported SQL operation: savepoint transaction"]
    assert "set-cookie" not in response.headers


def test_a_label_that_is_the_key_is_not_said_twice(instance):
    post(instance, "/data/-/create", {"table": "slugs", "pk": "name", "row": {"name": "one", "x": 1}})
    response = post(instance, "/data/slugs/one/-/delete?_redirect_to_table=1")

    async def shown():
        cookie = response.cookies["ds_messages"]
        return (await instance.client.get("/data", cookies={"ds_messages": cookie}, **ROOT)).text

    assert ">Deleted row one<" in asyncio.run(shown())


def test_the_message_about_a_row_finds_it_by_its_new_key(instance, path):
    response = post(instance, "/data/plain/1/-/update?_message=1", {"update": {"id": 70}})
    assert response.status_code == 200
    assert rows(path, "select name from plain where id = 70") == [("one",)]

    async def shown():
        cookie = response.cookies["ds_messages"]
        return (await instance.client.get("/data", cookies={"ds_messages": cookie}, **ROOT)).text

    assert "Updated row 1 (one)" in asyncio.run(shown())


def test_a_generated_column_cannot_be_added(instance, path):
    post(instance, WRITE, {"sql": "create table doubled (n, twice generated always as (n * 2))"})
    body = {"row": {"n": 1, "twice": 5}, "alter": True}
    assert post(instance, "/data/doubled/-/insert", body).json()["error"] == "duplicate column name: twice"


@pytest.mark.parametrize(
    ("operations", "error"),
    [
        (
            [("set_foreign_keys", {"foreign_keys": []}), ("drop_foreign_key", {"column": "x"})],
            "Cannot specify both foreign_keys and drop_foreign_keys",
        ),
        ([("rename_column", {"name": "x", "to": "Y"})], "duplicate column name: y"),
    ],
)
def test_operations_that_contradict(instance, operations, error):
    body = {"operations": [{"op": op, "args": args} for op, args in operations]}
    response = post(instance, "/data/loose/-/alter", body)
    assert (response.status_code, response.json()["error"]) == (400, error)


def test_a_new_key_comes_first(instance):
    operations = [
        {"op": "reorder_columns", "args": {"columns": ["y"]}},
        {"op": "set_primary_key", "args": {"columns": ["k"]}},
    ]
    schema = post(instance, "/data/loose/-/alter", {"operations": operations}).json()["schema"]
    assert re.findall(r'^   "(\w+)"', schema, re.MULTILINE) == ["k", "y", "x"]


@pytest.mark.parametrize(
    ("sql", "link"),
    [
        ("insert into plain (name) values ('x')", "/data/plain/3"),
        ("insert into pairs values ('a/b', 2, 'v')", "/data/pairs/a~2Fb,2"),
        ("insert into loose values (5, 6) returning x", "/data/loose/2"),
        ("insert into loose values (5, 6), (7, 8)", None),
        ("update plain set name = 'x' where id = 1", None),
    ],
)
def test_the_form_leads_to_the_row_that_was_inserted(instance, sql, link):
    page = post(instance, WRITE, "sql=" + quote_plus(sql), headers=TEXT).text
    assert re.findall(r'<a href="([^"]*)">View row</a>', page) == ([link] if link else [])
    assert f'href="{STORE}?sql={quote_plus(sql)}"' in page


def test_nobody_is_led_to_a_table_that_they_may_not_see(path):
    writing = {name: {"id": "ann"} for name in ("execute-write-sql", "insert-row", "update-row", "delete-row")}
    config = {"permissions": {**writing, "view-table": {"id": "root"}}}
    instance = Datasette([str(path)], config=config, secret="a-test-secret")
    page = post(instance, WRITE, b"sql=insert+into+loose+values+(1,2)", headers=TEXT, actor={"id": "ann"}).text
    assert "Query executed, 1 row affected" in page
    assert "View row" not in page
    assert "Save this query" not in page
    instance.close()


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("delete from nope", ["no such table: nope"]),
        ("select 1", ["Use /-/query for read-only SQL; this endpoint only executes writes"]),
        ("delete from loose", []),
        ("", []),
    ],
)
def test_the_form_says_what_is_wrong_before_anything_runs(instance, path, sql, said):
    async def get():
        return await instance.client.get(WRITE, params={"sql": sql}, **ROOT)

    page = asyncio.run(get())
    assert (page.status_code, messages(page)) == (200, said)
    assert ("Save this query" in page.text) is (sql == "delete from loose")
    assert rows(path, "select count(*) from loose") == [(1,)]
