"""Signing in and out, tokens, and the permission tools, through a whole instance."""

from __future__ import annotations

import html
import json
import re
import sqlite3
import time
from contextlib import closing

import pytest

from vitrina.facade.datasette import Datasette
from vitrina.hooks.events import CreateTokenEvent, LoginEvent, LogoutEvent
from vitrina.hooks.markers import hookimpl
from vitrina.web.permission_pages.sign_in import ROOT_TOKEN_KEY

CONFIG = {
    "permissions": {"permissions-debug": {"id": "inspector"}},
    "databases": {"zoo": {"allow_sql": {"id": "inspector"}, "tables": {"keepers": {"allow": {"id": "inspector"}}}}},
}
INSPECTOR = {"id": "inspector"}


@pytest.fixture
def open_instance(tmp_path):
    opened = []

    def make(**options):
        path = tmp_path / "zoo.db"
        if not path.exists():
            conn = sqlite3.connect(path)
            conn.executescript("create table animals (id integer primary key); create table keepers (id integer);")
            conn.close()
        instance = Datasette([str(path)], config=CONFIG, secret="a-test-secret", **options)
        opened.append(instance)
        return instance

    yield make
    for instance in opened:
        instance.close()


@pytest.fixture
def instance(open_instance):
    return open_instance()


async def get_json(instance, path, actor=None, status=200):
    response = await instance.client.get(path, actor=actor)
    assert response.status_code == status, response.text
    return response.json()


class Listener:
    def __init__(self):
        self.events = []

    @hookimpl
    def track_event(self, event):
        self.events.append(event)


@pytest.fixture
def listener(instance):
    found = Listener()
    instance.pm.register(found, name="listener")
    yield found
    instance.pm.unregister(found)


# -- signing in and out


async def test_the_one_time_address_signs_root_in_once(instance, listener):
    instance.site.state[ROOT_TOKEN_KEY] = "secret-token"
    assert (await instance.client.get("/-/auth-token?token=wrong")).status_code == 403
    response = await instance.client.get("/-/auth-token?token=secret-token")
    assert (response.status_code, response.headers["location"]) == (302, "/")
    cookie = re.match(r"ds_actor=([^;]+); Path=/; SameSite=lax$", response.headers["set-cookie"])
    assert instance.unsign(cookie.group(1), "actor") == {"a": {"id": "root"}}
    assert [type(event) for event in listener.events] == [LoginEvent]
    assert (await instance.client.get("/-/auth-token?token=secret-token")).status_code == 403
    assert (await instance.client.get("/-/auth-token?token=", actor={"id": "root"})).headers["location"] == "/"


async def test_without_a_token_nobody_gets_in(instance):
    assert (await instance.client.get("/-/auth-token?token=")).status_code == 403
    assert (await instance.client.get("/-/auth-token")).status_code == 403


async def test_logging_out(instance, listener):
    assert (await instance.client.get("/-/logout")).headers["location"] == "/"
    page = await instance.client.get("/-/logout", actor=INSPECTOR)
    assert '<form class="core" action="/-/logout" method="post">' in page.text
    response = await instance.client.post("/-/logout", actor=INSPECTOR)
    assert response.status_code == 302
    cookies = response.headers.get_list("set-cookie")
    assert any(cookie.startswith('ds_actor=""') and "Max-Age=0" in cookie for cookie in cookies)
    assert [event.actor for event in listener.events if isinstance(event, LogoutEvent)] == [INSPECTOR]


async def test_actor_cookie_expires(instance):
    past = instance.sign({"a": INSPECTOR, "e": "A"}, "actor")
    good = instance.sign({"a": INSPECTOR}, "actor")
    for cookie, actor in ((past, None), (good, INSPECTOR), (good + "x", None)):
        response = await instance.client.get("/-/actor.json", cookies={"ds_actor": cookie})
        assert response.json()["actor"] == actor


# -- tokens


async def test_tokens_identify_and_bad_ones_are_refused_even_beside_a_good_cookie(instance):
    await instance.invoke_startup()
    token = await instance.create_token("u")
    headers = {"Authorization": f"Bearer {token}"}
    response = await instance.client.get("/-/actor.json", headers=headers)
    assert response.json()["actor"] == {"id": "u", "token": "dstok"}
    response = await instance.client.get("/-/actor.json", headers=headers, actor=INSPECTOR)
    assert response.json()["actor"]["id"] == "u"
    response = await instance.client.get("/-/actor", headers={"Authorization": "Bearer dstok_x"}, actor=INSPECTOR)
    assert response.status_code == 401
    assert response.json()["error"] == "Invalid token signature"
    assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    for ignored in ("Bearer other", f"bearer {token}", f"Bearer  {token}", "Bearer"):
        response = await instance.client.get("/-/actor.json", headers={"Authorization": ignored}, actor=INSPECTOR)
        assert response.json()["actor"] == INSPECTOR


