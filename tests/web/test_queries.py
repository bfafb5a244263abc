"""Custom SQL and stored queries through a whole instance."""

from __future__ import annotations

import hashlib

import pytest
from fleet import WARDEN, json_of

from vitrina.hooks.markers import hookimpl

SLOW = "with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n"


async def test_parameters_and_shapes(fleet):
    path = "/fleet/-/query.json?sql=select+:a+as+a,+:b+as+b&a=1"
    assert await json_of(fleet, path) == {"ok": True, "rows": [{"a": "1", "b": ""}], "truncated": False}
    assert (await json_of(fleet, f"{path}&_shape=arrays"))["rows"] == [["1", ""]]
    assert (await json_of(fleet, f"{path}&_extra=query"))["query"]["params"] == {"a": "1", "b": ""}
    assert (await json_of(fleet, f"{path}&_shape=object", 400))["error"] == "_shape=object is only available on tables"
    assert (await json_of(fleet, f"{path}&_extra=count", 400))["error"] == "Unknown _extra: count"


async def test_errors_have_one_shape(fleet):
    body = await json_of(fleet, "/fleet/-/query.json?sql=select+nope&_shape=array", 400)
    message = "no such column: nope"
    assert body == {
        "ok": False, "rows": [], "error": message, "errors": [message], "status": 400, "truncated": False
    }  # fmt: skip
    page = await fleet.client.get("/fleet/-/query?sql=select+nope")
    assert page.status_code == 200
    assert f'<p class="message-error">{message}</p>' in page.text
    assert (await fleet.client.get("/fleet/-/query.csv?sql=select+nope")).text == message


@pytest.mark.parametrize("extension", ["", ".json", ".csv"])
async def test_only_reading_statements(fleet, extension):
    response = await fleet.client.get(f"/fleet/-/query{extension}?sql=delete+from+boats")
    assert response.status_code == 400
    assert "Statement must be a SELECT" in response.text


async def test_time_limit(fleet):
    body = await json_of(fleet, f"/fleet/-/query.json?sql={SLOW.replace('+', '%2B')}&_timelimit=10", 400)
    assert body["error"] == ("SQL query took too long. The time limit is controlled by the sql_time_limit_ms setting.")


async def test_blobs_are_downloaded_by_their_hash(fleet):
    path = "/fleet/-/query{}?sql=select+x'00ff'+as+b"
    digest = hashlib.sha256(b"\x00\xff").hexdigest()
    page = await fleet.client.get(path.format(""))
    link = f"{path.format('.blob')}&_blob_column=b&_blob_hash={digest}"
    assert link.replace("&", "&amp;").replace("'", "&#39;") in page.text
    assert (await fleet.client.get(link)).content == b"\x00\xff"
    assert f"http://localhost{link}" in (await fleet.client.get(path.format(".csv"))).text
    assert (await fleet.client.get(f"{path.format('.blob')}&_blob_column=b&_blob_hash=0")).status_code == 400


async def test_a_writing_query_has_no_blobs(fleet):
    for arguments, message in (("", "?_blob_column= is required"), ("?_blob_column=b", "b is not a valid column")):
        response = await fleet.client.get(f"/fleet/remove.blob{arguments}", actor=WARDEN)
        assert response.status_code == 400
        assert message in response.text


async def test_streaming_sends_every_row(open_fleet):
    fleet = open_fleet(settings={"max_returned_rows": 5})
    sql = "with+recursive+n(x)+as+(select+1+union+all+select+x%2B1+from+n+limit+20)+select+x+from+n"
    assert len((await fleet.client.get(f"/fleet/-/query.csv?sql={sql}")).text.split()) == 6
    assert len((await fleet.client.get(f"/fleet/-/query.csv?sql={sql}&_stream=1")).text.split()) == 21


async def test_plugins_render_cells_of_queries(fleet):
    class Bold:
        @hookimpl
        def render_cell(self, row, value, column, table):
            # The row is the driver's: by name and by position.
            assert row[column] == value and row[0] == row[row.keys()[0]]
            return f"<{value}>" if column == "name" and table is None else None

    plugin = Bold()
    fleet.pm.register(plugin, name="bold")
    try:
        page = await fleet.client.get("/fleet/-/query?sql=select+name,+1+as+one+from+boats+limit+1")
        cells = await json_of(fleet, "/fleet/-/query.json?sql=select+name+from+boats+limit+1&_extra=render_cell")
    finally:
        fleet.pm.unregister(plugin)
    assert "&lt;Gull&gt;</td>" in page.text
    assert cells["render_cell"] == [{"name": "&lt;Gull&gt;"}]


async def test_parameters_endpoint(fleet):
    path = "/fleet/-/query/parameters?sql="
    assert (await json_of(fleet, f"{path}select+:b,+':c',+:a,+:b"))["parameters"] == ["b", "a"]
    assert (await json_of(fleet, f"{path}select+:_actor_id", 400))["error"] == "Magic parameters are not allowed"


async def test_magic_parameters_cannot_be_set(fleet):
    cookies = {"flag": "red", "ds_actor": fleet.client.actor_cookie({"id": "ada"})}
    path = "/fleet/who.json?_actor_id=mallory&_cookie_flag=green"
    assert (await json_of(fleet, path, cookies=cookies))["rows"] == [{"id": "ada", "flag": "red"}]
    assert (await json_of(fleet, "/fleet/who.json", 400, actor={"id": "ada"}))["error"] == "'flag'"


