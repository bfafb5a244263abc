"""Methods, headers, redirects and prefixes, with small handlers in place of pages."""

import asyncio
import re

import pytest
from small_application import HTML, TEXT, fetch, raw

from vitrina.errors import (
    Forbidden,
    NotFound,
)
from vitrina.http.ports import Ports

# -- methods


@pytest.mark.parametrize(
    ("method", "path", "status", "content_type", "allow", "body"),
    [
        ("OPTIONS", "/", 200, TEXT, None, "ok"),
        ("OPTIONS", "/db.json", 200, TEXT, "HEAD, GET", "ok"),
        ("PUT", "/", 405, TEXT, None, "Method not allowed"),
        ("POST", "/db", 405, TEXT, None, "Method not allowed"),
        ("PATCH", "/-/settings", 405, TEXT, None, "Method not allowed"),
        ("POST", "/db/t.json", 405, TEXT, None, "Method not allowed"),
        ("GET", "/db/t/-/insert", 405, TEXT, None, "Method not allowed"),
    ],
)
def test_methods(make, method, path, status, content_type, allow, body):
    response = fetch(make(), path, method)
    assert (response.status_code, response.headers["content-type"]) == (status, content_type)
    assert response.headers.get("allow") == allow
    assert response.text == body


@pytest.mark.parametrize(("path", "headers"), [("/db.json", {}), ("/db", {"Content-Type": "application/json"})])
def test_method_not_allowed_in_json(make, path, headers):
    response = fetch(make(), path, "DELETE", headers=headers)
    assert response.status_code == 405
    assert response.json() == {
        "ok": False,
        "error": "Method not allowed",
        "errors": ["Method not allowed"],
        "status": 405,
    }


@pytest.mark.parametrize("method", ["PUT", "OPTIONS", "DELETE", "PATCH"])
def test_any_method_is_a_read_of_a_table(make, method):
    assert fetch(make(), "/db/t.json", method).json()["vars"]["table"] == "t"


@pytest.mark.parametrize("path", ["/", "/db/t.json", "/-/stream", "/assets/hello.txt", "/data.db", "/nope/a/b/c"])
def test_head_has_the_headers_of_get_and_no_body(make, path):
    client = make()
    head, get = fetch(client, path, "HEAD"), fetch(client, path)
    assert head.content == b""
    assert head.status_code == get.status_code
    assert head.headers == get.headers


# -- headers


def test_anonymous_answers_may_be_kept(make):
    headers = fetch(make(), "/").headers
    assert headers["cache-control"] == "max-age=5"
    assert headers["vary"] == "Cookie, Authorization"
    assert headers["content-length"]


@pytest.mark.parametrize("sent", [{"Cookie": "a=b"}, {"Authorization": "Basic x"}, {"Authorization": "Bearer good"}])
@pytest.mark.parametrize("path", ["/", "/nope/a/b/c", "/db/"])
def test_personal_answers_may_not_be_kept(make, sent, path):
    response = fetch(make(), path, headers=sent)
    assert response.headers["cache-control"] == "private, no-store"
    assert response.headers["vary"] == "Cookie, Authorization"


def test_answers_that_set_a_cookie_may_not_be_kept(make):
    client = make(ports=Ports(sign_messages=lambda value: f"signed-{value[0][0]}"))
    response = fetch(client, "/-/note")
    assert response.headers["set-cookie"] == "ds_messages=signed-Hello; Path=/; SameSite=lax"
    assert response.headers["cache-control"] == "private, no-store"


def test_messages_that_nobody_saw_are_kept_when_more_come(make):
    ports = Ports(
        sign_messages=lambda value: "-".join(text for text, _ in value), unsign_messages=lambda text: [[text, 1]]
    )
    response = fetch(make(ports=ports), "/-/note", cookies={"ds_messages": "Earlier"})
    assert response.headers["set-cookie"] == "ds_messages=Earlier-Hello; Path=/; SameSite=lax"
    many = Ports(sign_messages=lambda value: str(len(value)), unsign_messages=lambda text: [["old", 1]] * 500)
    assert fetch(make(ports=many), "/-/note", cookies={"ds_messages": "x"}).cookies["ds_messages"] == "20"