@pytest.mark.parametrize(
    ("actor", "message"),
    [
        (None, "You must be logged in to create a token"),
        ({"role": "x"}, "You must be logged in as an actor with an ID to create a token"),
        ({"id": ""}, "You must be logged in as an actor with an ID to create a token"),
        ({"id": "x", "token": "dstok"}, "Token authentication cannot be used to create additional tokens"),
        ({"id": "x", "_r": {}}, "Restricted actors cannot create API tokens"),
    ],
)
async def test_who_may_not_have_tokens(instance, actor, message):
    for method in (instance.client.get, instance.client.post):
        response = await method("/-/create-token", actor=actor)
        assert response.status_code == 403
        assert message in response.text


async def test_tokens_that_are_switched_off(open_instance):
    instance = open_instance(settings={"allow_signed_tokens": False})
    response = await instance.client.get("/-/create-token", actor=INSPECTOR)
    assert response.status_code == 403
    assert "Signed tokens are not enabled" in response.text


async def test_creating_a_token(instance, listener):
    page = await instance.client.get("/-/create-token", actor=INSPECTOR)
    names = set(re.findall(r'name="([^"]+)"', page.text))
    assert {"expire_type", "expire_duration", "all:view-instance", "database:zoo:execute-sql"} <= names
    assert "resource:zoo:animals:insert-row" in names
    assert "database:zoo:view-instance" not in names

    form = {
        "expire_type": "hours",
        "expire_duration": "2",
        "all:view-table": "on",
        "database:zoo:ir": "on",
        "resource:zoo:a~20b:update-row": "on",
    }
    made = await instance.client.post("/-/create-token", data=form, actor=INSPECTOR)
    token = re.search(r'value="(dstok_[^"]+)"', made.text).group(1)
    payload = instance.unsign(token.removeprefix("dstok_"), "token")
    assert abs(payload.pop("t") - time.time()) < 5
    assert payload == {
        "a": "inspector",
        "d": 7200,
        "_r": {"a": ["vt"], "d": {"zoo": ["ir"]}, "r": {"zoo": {"a b": ["ur"]}}},
    }
    [event] = [event for event in listener.events if isinstance(event, CreateTokenEvent)]
    assert event.properties() == {
        "expires_after": 7200,
        "restrict_all": ["view-table"],
        "restrict_database": {"zoo": ["ir"]},
        "restrict_resource": {"zoo": {"a b": ["update-row"]}},
    }


async def test_what_a_token_can_be_limited_to(open_instance, tmp_path):
    with closing(sqlite3.connect(tmp_path / "zoo.db")) as connection:
        connection.executescript(
            "create table z(a); create view v as select 1; create table _hidden(a);"
            "create virtual table words using fts5(w)"
        )
    instance = open_instance(memory=True)
    page = await instance.client.get("/-/create-token", actor=INSPECTOR)
    places = [name.rpartition(":") for name in re.findall(r'name="((?:database|resource):[^"]+)"', page.text)]
    parts = ("", "_config", "_content", "_data", "_docsize", "_idx")
    tables = [f"resource:zoo:{name}" for name in ("_hidden", "v", *(f"words{part}" for part in parts), "z")]
    assert list(dict.fromkeys(place for place, _, _ in places)) == ["database:zoo", *tables]
    offered = [action for place, _, action in places if place == "resource:zoo:z"]
    assert offered[0] == "view-table"
    assert offered[-3:] == ["view-query", "update-query", "delete-query"]


async def test_tables_that_the_actor_may_not_see_are_not_offered(instance):
    page = await instance.client.get("/-/create-token", actor={"id": "visitor"})
    assert "animals" in page.text
    assert "keepers" not in page.text


