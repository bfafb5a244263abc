"""A narrowed token opens exactly its part of an instance."""

import json
import logging
import re
import shutil
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from vitrina.cli.main import cli
from vitrina.errors import ConfigError
from vitrina.execute import own_tokens
from vitrina.facade.datasette import Datasette
from vitrina.tokens.narrowed.conditions import Condition
from vitrina.tokens.narrowed.token import new_token_id, restrict_token

SECRET = "a-test-secret"
STATIC = Path(own_tokens.__file__).parent.parent / "ui" / "static"
MODULES = ("macaroon.js", "token-words.js")
CONFIG = {
    "permissions": {action: {"id": "ann"} for action in ("insert-row", "view-instance", "create-table")},
    "databases": {
        "zoo": {
            "queries": {
                "double": "select 2",
                "clear": {"sql": "delete from animals", "write": True, "is_trusted": True},
            }
        }
    },
}


@pytest.fixture
def open_zoo(tmp_path):
    opened = []

    def make(tokens=None, **options):
        path = tmp_path / "zoo.db"
        if not path.exists():
            conn = sqlite3.connect(path)
            conn.executescript(
                "create table animals (id integer primary key, name text); create table keepers (id integer);"
                "insert into animals (name) values ('ape'), ('bee'), ('cat'), ('dog');"
            )
            conn.close()
        block = {"macaroon": True} if tokens is None else tokens
        instance = Datasette([path], config={**CONFIG, "vitrina": {"tokens": block}}, secret=SECRET, **options)
        opened.append(instance)
        return instance

    yield make
    for instance in opened:
        instance.close()


async def token_for(instance, actor_id="ann", **options):
    await instance.invoke_startup()
    return await instance.create_token(actor_id, handler="macaroon", **options)


async def ask(instance, path, token, method="GET", **options):
    return await instance.client.request(method, path, headers={"Authorization": f"Bearer {token}"}, **options)


async def statuses(instance, token, *paths):
    return [(await ask(instance, path, token)).status_code for path in paths]


async def test_a_token_narrowed_on_the_command_line_opens_its_table_and_nothing_else(open_zoo):
    instance = open_zoo()
    whole = await token_for(instance)
    narrow = CliRunner().invoke(
        cli, ["token", "restrict", "-", "--read-only", "--table", "zoo/Animals", "--expires", "1h"], input=whole
    )
    assert narrow.exit_code == 0
    token = narrow.output.strip()
    inside = ("/zoo/animals.json", "/zoo/animals", "/zoo/animals/1.json", "/zoo/animals.csv")
    outside = (
        "/.json",
        "/zoo.json",
        "/zoo/keepers.json",
        "/zoo/-/query.json?sql=select+1",
        "/zoo/animals.json?_where=1",
        "/zoo/double.json",
        "/zoo.db",
        "/-/create-token",
    )
    assert await statuses(instance, token, *inside) == [200] * len(inside)
    assert await statuses(instance, token, *outside) == [403] * len(outside)
    rows = {"row": {"name": "eel"}}
    assert (await ask(instance, "/zoo/animals/-/insert", token, "POST", json=rows)).status_code == 403
    assert (await ask(instance, "/zoo/animals/-/insert", whole, "POST", json=rows)).status_code == 201
    actor = (await instance.client.get("/-/actor.json", headers={"Authorization": f"Bearer {token}"})).json()["actor"]
    assert actor["_r"] == {"r": {"zoo": {"animals": ["vt"], "Animals": ["vq"]}}}


async def test_lists_show_no_more_than_the_token_opens(open_zoo):
    instance = open_zoo()
    token = restrict_token(
        await token_for(instance),
        [
            Condition("act", ["view-instance", "view-database", "view-table"]),
            Condition("allow", {"a": ["vi", "vd"], "r": {"zoo": {"animals": ["vt"]}}}),
        ],
    )
    page = (await ask(instance, "/zoo.json", token)).json()
    assert [table["name"] for table in page["tables"]] == ["animals"]
    assert page["queries"] == []
    assert page["allow_execute_sql"] is False


