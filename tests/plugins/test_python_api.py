"""Functions and classes as code written for Datasette imports and calls them."""

import json
import sqlite3
from pathlib import Path

import pytest

from vitrina.compat.base_numbers import BaseConverter, base62
from vitrina.compat.configuration import parse_size_limit, redact_keys
from vitrina.compat.filters import filters_should_redirect
from vitrina.compat.old_metadata import move_plugins_and_allow, move_table_config
from vitrina.compat.sending import asgi_start
from vitrina.errors import (
    BadRequest,
    ClientError,
    DatabaseNotFound,
    Forbidden,
    QueryInterrupted,
    RowNotFound,
    TableNotFound,
)
from vitrina.facade.database import Database
from vitrina.hooks.call import call_with_supported_arguments
from vitrina.http.request import Request
from vitrina.http.response import Response
from vitrina.render.cells import is_url
from vitrina.render.css_class import to_css_class

pytestmark = pytest.mark.asyncio


async def messages_of(sending):
    sent = []

    async def send(message):
        sent.append(message)

    await sending(send)
    return sent


def body_of(*chunks):
    left = list(chunks)

    async def receive():
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    return receive


async def test_a_response_sends_lists_of_headers():
    response = Response.html("<p>", headers={"x-a": "b"})
    response.set_cookie("k", "v")
    assert await messages_of(response.asgi_send) == [
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [
                [b"x-a", b"b"],
                [b"content-type", b"text/html; charset=utf-8"],
                [b"set-cookie", b"k=v; Path=/; SameSite=lax"],
            ],
        },
        {"type": "http.response.body", "body": b"<p>"},
    ]
    started = await messages_of(lambda send: asgi_start(send, 200, {"Content-Type": "x", "a": "b"}, "text/css"))
    assert started[0]["headers"] == [[b"a", b"b"], [b"content-type", b"text/css"]]


async def test_the_content_type_of_a_response_wins_over_its_header():
    response = Response.html("<p>", headers={"content-type": "text/css"})
    assert (await messages_of(response.asgi_send))[0]["headers"] == [[b"content-type", b"text/html; charset=utf-8"]]


async def test_a_fake_request_has_the_documented_scope():
    request = Request.fake("facts?a=1", url_vars={"database": "shop"})
    assert request.scope == {
        "http_version": "1.1",
        "method": "GET",
        "path": "facts",
        "query_string": b"a=1",
        "raw_path": b"facts?a=1",
        "scheme": "http",
        "type": "http",
        "url_route": {"kwargs": {"database": "shop"}},
    }
    assert (request.url, request.headers, request.host, request.cookies) == (
        "http://localhost/facts?a=1",
        {},
        "localhost",
        {},
    )


async def test_a_page_can_be_rendered_with_a_fake_request(with_plugin):
    instance = with_plugin()
    await instance.invoke_startup()
    request = Request.fake("/")
    assert "<title>" in await instance.render_template("show_json.html", {"filename": "x"}, request=request)


async def test_the_application_says_how_long_an_answer_is(with_plugin):
    answer = await with_plugin().client.get("/-/versions.json")
    assert int(answer.headers["content-length"]) == len(answer.content)


async def test_a_request_may_have_a_limit_of_its_own():
    scope = {"type": "http", "method": "POST", "path": "/", "raw_path": b"/", "headers": [], "query_string": b""}
    with pytest.raises(Exception, match="maximum size of 3 bytes"):
        await Request(scope, body_of(b"ab", b"cd"), max_post_body_bytes=3).post_body()
    assert await Request(scope, body_of(b"ab", b"cd"), max_post_body_bytes=0).post_body() == b"abcd"
    assert [Request(scope, None).max_post_body_bytes, Request(scope, None, 5).max_post_body_bytes] == [
        2 * 1024 * 1024,
        5,
    ]
    with pytest.raises(ValueError, match=r"^Expecting value: line 1 column 1 \(char 0\)$"):
        await Request(scope, body_of(b"")).json()
    with pytest.raises(BadRequest, match="Missing Content-Type header"):
        await Request(scope, body_of(b"a=1")).form()
    with pytest.raises(json.JSONDecodeError):
        await Request(scope, body_of(b"{")).json()