async def test_magic_parameters_of_plugins(fleet):
    class Magic:
        @hookimpl
        def register_magic_parameters(self):
            async def tide(key, request):
                return f"{key} at {request.path}"

            return [("actor", lambda key, request: key), ("cookie", tide)]

    plugin = Magic()
    fleet.pm.register(plugin, name="magic")
    try:
        rows = (await json_of(fleet, "/fleet/who.json"))["rows"]
    finally:
        fleet.pm.unregister(plugin)
    assert rows == [{"id": "id", "flag": "flag at /fleet/who.json"}]


async def test_a_message_that_cannot_be_made_is_shown_as_an_error(open_fleet):
    query = {"sql": "delete from boats where id = 0", "write": True, "on_success_message_sql": "select absent"}
    fleet = open_fleet(config={"databases": {"fleet": {"queries": {"tidy": query}}}})
    response = await fleet.client.post("/fleet/tidy", data={})
    ((message, kind),) = fleet.unsign(response.cookies["ds_messages"], "messages")
    assert (message, kind) == ("Error running on_success_message_sql: no such column: absent", 3)


async def test_a_stored_query_may_have_a_parameter_called_sql(open_fleet):
    fleet = open_fleet(config={"databases": {"fleet": {"queries": {"echo": "select :sql as said"}}}})
    assert (await json_of(fleet, "/fleet/echo.json?sql=abc"))["rows"] == [{"said": "abc"}]


async def test_trusted_queries_may_be_more_than_a_select(fleet):
    assert [row["name"] for row in (await json_of(fleet, "/fleet/pragma.json"))["rows"]][:2] == ["id", "name"]


async def test_stored_queries_have_permissions(fleet):
    refused = await json_of(fleet, "/fleet/secret.json", 403)
    assert refused["error"] == "You do not have permission to view this query"
    response = await fleet.client.get("/fleet/secret.json", actor=WARDEN)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "private, no-store"


async def test_reading_a_write_query_changes_nothing(fleet):
    page = await fleet.client.get("/fleet/remove?id=1")
    assert '<form class="sql core" action="/fleet/remove" method="post"' in page.text
    assert page.headers["x-frame-options"] == "DENY"
    assert (await json_of(fleet, "/fleet/remove.json?id=1"))["rows"] == []
    assert (await json_of(fleet, "/fleet/count.json"))["rows"] == [{"boats": 3}]


async def test_posting_runs_a_write_query(fleet):
    response = await fleet.client.post("/fleet/rename?_json=1", data={"id": "1", "name": "Skua"})
    assert response.json() == {"ok": True, "message": "Now Skua", "redirect": None}
    response = await fleet.client.post("/fleet/remove", data={"id": "2"})
    assert (response.status_code, response.headers["location"]) == (302, "/fleet/remove")
    shown = await fleet.client.get("/", cookies=dict(response.cookies))
    assert '<p class="message-info">Query executed, 1 row affected</p>' in shown.text
    response = await fleet.client.post("/fleet/rename", json={"id": 1, "_json": 1})
    assert response.status_code == 400
    assert response.json()["error"] == "Not renamed"
    assert await json_of(fleet, "/fleet/boats.json?_shape=arrayfirst&_col=name")  # still there


async def test_nothing_is_written_to_an_immutable_database(open_fleet):
    fleet = open_fleet(immutable=True)
    response = await fleet.client.post("/fleet/remove.json", data={"id": "1"})
    assert response.status_code == 403
    assert response.json()["error"] == "Database is immutable"


async def test_a_new_table_takes_the_address_of_a_query(fleet):
    assert (await json_of(fleet, "/fleet/count.json"))["rows"] == [{"boats": 3}]
    await fleet.databases["fleet"].execute_write('create table "count" (id integer primary key)')
    assert (await json_of(fleet, "/fleet/count.json"))["rows"] == []
    await fleet.databases["fleet"].execute_write('drop table "count"')
    assert (await json_of(fleet, "/fleet/count.json"))["rows"] == [{"boats": 3}]


async def test_declared_parameters_are_the_only_ones_with_a_default(open_fleet):
    query = {"sql": "select :a as a, :b as b", "params": ["a"]}
    fleet = open_fleet(config={"databases": {"fleet": {"queries": {"pair": query}}}})
    assert (await json_of(fleet, "/fleet/pair.json?b=2"))["rows"] == [{"a": "", "b": "2"}]
    body = await json_of(fleet, "/fleet/pair.json", 400)
    assert body["error"] == "You did not supply a value for binding parameter :b."


async def test_blobs_of_stored_queries_are_named_by_their_column(open_fleet):
    fleet = open_fleet(config={"databases": {"fleet": {"queries": {"flag": "select x'00ff' as b"}}}})
    digest = hashlib.sha256(b"\x00\xff").hexdigest()
    exported = (await fleet.client.get("/fleet/flag.csv")).text
    link = f"http://localhost/fleet/flag.blob?_nofacet=1&_blob_column=b&_blob_hash={digest}"
    assert exported == f"b\r\n{link}\r\n"
    response = await fleet.client.get(link)
    assert response.content == b"\x00\xff"
    assert response.headers["content-disposition"] == f'attachment; filename="b-{digest[:6]}.blob"'


async def test_untrusted_sql_that_cannot_be_looked_at_is_forbidden(open_fleet):
    query = {"sql": "insert into nowhere values (1)", "write": True, "is_trusted": False}
    config = {"databases": {"fleet": {"queries": {"lost": query}, "permissions": {"execute-write-sql": True}}}}
    response = await open_fleet(config=config).client.post("/fleet/lost", data={"a": "b"})
    assert response.status_code == 403
    assert "Could not analyze query: no such table: nowhere" in response.text