async def test_rows_are_limited_everywhere(open_zoo):
    instance = open_zoo()
    whole = await token_for(instance)
    token = restrict_token(whole, [Condition("rows", 2)])
    table = (await ask(instance, "/zoo/animals.json", token)).json()
    assert len(table["rows"]) == 2 and table["next"] == "2"
    query = (await ask(instance, "/zoo/-/query.json?sql=select+*+from+animals", token)).json()
    assert len(query["rows"]) == 2 and query["truncated"] is True
    assert len((await ask(instance, "/zoo/animals.csv", token)).text.splitlines()) == 3
    assert await statuses(instance, token, "/zoo/animals.csv?_stream=1", "/zoo/animals.json?_size=3") == [400, 400]
    assert await statuses(instance, token, "/zoo.db") == [403]
    # And for nobody else, even where an answer was kept.
    assert len((await ask(instance, "/zoo/animals.json", whole)).json()["rows"]) == 4
    assert len((await ask(instance, "/zoo/animals.json", token)).json()["rows"]) == 2


async def test_time_for_a_query_is_limited(open_zoo):
    instance = open_zoo()
    token = restrict_token(await token_for(instance), [Condition("ms", 20)])
    slow = "with+recursive+c(x)+as+(select+1+union+all+select+x%2B1+from+c)+select+count(*)+from+c"
    answer = await ask(instance, f"/zoo/-/query.json?sql={slow}", token)
    assert answer.status_code == 400
    assert "interrupted" in answer.text.lower() or "too long" in answer.text.lower()


async def test_reading_excludes_even_a_trusted_query_that_writes(open_zoo):
    instance = open_zoo()
    whole = await token_for(instance)
    token = restrict_token(whole, [Condition("ro")])
    assert await statuses(instance, token, "/zoo/double.json") == [200]
    assert (await ask(instance, "/zoo/clear?_json=1", token, "POST")).status_code == 403
    assert (await ask(instance, "/zoo/clear?_json=1", whole, "POST")).json()["ok"] is True


@pytest.mark.parametrize(
    "tokens, headers, status",
    [
        ({"client_address": "connection"}, {}, 200),
        ({}, {}, 401),
        ({"client_address": {"header": "X-Client"}}, {"X-Client": "10.9.9.9, 127.0.0.1"}, 200),
        ({"client_address": {"header": "X-Client"}}, {"X-Client": "127.0.0.1, 10.9.9.9"}, 401),
        ({"client_address": {"header": "X-Client"}}, {}, 401),
    ],
)
async def test_the_network_counts_only_where_the_address_can_be_trusted(open_zoo, tokens, headers, status):
    instance = open_zoo(tokens)
    token = restrict_token(await token_for(instance), [Condition("ip", ["127.0.0.0/8"])])
    answer = await instance.client.get("/zoo.json", headers={"Authorization": f"Bearer {token}", **headers})
    assert answer.status_code == status


async def test_a_bad_token_is_refused_in_json_with_a_challenge(open_zoo):
    instance = open_zoo()
    token = await token_for(instance)
    expired = restrict_token(token, [Condition("exp", int(time.time()) - 1)])
    for text, message in (
        (token[:-1], "Invalid token"),
        (token + "A", "Invalid token"),
        (expired, "Token has expired"),
    ):
        answer = await ask(instance, "/zoo", text)
        assert answer.status_code == 401
        assert answer.json()["error"] == message
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert text not in answer.text


async def test_without_configuration_nothing_of_it_is_there(open_zoo, tmp_path):
    configured = open_zoo()
    token = await token_for(configured)
    plain = Datasette([tmp_path / "zoo.db"], secret=SECRET)
    try:
        assert (await ask(plain, "/-/actor.json", token)).json()["actor"] is None
        assert [handler.name for handler in plain.site.state["token_handlers"]] == ["signed"]
    finally:
        plain.close()