async def test_a_fake_request_has_what_was_asked_for():
    request = Request.fake("/a%20b?x=1")
    assert (request.scope["path"], request.scope["raw_path"]) == ("/a%20b", b"/a%20b?x=1")
    assert (dict(request.headers), request.host, request.path) == ({}, "localhost", "/a%20b")


async def test_errors_say_what_was_not_found():
    missing = DatabaseNotFound("d")
    assert (str(missing), missing.database_name, missing.status) == ("Database not found", "d", 404)
    missing = TableNotFound("d", "t")
    assert (str(missing), missing.database_name, missing.table) == ("Table not found", "d", "t")
    missing = RowNotFound("d", "t", ["1"])
    assert (str(missing), missing.table_name, missing.pk_values) == ("Row not found", "t", ["1"])
    assert isinstance(missing, ClientError) and isinstance(Forbidden(), ClientError)
    assert (ClientError("x").status, str(ClientError("x"))) == (400, "x")


async def test_rows_and_tables_that_pages_do_not_find_are_named(with_plugin):
    from vitrina.hooks.markers import hookimpl

    seen = []

    class Watching:
        @hookimpl
        def handle_exception(self, exception):
            seen.append(exception)

    instance = with_plugin(Watching())
    for path in ("/shop/goods/99", "/shop/nothing", "/nothing"):
        assert (await instance.client.get(path)).status_code == 404
    row, table, database = seen
    assert (row.database_name, row.table_name, row.pk_values) == ("shop", "goods", ["99"])
    assert (table.database_name, table.table, database.database_name) == ("shop", "nothing", "nothing")


@pytest.mark.parametrize(
    ("submitted", "changes"),
    [
        ({"_filter_op": "gt"}, [("_filter_op", None)]),
        ({"_filter_column": "a"}, [("a__", ""), ("_filter_column", None)]),
        (
            {"_filter_column_1": "", "_filter_column_2": "b", "_filter_op_2": "lt", "_filter_value_2": "3"},
            [
                *((f"_filter_{part}_1", None) for part in ("column", "op", "value")),
                ("b__lt", "3"),
                *((f"_filter_{part}_2", None) for part in ("column", "op", "value")),
            ],
        ),
    ],
)
async def test_what_a_filter_form_changes(submitted, changes):
    assert filters_should_redirect(submitted) == changes


async def test_tables_are_found_in_any_case_as_sqlite_finds_them(with_plugin):
    db = with_plugin().get_database("shop")
    assert await db.table_columns("GOODS") == ["id", "name"]
    assert [column.name for column in await db.table_column_details("Goods")] == ["id", "name"]
    assert await db.primary_keys("gOODS") == ["id"]
    assert not await db.table_exists("GOODS")
    await db.execute_write_script(
        "create table parts (id integer primary key, whole integer references goods(id), word text);"
        'create virtual table parts_fts using fts4(word, content="parts");'
    )
    assert await db.foreign_keys_for_table("PARTS") == [
        {"column": "whole", "other_table": "goods", "other_column": "id"}
    ]
    assert await db.fts_table("Parts") == "parts_fts"
    response = await db.ds.client.get('/shop/goods.json?_through={"table":"PARTS","column":"Word","value":"x"}')
    assert (response.status_code, response.json()["rows"]) == (200, [])


async def test_a_temporary_database_is_a_file_until_it_is_closed(with_plugin):
    shop = with_plugin()
    db = shop.add_database(Database(shop, is_temp_disk=True))
    await db.execute_write_script("create table notes (body text); insert into notes values ('kept')")
    assert (db.name, db.is_memory, await db.table_names()) == ("_temp_disk", False, ["notes"])
    assert (await db.execute("pragma journal_mode")).single_value() == "wal"
    assert (await shop.client.get("/_temp_disk/notes.json?_shape=arrays")).json()["rows"] == [[1, "kept"]]
    file = Path(db.path)
    assert file.exists()
    db.close()
    assert not file.exists()


