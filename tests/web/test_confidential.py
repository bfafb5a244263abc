"""What an actor may not see is nowhere in any answer, kept answers included."""

from __future__ import annotations

import logging
import re
import sqlite3
from urllib.parse import quote

import pytest
from raw_request import raw_request

from vitrina.facade.datasette import Datasette
from vitrina.web.files.routes import FILE_ROUTES
from vitrina.web.replication.routes import REPLICATION_ROUTES
from vitrina.web.routes import built_in_routes

SCHEMA = """
create table pub (id integer primary key, name text, sec_id integer references vault(id));
create table vault (id integer primary key, name text, word text);
insert into vault values (1, 'HUSHLABEL', 'HUSHWORD'), (2, 'HUSHTWO', 'w2');
insert into pub values (1, 'a', 1), (2, 'b', 2), (3, 'c', 1);
create table kids (id integer primary key, pub_id integer references pub(id), note text);
insert into kids values (1, 1, 'HUSHNOTE'), (2, 1, 'x');
create view peek as select * from vault;
create virtual table vault_fts using fts5(name, word, content=vault);
insert into vault_fts(vault_fts) values ('rebuild');
create table "<script>alert(1)</script>" (id integer primary key, "<b onclick=x>" text);
insert into "<script>alert(1)</script>" values (1, '<img src=x onerror=alert(1)>');
"""
CONFIG = {
    "databases": {
        "safe": {
            "allow_sql": {"id": "root"},
            "tables": {name: {"allow": {"id": "root"}} for name in ("vault", "kids", "peek")},
            "queries": {"hushquery": {"sql": "select 'HUSHQ'", "allow": {"id": "root"}}},
        }
    },
    "plugins": {"some-plugin": {"api_key": "HUSHKEY", "dsn": "HUSHDSN"}},
}
PAGES = [
    "/",
    "/.json",
    "/safe",
    "/safe.json",
    "/safe/pub",
    "/safe/pub.json?_labels=on",
    "/safe/pub.csv?_labels=on&_stream=on",
    "/safe/pub.json?_facet=sec_id&_labels=on",
    "/safe/pub?_facet=sec_id",
    "/safe/pub/1",
    "/safe/pub/1.json?_extra=foreign_key_tables",
    "/safe/-/schema",
    "/safe/-/schema.json",
    "/-/schema.md",
    "/-/jump.json?q=",
    "/-/jump.json?q=vault",
    "/-/queries.json",
    "/safe/-/queries",
    "/-/config",
    "/-/config.json",
    "/-/allowed.json?action=view-table",
    "/safe/pub/-/fragment",
    "/safe/pub.json?_extra=expandable_columns,display_columns,suggested_facets,metadata,renderers,form_hidden_args",
]
REFUSED = [
    "/safe/vault",
    "/safe/vault.json",
    "/safe/vault.csv?_stream=on",
    "/safe/Vault/1.json",
    "/safe/vault/1",
    "/safe/vault/1.blob?_blob_column=word",
    "/safe/vault/99.json",
    "/safe/vault/-/schema.json",
    "/safe/vault/-/fragment",
    "/safe/vault/-/autocomplete?q=H",
    "/safe/vault_fts.json",
    "/safe/vault_fts_data.json",
    "/safe/vault_fts_idx.json",
    "/safe/peek.json",
    "/safe/kids.json",
    "/safe/hushquery.json",
    "/safe/hushquery/-/definition",
    "/safe/-/query.json?sql=select+*+from+vault",
    "/safe/-/query.csv?sql=select+*+from+vault",
    "/safe/pub.json?_where=sec_id+in+(select+id+from+vault)",
    '/safe/pub.json?_through={"table":"vault","column":"word","value":"HUSHWORD"}',
    '/safe/pub.json?_through={"table":"kids","column":"note","value":"HUSHNOTE"}',
    "/-/debug/autocomplete?database=safe&table=vault",
    "/-/rules.json?action=view-table",
    "/-/check.json?action=view-table&parent=safe&child=vault",
]
_HUSH = re.compile(r"HUSH[A-Z]*")