async def test_which_kind_is_made_by_default_can_be_chosen(open_zoo):
    signed, narrow = open_zoo(), open_zoo({"handler": "macaroon"})
    await signed.invoke_startup()
    await narrow.invoke_startup()
    assert (await signed.create_token("ann")).startswith("dstok_")
    assert (await narrow.create_token("ann", expires_after=9)).startswith("vtk_")
    assert (await narrow.create_token("ann", handler="signed")).startswith("dstok_")


@pytest.mark.parametrize(
    "block, message",
    [
        ([], "an object"),
        ({"handler": "other"}, "handler"),
        ({"macaroon": False, "handler": "macaroon"}, "handler"),
        ({"key_id": "1"}, "key_id"),
        ({"keyid": 1}, "keyid"),
        ({"previous_secrets": {"1": "x"}}, "earlier key"),
        ({"key_id": 2, "previous_secrets": {"1": ""}}, "text is needed"),
        ({"client_address": "proxy"}, "client_address"),
    ],
)
def test_a_wrong_configuration_is_told(open_zoo, block, message):
    with pytest.raises(ConfigError, match=message):
        open_zoo(block)


# -- rotation and revocation


async def test_an_earlier_secret_stays_valid_while_it_is_listed(open_zoo, tmp_path):
    before = open_zoo()
    narrow, signed = await token_for(before), await before.create_token("ann")
    cookie = before.sign({"a": {"id": "ann"}}, "actor")
    (tmp_path / "old-secret").write_text(f"{SECRET}\n")
    config = {"vitrina": {"tokens": {"key_id": 2, "previous_secrets": {"1": {"$file": str(tmp_path / "old-secret")}}}}}
    after = Datasette([tmp_path / "zoo.db"], config=config, secret="a-new-secret")
    dropped = Datasette([tmp_path / "zoo.db"], config={"vitrina": {"tokens": {"key_id": 2}}}, secret="a-new-secret")
    try:
        for token in (narrow, signed):
            assert (await ask(after, "/-/actor.json", token)).json()["actor"]["id"] == "ann"
            assert (await ask(dropped, "/-/actor.json", token)).status_code == 401
        assert (await after.client.get("/-/actor.json", cookies={"ds_actor": cookie})).json()["actor"]["id"] == "ann"
        assert (await dropped.client.get("/-/actor.json", cookies={"ds_actor": cookie})).json()["actor"] is None
        assert after.sign("x") == dropped.sign("x")
        shown = (await after.client.get("/-/config.json")).text
        assert SECRET not in shown and "old-secret" not in shown
    finally:
        after.close()
        dropped.close()


async def test_a_revocation_by_another_process_reaches_a_running_server(open_zoo, tmp_path, monkeypatch):
    internal = tmp_path / "internal.db"
    instance = open_zoo(internal=internal)
    narrow, signed, other = await token_for(instance), await instance.create_token("ann"), await token_for(instance)
    assert await statuses(instance, narrow, "/zoo.json") == [200]
    for token in (restrict_token(narrow, [Condition("ro")]), signed):
        revoked = CliRunner().invoke(cli, ["token", "revoke", token, "--internal", str(internal), "--reason", "lost"])
        assert revoked.exit_code == 0, revoked.output
    await instance.site.state["tokens"].revocations.load()
    # The signature's text can be varied without harm to it; that must not help.
    spare = signed[:-1] + chr(ord(signed[-1]) + 1)
    for token in (narrow, signed, spare):
        answer = await ask(instance, "/zoo.json", token)
        assert answer.status_code == 401
    assert answer.json()["error"] in ("Token has been revoked", "Invalid token signature")
    assert await statuses(instance, other, "/zoo.json") == [200]


async def test_revocations_are_read_again_by_themselves(open_zoo, tmp_path, monkeypatch):
    monkeypatch.setattr(own_tokens, "REFRESH_SECONDS", 0.01)
    internal = tmp_path / "internal.db"
    instance = open_zoo(internal=internal)
    token_id = new_token_id()
    await instance.start_background_tasks()
    revocations = instance.site.state["tokens"].revocations
    assert CliRunner().invoke(cli, ["token", "revoke", token_id, "--internal", str(internal)]).exit_code == 0
    for _ in range(500):
        if token_id in revocations.ids:
            break
        await own_tokens.asyncio.sleep(0.01)
    assert token_id in revocations.ids
    await instance.invoke_shutdown()