async def test_rows_of_a_write_are_fetched_once(with_plugin):
    db = with_plugin().get_database("shop")
    done = await db.execute_write("insert into goods (name) values ('a'), ('b') returning name")
    assert (done.fetchone()["name"], [row["name"] for row in done.fetchall()]) == ("a", ["b"])
    assert done.fetchone() is None and done.fetchall() == []


async def test_an_interrupted_query_tells_what_the_driver_said(with_plugin):
    db = with_plugin().get_database("shop")
    endless = "with recursive c(x) as (select 1 union all select x + 1 from c) select max(x) from c"
    with pytest.raises(QueryInterrupted) as caught:
        await db.execute(endless, custom_time_limit=20)
    assert str(caught.value) == "QueryInterrupted: interrupted"
    assert isinstance(caught.value.e, sqlite3.OperationalError)
    assert (caught.value.sql, caught.value.params) == (endless, None)


async def test_a_connection_of_ones_own(with_plugin):
    db = with_plugin().get_database("shop")
    assert (db.suggest_name(), db.cached_table_counts) == ("shop", None)
    reading = db.connect()
    assert reading.execute("select count(*) from goods").fetchone()[0] == 2
    reading.close()
    writing = db.connect(write=True)
    with writing:
        writing.execute("insert into bills values (7)")
    writing.close()
    assert (await db.execute("select id from bills")).single_value() == 7


async def test_a_query_is_not_replaced_silently(with_plugin):
    instance = with_plugin()
    await instance.invoke_startup()
    await instance.add_query("shop", "one", "select 1", replace=False)
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE constraint failed"):
        await instance.add_query("shop", "one", "select 2", replace=False)


async def test_addresses(with_plugin, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.js").write_text("1")
    instance = with_plugin(static_mounts=[("mine", str(tmp_path / "mine"))])
    request = Request.fake("/a/b?c=1")
    absolute = {path: instance.absolute_url(request, path) for path in ("/x", "x", "?d=1", "http://h/y")}
    assert absolute == {
        "/x": "http://localhost/x",
        "x": "http://localhost/a/x",
        "?d=1": "http://localhost/a/b?d=1",
        "http://h/y": "http://h/y",
    }
    assert instance.static("a.js", mount="mine").startswith("/mine/a.js?_hash=")
    for missing in ({}, {"plugin": "none"}, {"mount": "none"}, {"mount": "mine"}):
        with pytest.raises(FileNotFoundError):
            instance.static("nothing.js", **missing)
    with pytest.raises(TypeError, match="Cannot pass both actor= and a ds_actor cookie"):
        await instance.client.get("/", actor={"id": "a"}, cookies={"ds_actor": "x"})


async def test_small_functions():
    assert redact_keys({"a": {"Secret": "x", "b": 1}}, ["secret"]) == {"a": {"Secret": "***", "b": 1}}
    assert parse_size_limit(" 5", 10, 100) == 5
    with pytest.raises(ValueError, match="_x must be a positive integer"):
        parse_size_limit("-1", 10, 100, name="_x")
    assert move_table_config({"databases": {"d": {"tables": {"t": {"size": 1, "units": {}}}}}}, {})[0] == {}
    assert move_plugins_and_allow({"databases": {"d": {"allow_sql": {}}}}, {}) == ({}, {})
    assert not is_url(None) and not is_url(5) and is_url("https://x/")
    assert to_css_class(" a b ") == "a-b-b974a5" and to_css_class(" ") == "7215ee"
    assert (base62.encode(-500), base62.decode("-IE")) == ("-IE", -500)
    assert BaseConverter.convert(5, "0123456789", "01") == "101"


async def test_a_call_says_which_parameters_are_missing():
    def wanting(one, two):
        return one, two

    with pytest.raises(TypeError, match=r"requires parameters \('one', 'two'\), missing: \{'two'\}"):
        call_with_supported_arguments(wanting, one=1, three=3)
