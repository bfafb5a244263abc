"""With ``hide_existence`` nobody learns from a status or a message whether something hidden exists."""

import asyncio
import sqlite3

import pytest

from vitrina.facade.datasette import Datasette

CONFIG = {
    "vitrina": {"hide_existence": True},
    "databases": {
        "data": {
            "tables": {"secret": {"allow": {"id": "keeper"}}},
            "queries": {"hidden": {"sql": "select 1", "allow": {"id": "keeper"}}},
        },
        "vault": {"allow": {"id": "keeper"}},
    },
}

HIDDEN_AND_MISSING = [
    ("/data/secret{}", "/data/nothing{}"),
    ("/data/secret/1{}", "/data/nothing/1{}"),
    ("/data/hidden{}", "/data/nothing{}"),
    ("/vault{}", "/nowhere{}"),
    ("/vault/things{}", "/nowhere/things{}"),
    ("/vault/things/1{}", "/nowhere/things/1{}"),
    ("/vault/-/schema{}", "/nowhere/-/schema{}"),
    ("/data/secret/-/schema{}", "/data/nothing/-/schema{}"),
]


@pytest.fixture
def files(tmp_path):
    for name, table in (("data", "secret"), ("vault", "things")):
        conn = sqlite3.connect(tmp_path / f"{name}.db")
        conn.execute(f"create table {table} (id integer primary key)")
        conn.execute(f"insert into {table} values (1)")
        conn.execute("create table open_to_all (id integer primary key)")
        conn.commit()
        conn.close()
    return [tmp_path / "data.db", tmp_path / "vault.db"]


def ask(files, config, requests):
    async def main():
        instance = Datasette(files, config=config)
        try:
            return [await instance.client.request(method, path, **options) for method, path, options in requests]
        finally:
            await instance.invoke_shutdown()

    return asyncio.run(main())


@pytest.mark.parametrize("extension", ["", ".json"])
@pytest.mark.parametrize(("hidden", "missing"), HIDDEN_AND_MISSING)
def test_hidden_and_missing_look_alike(files, hidden, missing, extension):
    first, second = ask(files, CONFIG, [("GET", hidden.format(extension), {}), ("GET", missing.format(extension), {})])
    assert first.status_code == second.status_code == 404
    assert first.text.replace(hidden.format(extension), "") == second.text.replace(missing.format(extension), "")
    assert dict(first.headers) == dict(second.headers) or "content-length" in first.headers


def test_those_who_may_see_it_see_it(files):
    keeper = {"actor": {"id": "keeper"}}
    answers = ask(files, CONFIG, [("GET", hidden.format(".json"), keeper) for hidden, _ in HIDDEN_AND_MISSING])
    assert [answer.status_code for answer in answers] == [200] * len(answers)


def test_a_refusal_about_something_visible_stays_a_refusal(files):
    answer = ask(files, CONFIG, [("POST", "/data/open_to_all/-/insert", {"json": {"row": {}}})])[0]
    assert answer.status_code == 403


def test_without_it_statuses_are_as_ever(files):
    config = {"databases": CONFIG["databases"]}
    answers = ask(files, config, [("GET", "/data/secret.json", {}), ("GET", "/data/nothing.json", {})])
    assert [answer.status_code for answer in answers] == [403, 404]