# -- the page


async def page(instance, actor=None, **form):
    cookies = {"ds_actor": instance.sign({"a": actor}, "actor")} if actor else {}
    if form:
        return await instance.client.post("/-/tokens", data=form, cookies=cookies)
    return await instance.client.get("/-/tokens", cookies=cookies)


def new_token(answer):
    return re.search(r'id="new-token"[^>]*value="([^"]+)"', answer.text)[1]


async def test_the_page_makes_a_token_once_and_revokes_it(open_zoo, caplog):
    caplog.set_level(logging.DEBUG)
    instance = open_zoo()
    ann = {"id": "ann"}
    made = await page(instance, ann, do="create", days="7")
    token = new_token(made)
    assert "not shown again" in made.text
    assert made.headers["cache-control"] == "private, no-store"
    assert token not in (await page(instance, ann)).text
    actor = (await ask(instance, "/-/actor.json", token)).json()["actor"]
    assert actor["id"] == "ann" and 0 < actor["token_expires"] - time.time() <= 7 * 86400
    assert (await page(instance, {"id": "eve"}, do="revoke", token=token)).status_code == 403
    assert await statuses(instance, token, "/zoo.json") == [200]
    assert "revoked" in (await page(instance, ann, do="revoke", token=token)).text
    assert await statuses(instance, token, "/zoo.json") == [401]
    assert token not in caplog.text and token[4:60] not in caplog.text


@pytest.mark.parametrize(
    "form", [{"do": "create", "days": "99"}, {"do": "revoke", "token": ""}, {"do": "revoke", "token": "vtk_x"}]
)
async def test_the_page_refuses_odd_forms(open_zoo, form):
    answer = await page(open_zoo(), {"id": "ann"}, **form)
    assert answer.status_code == 400 and "message-error" in answer.text


async def test_others_tokens_and_tokens_of_tokens(open_zoo):
    instance = open_zoo()
    instance.site.permissions.decisions.root_enabled = True
    theirs = await token_for(instance, "eve")
    answer = await page(instance, {"id": "ann"}, do="revoke", token=theirs)
    assert answer.status_code == 400 and "Only your own tokens" in answer.text
    mine = await token_for(instance)
    posted = await ask(instance, "/-/tokens", mine, "POST", data={"do": "create", "days": ""})
    assert posted.status_code == 403
    anonymous = await page(instance)
    assert anonymous.status_code == 403


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node to run the browser's module")
async def test_the_browsers_module_narrows_as_the_command_does(open_zoo, tmp_path):
    for name in MODULES:
        text = (STATIC / name).read_text(encoding="utf-8")
        (tmp_path / name.replace(".js", ".mjs")).write_text(text, encoding="utf-8")
    script = tmp_path / "narrow.mjs"
    script.write_text(
        'import { narrow, readCaveat, readToken } from "./macaroon.mjs";'
        'import { describe } from "./token-words.mjs";'
        "const [token, added] = process.argv.slice(2);"
        "const narrowed = await narrow(token, JSON.parse(added));"
        "const words = readToken(narrowed).caveats.map((caveat) => describe(readCaveat(caveat)));"
        "console.log(JSON.stringify([narrowed, words]));"
    )
    instance = open_zoo()
    token = await token_for(instance)
    added = [["ro"], ["res", [["zoo", "animals"], ["zoo", "tä"]]], ["exp", 1_900_000_000], ["note", "x" * 300]]
    ran = subprocess.run(["node", script, token, json.dumps(added)], capture_output=True, text=True, check=True)
    narrowed, words = json.loads(ran.stdout)
    assert narrowed == restrict_token(token, [Condition(*each) for each in added])
    assert words[:3] == ["only reading", "only zoo/animals, zoo/tä", "until 2030-03-17 17:46:40 UTC"]
    assert await statuses(instance, narrowed, "/zoo/animals.json", "/zoo/keepers.json") == [200, 403]