@pytest.fixture
async def safe(tmp_path):
    path = tmp_path / "safe.db"
    conn = sqlite3.connect(path)
    conn.executescript(SCHEMA)
    conn.close()
    instance = Datasette([str(path)], config=CONFIG, secret="a-secret-that-nobody-logs")
    yield instance
    instance.close()


@pytest.mark.parametrize("page", PAGES)
async def test_pages_that_a_stranger_may_see(safe, page):
    # Somebody who may see everything was there before: nothing of his answer is left.
    await safe.client.get(page, actor={"id": "root"})
    for _ in range(2):
        response = await safe.client.get(page)
        assert response.status_code == 200
        # The configuration is public, except for what is called a secret in it.
        assert not (re.findall("HUSHKEY|HUSHDSN", response.text) if "config" in page else _HUSH.findall(response.text))
    await safe.client.get(page, actor={"id": "root"})


@pytest.mark.parametrize("page", REFUSED)
async def test_pages_that_a_stranger_may_not_see(safe, page):
    await safe.client.get(page, actor={"id": "root"})
    for actor in (None, {"id": "other"}, {"id": "rootx"}, {"id": ["x"]}, {"ids": "root"}):
        response = await safe.client.get(page, actor=actor)
        assert response.status_code == 403, response.text
        assert not _HUSH.findall(response.text)


async def test_answers_are_kept_apart(safe):
    """By host, scheme, prefix, and whoever asks: a cookie or a token that says nothing is still not nobody."""
    path, query = b"/safe/pub.json", b"_size=1"
    first = await raw_request(safe, path, query)
    assert b'"next_url":"http://localhost/' in first.body
    other = await raw_request(safe, path, query, headers=[(b"x-forwarded-host", b"evil.example")])
    assert b"evil.example" not in other.body
    secure = await raw_request(safe, path, query, scheme="https")
    assert b'"next_url":"https://localhost/' in secure.body
    assert (await raw_request(safe, path, query)).body == first.body
    for name, value in ((b"cookie", b"x=1"), (b"authorization", b"Basic eA==")):
        personal = await raw_request(safe, path, query, headers=[(name, value)])
        assert personal.header("cache-control") == "private, no-store"
    assert (await raw_request(safe, path, query)).header("cache-control") == "max-age=5"
    kept = safe.site.state["answers"]
    assert kept.hits > 0


@pytest.mark.parametrize(
    "cookie",
    [
        "x",
        "e30.x",
        "eyJhIjp7ImlkIjoicm9vdCJ9fQ",
        "eyJhIjp7ImlkIjoicm9vdCJ9fQ.",
        "." * 5000,
        '"\\"\\000"',
        "\udcff".encode("utf-8", "surrogateescape").decode("latin-1"),
    ],
)
async def test_forged_cookies_are_nobody(safe, cookie):
    response = await raw_request(safe, b"/-/actor.json", headers=[(b"cookie", b"ds_actor=" + cookie.encode("latin-1"))])
    assert (response.status, response.body.replace(b" ", b"")) == (200, b'{"ok":true,"actor":null}')


async def test_a_cookie_of_another_purpose_or_secret_is_nobody(safe):
    other = Datasette([], secret="another")
    for value in (
        safe.sign({"a": {"id": "root"}}, "messages"),
        safe.sign({"a": {"id": "root"}}),
        other.sign({"a": {"id": "root"}}, "actor"),
        safe.sign({"a": {"id": "root"}, "e": "1"}, "actor"),
        safe.sign({"a": "root"}, "actor"),
        safe.sign(["root"], "actor"),
    ):
        assert (await safe.client.get("/-/actor.json", cookies={"ds_actor": value})).json()["actor"] is None
    other.close()