def test_messages_are_brought_and_cleared(make):
    client = make(ports=Ports(unsign_messages=lambda text: [[text, 1]]))
    response = fetch(client, "/-/shown", cookies={"ds_messages": "x"})
    assert response.json() == [["x", 1]]
    assert re.match('ds_messages=""; expires=.*; Max-Age=0; Path=/; SameSite=lax', response.headers["set-cookie"])


def test_cors_on_pages_and_errors_only(make, site):
    client = make(cors=True)
    site.failures = {"denied": Forbidden("view-table"), "broken": ValueError("boom")}
    expected = {
        "/": True,
        "/db/denied.json": True,
        "/db/denied": False,
        "/db/broken": True,
        "/nope/a/b/c": True,
        "/db/": False,
        "/-": False,
        "/assets/hello.txt": False,
        "/assets/nope": False,
        "/data.db": True,
    }
    for path, has_cors in expected.items():
        assert ("access-control-allow-origin" in fetch(client, path).headers) is has_cors, path
    headers = fetch(client, "/", "OPTIONS").headers
    assert headers["access-control-allow-methods"] == "GET, POST, HEAD, OPTIONS"
    assert headers["access-control-allow-headers"] == "Authorization, Content-Type"
    assert headers["access-control-expose-headers"] == "Link"
    assert headers["access-control-max-age"] == "3600"


# -- redirects


@pytest.mark.parametrize(
    ("path", "status", "location", "content_type"),
    [
        ("/db/", 302, "/db", HTML),
        ("/db/t/?a=%20/", 302, "/db/t?a=%20/", HTML),
        ("/db/t///", 302, "/db/t", HTML),
        ("/-/settings/", 302, "/-/settings", HTML),
        ("/-", 301, "/-/", "text/plain"),
        ("/:memory:/x?y=1", 301, "/_memory/x?y=1", "text/plain"),
        ("//evil.example/", 302, "/evil.example", HTML),
        ("/\\evil.example/", 302, "/evil.example", HTML),
        ("/%2F%2Fevil.example%2F", 302, "/~2F~2Fevil~2Eexample~2F", HTML),
        ("/x/y/z/a~b%00c.json/?q", 302, "/x/y/z/a~7Eb~00c~2Ejson/?q", HTML),
    ],
)
def test_redirects(make, path, status, location, content_type):
    sent = asyncio.run(raw(make(), path))
    headers = dict(sent[0]["headers"])
    assert (sent[0]["status"], headers[b"Location"].decode()) == (status, location)
    assert headers[b"content-type"].decode() == content_type
    assert headers[b"vary"] == b"Cookie, Authorization"


def test_a_missing_name_with_percent_escapes_is_sent_to_its_tilde_form(make, site):
    site.failures = {"a%20b": NotFound("Table not found")}
    response = fetch(make(), "/db/a%20b.json?x=1")
    assert (response.status_code, response.headers["location"]) == (302, "/db/a~20b~2Ejson?x=1")


@pytest.mark.parametrize("path", ["//", "//db", "/db//t", "*", "/" + "a/" * 3000 + "b"])
def test_hostile_paths_are_not_found(make, path):
    assert asyncio.run(raw(make(), path))[0]["status"] == 404


# -- base_url


def test_base_url(make):
    client = make(base_url="/col/")
    assert fetch(client, "/db/t.json").json()["path"] == "/col/db/t.json"
    assert fetch(client, "http://localhost/db/t.json").json()["path"] == "/db/t.json"
    assert fetch(client, "/db/").headers["location"] == "/col/db"
    assert fetch(client, "/-").headers["location"] == "/col/-/"
    assert fetch(client, "/x/y/z/%20").headers["location"] == "/col/x/y/z/~20"
    assert fetch(client, "/assets/hello.txt").text == "hello"
