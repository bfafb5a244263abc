"""With ``hide_existence`` nobody learns from a status or a message whether something hidden exists."""

import asyncio
import re
import sqlite3

import pytest

from vitrina.facade.datasette import Datasette
from vitrina.web.routes import built_in_routes

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


def addresses(hidden, missing):
    """The addresses of every page in a database, with and without a format: of something hidden, of nothing."""
    for route in built_in_routes():
        if "{database}" not in route.pattern:
            continue
        stem, _, formats = route.pattern.partition("(")
        for pattern in [stem, f"{stem}.json", f"{stem}.csv"] if formats else [stem]:
            pair = [re.sub(r"{(\w+)}", lambda place: names[place[1]], pattern) for names in (hidden, missing)]  # noqa: B023
            if pair[0] != pair[1]:
                yield from ((method, *pair) for method in ("GET", "HEAD", "POST", "OPTIONS", "PUT"))


def in_database(database, table, query):
    return {"database": database, "table": table, "query": query, "pks": "1", "job": "j"}


@pytest.mark.parametrize(
    ("hidden", "missing"),
    [
        (in_database("vault", "things", "hidden"), in_database("vaunt", "things", "hidden")),
        (in_database("data", "secret", "concealed"), in_database("data", "nought", "inexisting")),
        (in_database("data", "writing", "writing"), in_database("data", "nothing", "nothing")),
    ],
)
def test_no_page_tells_hidden_from_missing(files, hidden, missing):
    queries = {
        "concealed": CONFIG["databases"]["data"]["queries"]["hidden"],
        "writing": {"sql": "insert into open_to_all default values", "write": True, "allow": {"id": "keeper"}},
    }
    databases = {**CONFIG["databases"], "data": {**CONFIG["databases"]["data"], "queries": queries}}
    requests = [
        (method, path, options)
        for method, *pair in addresses(hidden, missing)
        for options in ([{}, {"json": {}}, {"json": {"row": {}}}] if method == "POST" else [{}])
        for path in pair
    ]
    answers = ask(files, {**CONFIG, "databases": databases}, requests)
    assert len(answers) > 50
    for (method, path, _), first, second in zip(requests[::2], answers[::2], answers[1::2], strict=True):
        assert (method, path, first.status_code) == (method, path, second.status_code)
        words = sorted({*hidden.values(), *missing.values()} - {"1", "j"}, key=len)
        assert without(words, first.text) == without(words, second.text), path
        assert headers(first, words) == headers(second, words), path


def headers(answer, words):
    return {name: without(words, value) for name, value in answer.headers.items() if name != "content-length"}


def without(words, text):
    return re.sub("|".join(map(re.escape, words)), "", text)


def test_a_token_that_is_good_for_inserting_alone_still_inserts(files):
    rules = {"permissions": {"insert-row": {"id": "clerk"}}, "allow": {"id": "keeper"}}
    config = {"vitrina": CONFIG["vitrina"], "databases": {"data": {"tables": {"secret": rules}}}}
    clerk = {"actor": {"id": "clerk"}}
    answers = ask(
        files,
        config,
        [("POST", "/data/secret/-/insert", {"json": {"row": {}}, **clerk}), ("GET", "/data/secret.json", clerk)],
    )
    assert [answer.status_code for answer in answers] == [201, 403]


@pytest.mark.parametrize(
    "page",
    [
        '/data/open_to_all.json?_through={"table":"NAME","column":"id","value":"1"}',
        '/data/open_to_all?_through={"table":"NAME","column":"id","value":"1"}',
        "/-/debug/autocomplete?database=data&table=NAME",
        "/-/debug/autocomplete?database=NAME&table=things",
    ],
)
def test_arguments_tell_no_more_than_addresses(files, page):
    names = ("vault", "vaunt") if "=NAME&" in page else ("secret", "nought")
    first, second = ask(files, CONFIG, [("GET", page.replace("NAME", name), {}) for name in names])
    assert first.status_code == second.status_code
    assert without(names, first.text) == without(names, second.text)


def test_lists_leave_out_what_is_hidden(files, tmp_path):
    conn = sqlite3.connect(tmp_path / "data.db")
    conn.execute("create table middle (id integer primary key, one references open_to_all, two references secret)")
    conn.execute("create table hidden_too (id integer primary key, one references open_to_all)")
    conn.close()
    config = {"vitrina": CONFIG["vitrina"], "databases": {**CONFIG["databases"]}}
    config["databases"]["data"] = {
        **CONFIG["databases"]["data"],
        # Whoever may run SQL sees the whole schema.
        "allow_sql": False,
        "tables": {name: {"allow": {"id": "keeper"}} for name in ("secret", "hidden_too")},
    }
    pages = [
        "/data.json",
        "/-/config.json",
        "/-/config",
        "/-/databases.json",
        "/.json",
        "/-/jump.json",
        "/-/openapi.json",
    ]
    keeper = {"actor": {"id": "keeper"}}
    answers = ask(files, config, [("GET", page, options) for page in pages for options in ({}, keeper)])
    hidden = re.compile(r"\bsecret\b|hidden_too|vault|\bhidden\b(?=\W+sql)")
    for page, anonymous, keepers in zip(pages, answers[::2], answers[1::2], strict=True):
        assert hidden.findall(anonymous.text) == [], page
        assert hidden.findall(keepers.text) or page == "/-/openapi.json", page
    middle = next(table for table in answers[0].json()["tables"] if table["name"] == "middle")
    assert [key["other_table"] for key in middle["foreign_keys"]["outgoing"]] == ["open_to_all"]
    assert answers[2].json()["databases"] == {"data": {"allow_sql": False, "tables": {}, "queries": {}}}


def test_a_table_that_another_program_made_is_there(files, tmp_path):
    async def main():
        instance = Datasette(files, config=CONFIG)
        try:
            assert (await instance.client.get("/data/late.json")).status_code == 404
            conn = sqlite3.connect(tmp_path / "data.db")
            conn.execute("create table late (id integer primary key)")
            conn.close()
            assert (await instance.client.get("/data/late.json")).status_code == 200
        finally:
            await instance.invoke_shutdown()

    asyncio.run(main())
