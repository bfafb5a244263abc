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


async def test_sql_that_fails_may_still_be_saved(open_fleet):
    instance = open_fleet(settings={"default_allow_sql": True})
    instance.root_enabled = True
    html = (await instance.client.get("/fleet/-/query?sql=select+nope", actor=ROOT)).text
    assert 'href="/fleet/-/queries/store?sql=select+nope"' in html


async def test_pages_of_rules_keep_the_arguments(open_fleet):
    instance = open_fleet()
    instance.root_enabled = True
    rules = await json_of(instance, "/-/rules.json?action=view-table&parent=a&child=b&_page=2&_size=1", actor=ROOT)
    assert rules["previous_url"] == "/-/rules.json?action=view-table&parent=a&child=b&_page=1&_size=1"


async def test_what_is_done_to_the_instance_has_no_pages(fleet):
    data = await json_of(fleet, "/-/allowed.json?action=view-instance&_page=2")
    assert data["items"] == []
    assert "previous_url" not in data


async def test_targets_need_create_table_unless_the_named_table_may_be_altered(fleet):
    for query in ("", "?table=boats", "?table=nope"):
        data = await json_of(fleet, f"/fleet/-/foreign-key-targets{query}", 403, actor=WARDEN)
        assert data["error"] == "Permission denied: need create-table"
