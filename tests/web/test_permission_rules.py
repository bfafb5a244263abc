"""The order in which rules are listed, and the words in which a decision is explained."""

import sqlite3

import pytest

from vitrina.facade.datasette import Datasette


async def get_json(instance, path, actor):
    response = await instance.client.get(path, actor=actor)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.fixture
def ruled(tmp_path):
    path = tmp_path / "zoo.db"
    sqlite3.connect(path).close()
    anybody = {"id": ["root", "inspector"]}
    names = ("zeta", "Alpha", "_under")
    config = {
        "allow": anybody,
        "permissions": {"permissions-debug": True, "view-query": False},
        "databases": {
            "zoo": {
                "allow": anybody,
                "permissions": {"view-table": anybody},
                "tables": {name: {"allow": True, "permissions": {"insert-row": True}} for name in names},
                "queries": {name: {"sql": "select 1", "allow": True} for name in names},
            }
        },
    }
    instance = Datasette([str(path)], config=config, secret="a-test-secret")
    instance.root_enabled = True
    yield instance
    instance.close()


async def reasons_of(instance, action):
    document = await get_json(instance, f"/-/rules.json?action={action}&_size=200", {"id": "root"})
    return [(item["child"], item["reason"]) for item in document["items"] if "sqlite_stat" not in str(item["child"])]


async def test_rules_of_one_place_come_in_the_order_of_their_sources(ruled):
    assert (await reasons_of(ruled, "view-table"))[:5] == [
        (None, "root user"),
        (None, "default allow for view-table"),
        (None, "config allow allow for view-table"),
        (None, "config allow permissions for view-table on zoo"),
        (None, "config allow allow for view-table on zoo"),
    ]
    document = await get_json(ruled, "/-/allowed.json?action=view-database", {"id": "root"})
    assert document["items"][0]["reason"] == [
        "datasette.default_permissions: config allow allow for view-database on zoo"
    ]
    assert (await reasons_of(ruled, "view-query"))[-1] == (None, "config deny permissions for view-query")


async def test_rules_about_tables_are_listed_without_regard_to_case(ruled):
    def children(found):
        return [child for child, _ in found if child is not None]

    assert children(await reasons_of(ruled, "insert-row")) == ["_under", "Alpha", "zeta"]
    assert children(await reasons_of(ruled, "view-query")) == ["Alpha", "_under", "zeta"]


@pytest.mark.parametrize(
    ("query", "summary", "ignored"),
    [
        (
            "action=view-query&parent=zoo&child=zeta",
            "Allowed by the matching resource-level rule.",
            [None, "A more specific rule matched"],
        ),
        (
            "action=view-query",
            "Denied by a global-level rule. Deny rules take precedence over allow rules at the same scope.",
            [None, "A deny rule matched at the same scope"],
        ),
        ("action=drop-table&actor=null", "Denied because no permission rule matched this actor and resource.", []),
        (
            'action=execute-write-sql&parent=zoo&actor={"id":"x"}',
            "Denied because execute-write-sql also requires view-database, which was denied.",
            [],
        ),
        (
            'action=insert-row&parent=zoo&child=zeta&actor={"id":"root","_r":{"a":["vt"]}}',
            "Denied because the resource is not included in the actor's restrictions.",
            [None, "A more specific rule matched"],
        ),
    ],
)
async def test_check_says_why(ruled, query, summary, ignored):
    explanation = (await get_json(ruled, f"/-/check.json?{query}", {"id": "root"}))["explanation"]
    assert explanation["summary"] == summary
    assert [rule["ignored_because"] for rule in explanation["matched_rules"]][: len(ignored)] == ignored


async def test_the_tables_of_actions_and_activity(ruled):
    actions = (await ruled.client.get("/-/actions", actor={"id": "root"})).text
    for heading in ("Abbr", "Resource", "Takes Parent", "Takes Child", "Also Requires"):
        assert f">{heading}<" in actions
    activity = (await ruled.client.get("/-/permissions", actor={"id": "root"})).text
    assert ">Allowed<" in activity


async def test_a_hypothetical_check_is_refused_in_json(ruled):
    for form, status, error in (
        ({"actor": "{}", "permission": "nope"}, 404, "Unknown action: nope"),
        (
            {"actor": "{}", "permission": "view-table", "resource_2": "x"},
            400,
            "parent is required when child is provided",
        ),
    ):
        response = await ruled.client.post("/-/permissions", data=form, actor={"id": "root"})
        assert (response.status_code, response.json()["error"]) == (status, error)