async def test_secrets_stand_in_no_log_and_on_no_page(safe, caplog):
    caplog.set_level(logging.DEBUG)
    token = "dstok_" + safe.sign({"a": "root", "t": 1}, "token") + "HUSHTAIL"
    cookie = safe.sign({"a": {"id": "root"}}, "actor")
    for page in ("/-/actor.json", "/safe/vault", "/nope", "/safe/-/query.json?sql=selec"):
        for headers in ({"authorization": f"Bearer {token}"}, {"cookie": f"ds_actor={cookie}"}):
            response = await safe.client.get(page, headers=headers)
            for secret in (token, cookie, "a-secret-that-nobody-logs", "HUSHKEY"):
                assert secret not in response.text
                assert secret not in caplog.text


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (b"//evil.example/", b""),
        (b"/\\evil.example/", b""),
        (b"/%5cevil.example/", b""),
        (b"/%0d%0aX-Injected:1/", b""),
        (b"/nope/", b"a=%0d%0aX-Injected: 1"),
        (b"/nope/", b"\r\nX-Injected: 1"),
        (b"//evil.example%2f..", b""),
        (b"/safe/pub", b"_filter_column=name&_filter_op=exact&_filter_value=%0d%0aX-Injected:1"),
        (b"//evil.example//safe/pub", b"_sort_by_desc=1&_sort=id"),
        (b"/:memory://evil.example", b""),
        (b"/safe", b"sql=select+1%0d%0aX-Injected:1"),
        (b"/safe/pub.csv", b"_dl=on&x=%0d%0aX-Injected:1"),
    ],
)
async def test_redirects_stay_here_and_headers_whole(safe, path, query):
    response = await raw_request(safe, path, query)
    location = response.header("location")
    if location is not None:
        assert re.match(r"/[^/\\]", location), location
        assert not location.startswith("http://evil")
    for name, value in response.headers:
        assert b"\r" not in name + value
        assert b"\n" not in name + value
        assert name.lower() != b"x-injected"


@pytest.mark.parametrize(
    "page",
    [
        "/safe/{}",
        "/safe/{}?_facet=id",
        "/safe/{}?_sort=nope",
        "/safe/{}/1",
        "/safe/{}/2",
        "/safe/{}/-/schema",
        "/safe/{}.csv?_trace=1",
        "/nope/{}",
        "/safe/pub?name={}",
        "/safe/pub?name__{}=1",
        "/safe/pub?{}=1",
        "/safe/pub?_next={}",
        "/safe/pub?_sort={}",
        "/safe/pub?_search={}",
        "/safe/pub?_facet={}",
        "/safe/pub?_through={}",
        "/safe/-/query?sql={}",
        "/safe/-/query?sql=select+:x&x={}",
        "/safe/-/query?sql=select+'{}'+as+[{}]",
        "/-/jump?q={}",
        "/-/queries?q={}",
        "/-/allow-debug?actor={}&allow={}",
        "/-/allowed?action={}",
        "/-/check?action={}",
        "/-/debug/autocomplete?database={}&table={}",
        "/safe/pub/1?_x={}",
    ],
)
async def test_hostile_text_is_escaped(safe, page):
    name = "~3Cscript~3Ealert~281~29~3C~2Fscript~3E"
    hostile = quote("<script>alert(1)</script>\"><img src=x onerror=alert(1)>'")
    url = page.format(name) if "/{}" in page else page.replace("{}", hostile)
    response = await safe.client.get(url, actor={"id": "root"})
    assert response.status_code < 500
    if "html" in response.headers["content-type"]:
        for raw in ("<script>alert(1)", "<img src=x", "<b onclick"):
            assert raw not in response.text, response.text[response.text.index(raw) - 200 :][:300]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://localhost.evil.example"},
        {"origin": "http://localhost@evil.example"},
        {"origin": "http://localhost:8001"},
        {"sec-fetch-site": "cross-site", "authorization": "Bearer x", "cookie": "ds_actor=x"},
    ],
)
async def test_posts_from_elsewhere_are_refused(safe, headers):
    response = await safe.client.post("/-/messages", data={"message": "x", "message_type": "INFO"}, headers=headers)
    assert response.status_code == 403
    assert "set-cookie" not in response.headers


async def test_no_address_takes_a_post_from_elsewhere(safe):
    """Nor one that puts, patches or deletes, whoever it is from."""
    for route in (*built_in_routes(), *FILE_ROUTES, *REPLICATION_ROUTES):
        path = re.sub(r"{\w+\*?}", "x", route.pattern.partition("(")[0])
        for method in {"POST", *route.methods} - {"GET", "*"}:
            answer = await safe.client.request(
                method, path, actor={"id": "root"}, headers={"sec-fetch-site": "cross-site"}, json={}
            )
            assert answer.status_code == 403, (method, path)
            assert "Form origin check failed" in answer.text, (method, path)
