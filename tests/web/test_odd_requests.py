"""Requests that are legal but rarely made, to pages other than those of tables."""

import pytest
from fleet import WARDEN, json_of

ROOT = {"id": "root"}


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/fleet/-/query.json?sql=pragma+x&_extra=nope", 400, "Statement must be a SELECT"),
        ("/fleet/-/query.json?sql=select+nope&_extra=nope", 400, "Unknown _extra: nope"),
        ("/fleet/-/query.csv?sql=select+1&_extra=nope", 200, "1\r\n1\r\n"),
        ("/fleet/count.csv?_extra=nope", 200, "boats\r\n3\r\n"),
        ("/fleet/harbours.zzz", 403, "You do not have permission to view this table"),
        ("/fleet/boats.zzz?_extra=nope", 400, "Unknown _extra: nope"),
    ],
)
async def test_which_fault_is_named(fleet, path, status, text):
    response = await fleet.client.get(path)
    assert response.status_code == status
    assert text in response.text


@pytest.mark.parametrize("path", ["/fleet", "/fleet/boats", "/fleet/boats/1", "/fleet/count", "/fleet/-/query"])
async def test_html_may_be_asked_for_by_name(fleet, path):
    sql = "?sql=select+1" if path.endswith("query") else ""
    named, plain = [await fleet.client.get(f"{path}{extension}{sql}") for extension in (".html", "")]
    assert (named.status_code, named.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert named.text.partition("<h1")[2][:80] == plain.text.partition("<h1")[2][:80]
    assert (await fleet.client.get("/-/settings.html")).status_code == 404


async def test_sql_that_fails_may_still_be_saved(open_fleet):
    instance = open_fleet(settings={"default_allow_sql": True})
    instance.root_enabled = True
    html = (await instance.client.get("/fleet/-/query?sql=select+nope", actor=ROOT)).text
    assert 'href="/fleet/-/queries/store?sql=select+nope"' in html


async def test_pages_of_rules_keep_the_arguments(open_fleet):
    instance = open_fleet()
    instance.root_enabled = True
    asked = "x=1&_page=2&action=view-table&parent=a&parent=b&child=&_size=1&y=%C3%A9"
    rules = await json_of(instance, f"/-/rules.json?{asked}", actor=ROOT)
    kept = "x=1&action=view-table&parent=a&parent=b&child=&y=%C3%A9"
    assert rules["previous_url"] == f"/-/rules.json?{kept}&_page=1&_size=1"


async def test_an_empty_place_is_a_place_in_json_and_none_in_forms(fleet):
    assert (await json_of(fleet, "/-/allowed.json?action=view-table&parent="))["items"] == []
    page = await fleet.client.get("/-/allowed?action=view-table&parent=&child=")
    assert "/fleet/boats" in page.text


async def test_what_is_done_to_the_instance_has_no_pages(fleet):
    data = await json_of(fleet, "/-/allowed.json?action=view-instance&_page=2")
    assert data["items"] == []
    assert "previous_url" not in data


async def test_targets_need_create_table_unless_the_named_table_may_be_altered(fleet):
    for query in ("", "?table=boats", "?table=nope"):
        data = await json_of(fleet, f"/fleet/-/foreign-key-targets{query}", 403, actor=WARDEN)
        assert data["error"] == "Permission denied: need create-table"


@pytest.mark.parametrize("path", ["/-/queries", "/fleet/-/queries"])
@pytest.mark.parametrize("query", ["_size=x", "_size=9999", "is_write=zz"])
async def test_lists_of_queries_refuse_in_json(fleet, path, query):
    data = await json_of(fleet, f"{path}?{query}", 400)
    assert data["ok"] is False


async def test_the_usual_size_of_a_list_is_not_capped(open_fleet):
    data = await json_of(open_fleet(settings={"max_returned_rows": 7}), "/-/queries.json")
    assert data["limit"] == 50


@pytest.mark.parametrize(
    ("method", "path", "open_to_all"),
    [
        ("GET", "/fleet", False),
        ("GET", "/fleet.json", True),
        ("OPTIONS", "/fleet.json", False),
        ("DELETE", "/fleet.json", False),
        ("GET", "/-/patterns", False),
        ("GET", "/fleet/-/query?sql=select+1", True),
        ("OPTIONS", "/fleet/-/query", False),
        ("OPTIONS", "/", True),
        ("GET", "/fleet/boats", True),
    ],
)
async def test_what_other_origins_may_read(open_fleet, method, path, open_to_all):
    instance = open_fleet(cors=True)
    response = await instance.client.request(method, path)
    assert ("access-control-allow-origin" in response.headers) is open_to_all


async def test_downloads_are_refused_before_they_are_looked_for(open_fleet):
    instance = open_fleet(default_deny=True)
    assert (await instance.client.get("/nope.db")).status_code == 403


async def test_fragments_name_the_argument_that_is_wrong(fleet):
    response = await fleet.client.get("/fleet/boats/-/fragment?_row=1,2")
    assert (response.status_code, "_row does not match the primary key" in response.text) == (400, True)
    assert (await fleet.client.get("/fleet/boats/-/fragment?_row=")).text.count("<tr") == 4


async def test_views_have_no_autocomplete_for_anybody(fleet):
    response = await fleet.client.get("/fleet/long_names/-/autocomplete?q=a")
    assert response.status_code == 400


async def test_columns_come_apart_as_tuples(fleet):
    column, *_ = await fleet.get_database("fleet").table_column_details("boats")
    assert tuple(column) == (0, "id", "INTEGER", 0, None, 1, 0)


async def test_pages_are_never_longer_than_the_largest_result(open_fleet):
    data = await json_of(open_fleet(settings={"max_returned_rows": 2}), "/fleet/boats.json?_facet=name")
    assert len(data["rows"]) == 2
    assert len(data["facet_results"]["results"]["name"]["results"]) == 2


async def test_error_pages_follow_a_replaced_base(open_fleet, tmp_path):
    (tmp_path / "base.html").write_text(
        '{% extends "default:base.html" %}{% block body_class %}{{ super() }} themed{% endblock %}'
    )
    response = await open_fleet(template_dir=str(tmp_path)).client.get("/fleet/nothing")
    assert response.status_code == 404
    assert "themed" in response.text.partition("<body")[2].partition(">")[0]