@pytest.mark.parametrize(
    ("unit", "duration", "message"),
    [
        ("hours", "x", "Invalid expire duration"),
        ("hours", "", "Invalid expire duration"),
        ("hours", "-1", "Invalid expire duration"),
        ("hours", "0", "Invalid expire duration"),
        ("hours", "²", "Invalid expire duration"),
        ("hours", "9" * 5000, "Invalid expire duration"),
        ("weeks", "1", "Invalid expire duration unit"),
    ],
)
async def test_wrong_expiry(instance, unit, duration, message):
    form = {"expire_type": unit, "expire_duration": duration}
    response = await instance.client.post("/-/create-token", data=form, actor=INSPECTOR)
    assert f'<p class="message-error">{message}</p>' in response.text
    assert "dstok_" not in response.text


# -- the permission tools


async def test_allowed(instance):
    page = await get_json(instance, "/-/allowed.json?action=view-table&_size=1")
    assert page["items"] == [{"parent": "zoo", "child": "animals", "resource": "/zoo/animals"}]
    assert (page["total"], page["actor_id"]) == (1, None)
    page = await get_json(instance, "/-/allowed.json?action=view-table&_size=1", INSPECTOR)
    assert page["total"] == 2
    assert page["next_url"] == "/-/allowed.json?action=view-table&_page=2&_size=1"
    page = await get_json(instance, page["next_url"], INSPECTOR)
    assert page["previous_url"] == "/-/allowed.json?action=view-table&_page=1&_size=1"
    assert page["items"][0]["child"] == "keepers"
    assert page["items"][0]["reason"] == [
        "datasette.default_permissions: config allow allow for view-table on zoo/keepers"
    ]


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ("", 400, "action parameter is required"),
        ("action=nope", 404, "Unknown action: nope"),
        ("action=vt", 404, "Unknown action: vt"),
        ("action=view-table&child=x", 400, "parent must be provided when child is specified"),
        ("action=view-table&_size=x", 400, "_size must be a positive integer"),
        ("action=view-table&_size=201", 400, "_size must be <= 200"),
        ("action=view-table&_page=0", 400, "_page must be a positive integer"),
        ("action=view-table&_page=", 400, "_page must be a positive integer"),
    ],
)
async def test_wrong_arguments(instance, query, status, message):
    document = await get_json(instance, f"/-/allowed.json?{query}", status=status)
    assert document == {"ok": False, "error": message, "errors": [message], "status": status}
    page = await instance.client.get(f"/-/allowed?{query}")
    assert page.status_code == 200
    assert (html.escape(message) in page.text) is bool(query)


async def test_rules(instance):
    document = await get_json(instance, "/-/rules.json?action=execute-sql", INSPECTOR)
    assert document["items"] == [
        {
            "parent": None,
            "child": None,
            "resource": "/",
            "allow": 1,
            "reason": "default allow for execute-sql",
            "source_plugin": "datasette.default_permissions",
        },
        {
            "parent": "zoo",
            "child": None,
            "resource": "/zoo",
            "allow": 1,
            "reason": "config allow allow_sql for zoo",
            "source_plugin": "datasette.default_permissions",
        },
    ]


async def test_check_explains_for_any_actor(instance):
    document = await get_json(instance, "/-/check.json?action=store-query&parent=zoo&actor=null", INSPECTOR)
    assert (document["allowed"], document["actor"]) == (False, None)
    assert "actor_id" not in document
    assert document["resource"] == {"parent": "zoo", "child": None, "path": "/zoo"}
    explanation = document["explanation"]
    assert explanation["winning_scope"] is None
    assert [each["action"] for each in explanation["required_actions"]] == ["execute-sql"]
    assert explanation["required_actions"][0]["matched_rules"][0]["effect"] == "deny"
    mine = await get_json(instance, "/-/check.json?action=view-table&parent=zoo&child=KEEPERS", INSPECTOR)
    assert (mine["allowed"], mine["actor_id"]) == (True, "inspector")


@pytest.mark.parametrize(
    ("query", "status", "start"),
    [
        ("", 400, "action parameter is required"),
        ("action=nope", 404, "Unknown action: nope"),
        ("action=view-table&child=x", 400, "parent is required when child is provided"),
        ("action=view-table&actor={", 400, "Invalid actor JSON: "),
        ("action=view-table&actor=", 400, "Invalid actor JSON: "),
        ("action=view-table&actor=[]", 400, "actor must be a JSON object or null"),
    ],
)
async def test_wrong_checks(instance, query, status, start):
    document = await get_json(instance, f"/-/check.json?{query}", INSPECTOR, status=status)
    assert document["error"].startswith(start)


async def test_activity_simulates_and_remembers(instance):
    form = {"actor": '{"id": "x"}', "permission": "view-table", "resource_1": "zoo", "resource_2": "keepers"}
    response = await instance.client.post("/-/permissions", data=form, actor=INSPECTOR)
    assert (response.json()["allowed"], response.json()["actor_id"]) == (False, "x")
    assert (
        await instance.client.post("/-/permissions", data={**form, "actor": "{"}, actor=INSPECTOR)
    ).status_code == 400
    await instance.client.get("/zoo/keepers.json", actor={"id": "somebody-else"})
    page = await instance.client.get("/-/permissions", actor=INSPECTOR)
    assert "somebody-else" in page.text
    mine = await instance.client.get("/-/permissions?filter=only-yours", actor=INSPECTOR)
    assert "somebody-else" not in mine.text


@pytest.mark.parametrize(
    "path", ["/-/permissions", "/-/rules", "/-/rules.json?action=view-table", "/-/check", "/-/actions"]
)
async def test_tools_need_permissions_debug(instance, path):
    assert (await instance.client.get(path, actor={"id": "visitor"})).status_code == 403
    assert (await instance.client.get(path, actor=INSPECTOR)).status_code == 200


@pytest.mark.parametrize(
    ("actor", "allow", "expected"),
    [
        ({"id": "x"}, {"id": "*"}, "Result: allow"),
        ({"id": "x"}, {"id": "y"}, "Result: deny"),
        (None, {"unauthenticated": True}, "Result: allow"),
        # whoever is not an object is somebody, without any property
        ([], {}, "Result: deny"),
        (0, {"unauthenticated": True}, "Result: deny"),
    ],
)
async def test_allow_debug(instance, actor, allow, expected):
    response = await instance.client.get(
        "/-/allow-debug", params={"actor": json.dumps(actor), "allow": json.dumps(allow)}
    )
    assert expected in response.text


async def test_allow_debug_refuses_what_is_no_block(instance):
    response = await instance.client.get("/-/allow-debug", params={"actor": "{}", "allow": "[]"})
    assert response.status_code == 400
    assert "Allow must be a JSON object" in response.text


async def test_allow_debug_fills_in_what_is_left_out(instance):
    response = await instance.client.get("/-/allow-debug", params={"actor": "", "allow": ""})
    assert "Result: allow" in response.text


async def test_allow_debug_shows_what_is_not_json(instance):
    response = await instance.client.get("/-/allow-debug", params={"actor": "{", "allow": "<b>"})
    assert "Actor JSON error" in response.text
    assert "Allow JSON error" in response.text
    assert "<b>" not in response.text


async def test_no_tool_page_needs_inline_scripts(instance):
    for path in ("/-/create-token", "/-/allowed?action=view-table", "/-/rules", "/-/check?action=view-instance"):
        page = await instance.client.get(path, actor=INSPECTOR)
        assert "default-src 'self'" in page.headers["content-security-policy"]
        assert not re.search(r"<script(?![^>]*(src=|application/json))[^>]*>", page.text)
        assert " style=" not in page.text


# -- what plugins are promised


async def test_actors_from_plugins_come_first(open_instance):
    instance = open_instance()

    class Header:
        @hookimpl
        def actor_from_request(self, datasette, request):
            async def find():
                name = request.headers.get("x-user")
                return {"id": name} if name else None

            return find

    plugin = Header()
    instance.pm.register(plugin, name="header")
    try:
        response = await instance.client.get("/-/actor.json", headers={"x-user": "u"}, actor=INSPECTOR)
        assert response.json()["actor"] == {"id": "u"}
        response = await instance.client.get("/-/actor.json", actor=INSPECTOR)
        assert response.json()["actor"] == INSPECTOR
    finally:
        instance.pm.unregister(plugin)


async def test_allowed_resources_page_by_page(instance):
    await instance.invoke_startup()
    first = await instance.allowed_resources("view-table", INSPECTOR, limit=1, include_is_private=True)
    assert [(each.child, each.private) for each in first.resources] == [("animals", False)]
    assert [each.child async for each in first.all()] == ["animals", "keepers"]
    found = await instance.allowed_resources_sql(action="view-table", actor=INSPECTOR)
    rows = await instance.get_internal_database().execute(found.sql, found.params)
    assert [row["child"] for row in rows.rows] == ["animals", "keepers"]
