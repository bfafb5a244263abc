"""Requests, cookies, headers and responses, without an application."""

import asyncio
import json
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrina.errors import BadRequest, PayloadTooLarge
from vitrina.http.cookies import parse_cookies, set_cookie_line
from vitrina.http.csrf import csrf_refusal
from vitrina.http.file_response import parse_range
from vitrina.http.header_text import attachment, clean_header_value, location_value
from vitrina.http.multi_params import MultiParams, parse_pairs
from vitrina.http.request import MAX_BODY_KEY, Request
from vitrina.http.response import Response


def request_with(body=b"", headers=(), chunk=3, method="POST", scheme="http"):
    pieces = [body[i : i + chunk] for i in range(0, len(body), chunk)] or [b""]

    async def receive():
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    request = Request.fake("/x", method=method, scheme=scheme)
    request.scope["headers"] = [(b"host", b"localhost"), *headers]
    request.receive = receive
    return request


def test_fake():
    request = Request.fake("/a%20b?x=é&y", url_vars={"k": "v"})
    assert (request.path, request.route_path, request.query_string) == ("/a%20b", "/a%20b", "x=é&y")
    assert request.url == "http://localhost/a%20b?x=é&y"
    assert request.pairs == (("x", "é"), ("y", ""))
    assert request.url_vars == {"k": "v"}
    assert request.actor is None
    assert repr(Request.fake("/x?a=1")) == '<asgi.Request method="GET" url="http://localhost/x?a=1">'


def test_path_without_raw_path_is_encoded_again():
    request = Request.fake("/")
    request.scope["path"] = "/a b/ü\n%"
    del request.scope["raw_path"]
    assert request.path == "/a%20b/%C3%BC%0A%25"


def test_headers_ignore_case():
    request = request_with(headers=[(b"x-a", b"1"), (b"x-a", b"2")])
    assert request.headers["X-A"] == request.headers.get("x-A") == "2"
    assert "X-a" in request.headers and "y" not in request.headers
    assert list(request.headers) == ["host", "x-a"]


def test_multi_params():
    params = MultiParams([("a", "1"), ("b", ""), ("a", "2")])
    assert params["a"] == "1" and params.getlist("a") == ["1", "2"] and params.getlist("c") == []
    assert params.get("c", "d") == "d" and len(params) == 2 and list(params) == ["a", "b"] and "a" in params
    with pytest.raises(KeyError):
        params["c"]
    with pytest.raises(AssertionError, match="key => "):
        MultiParams({"a": "1"})


@given(st.text(alphabet="ab=&%+ 2F0é;", max_size=30))
def test_pairs_are_those_of_the_standard_library(text):
    assert list(parse_pairs(text)) == parse_qsl(text, keep_blank_values=True)


def test_a_million_characters_of_query_string():
    request = Request.fake("/x?" + "%zz&=" * 200_000)
    assert len(request.pairs) == 200_001
    assert request.args["%zz"] == ""


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("a=1; b=2", {"a": "1", "b": "2"}),
        ('a="x y\\073"; g; =v; a=2; c=d=e', {"a": "x y;", "c": "d=e"}),
        ("", {}),
    ],
)
def test_cookies(header, expected):
    assert parse_cookies(header) == expected


@given(st.text(max_size=20))
def test_cookie_values_survive(value):
    value = "".join(c for c in value if 32 <= ord(c) < 256 and not 127 <= ord(c) < 160)
    line = set_cookie_line("k", value)
    assert parse_cookies(line.partition("; ")[0]) == {"k": value}
    assert line.isprintable()


def test_set_cookie_attributes():
    line = set_cookie_line("a", "b", max_age=5, domain="x.y", secure=True, httponly=True, samesite="strict")
    assert line == "a=b; Domain=x.y; HttpOnly; Max-Age=5; Path=/; SameSite=strict; Secure"
    assert set_cookie_line("k") == 'k=""; Path=/; SameSite=lax'
    assert "expires=" in set_cookie_line("k", expires=0, max_age=0)
    with pytest.raises(AssertionError, match="samesite should be one of"):
        set_cookie_line("k", samesite="x")


@pytest.mark.parametrize(
    ("headers", "limit"), [([], 5), ([(b"content-length", b"6")], 5), ([(b"content-length", b"9" * 40)], 5)]
)
def test_bodies_over_the_limit(headers, limit):
    request = request_with(b"abcdef", headers)
    request.scope[MAX_BODY_KEY] = limit
    with pytest.raises(PayloadTooLarge, match="Request body exceeded maximum size of 5 bytes"):
        asyncio.run(request.post_body())


def test_body_is_read_once_and_kept():
    request = request_with(b'{"a": [1]}')
    assert asyncio.run(request.post_body(0)) == b'{"a": [1]}'
    assert asyncio.run(request.json()) == {"a": [1]}


def test_a_client_that_goes_away():
    async def receive():
        return {"type": "http.disconnect"}

    request = request_with()
    request.receive = receive
    with pytest.raises(BadRequest, match="disconnected"):
        asyncio.run(request.post_body())


@pytest.mark.parametrize("body", [b"{bad", b"", b"\xff", b"[" * 100_000])
def test_json_that_is_not(body):
    with pytest.raises(BadRequest) as caught:
        asyncio.run(request_with(body, chunk=1000).json())
    assert isinstance(caught.value, json.JSONDecodeError) and caught.value.lineno == 1


def test_post_vars_take_the_last_value():
    assert asyncio.run(request_with(b"a=1&a=2&b=&c").post_vars()) == {"a": "2", "b": "", "c": ""}


def send_response(response):
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(response.asgi_send(send))
    return sent[0]["status"], dict(sent[0]["headers"]), b"".join(m.get("body", b"") for m in sent[1:])


def test_responses():
    assert send_response(Response.text(5, headers={"X-A": "b"}))[1] == {
        b"X-A": b"b",
        b"content-type": b"text/plain; charset=utf-8",
    }
    assert send_response(Response.json({"é": [1, None]}))[2] == b'{"\\u00e9": [1, null]}'
    status, _, body = send_response(Response.error(["a", "b"], 418))
    assert (status, json.loads(body)) == (418, {"ok": False, "error": "a; b", "errors": ["a", "b"], "status": 418})
    assert send_response(Response(None, 204))[2] == b""


def test_headers_cannot_be_injected():
    response = Response.redirect("/x\r\nEvil: 1 ü")
    response.headers["X"] = "a\r\nB: c"
    response.set_cookie("k", "v", path="/\r\nEvil: 1")
    _, headers, _ = send_response(response)
    assert headers[b"Location"] == b"/x%0D%0AEvil: 1 %C3%BC"
    assert headers[b"X"] == b"aB: c"
    assert not any(b"\n" in value or b"\r" in value for value in headers.values())


@given(st.text())
def test_header_text_never_holds_control_characters(text):
    for made in (
        clean_header_value(text),
        location_value(text.encode("utf-8", "ignore").decode()),
        attachment(text.encode("utf-8", "ignore").decode()),
    ):
        assert not any(ord(c) < 32 or ord(c) == 127 for c in made)


def test_attachment():
    assert attachment('a"b.csv') == 'attachment; filename="a\\"b.csv"'
    assert attachment("ü.csv") == "attachment; filename=\"?.csv\"; filename*=utf-8''%C3%BC.csv"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-3", (0, 4)),
        ("bytes=5-", (5, 5)),
        ("bytes=-3", (7, 3)),
        ("bytes=-99", (0, 10)),
        ("bytes=8-99", (8, 2)),
        ("bytes=10-", (10, 0)),
        ("bytes=-0", (10, 0)),
        ("bytes=0-1,3-4", None),
        ("bytes=a-b", None),
        ("bytes=4-2", None),
        ("bytes=-", None),
        ("lines=0-1", None),
        ("bytes", None),
        ("bytes=" + "9" * 50 + "-", None),
    ],
)
def test_ranges(header, expected):
    assert parse_range(header, 10) == expected


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"origin": "http://localhost"}, True),
        ({"origin": "http://localhost:80"}, True),
        ({"origin": "https://localhost"}, False),
        ({"origin": "http://localhost:81"}, False),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://localhost:x"}, False),
        ({"origin": ""}, True),
        ({"sec-fetch-site": ""}, True),
        ({"sec-fetch-site": "", "origin": "https://evil.example"}, False),
        ({"sec-fetch-site": "Same-Origin"}, False),
        ({"authorization": "Bearer x", "sec-fetch-site": "cross-site"}, True),
        ({"authorization": "Bearer x", "cookie": "a=b", "sec-fetch-site": "cross-site"}, False),
        ({"authorization": "Basic x", "sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-origin", "origin": "https://evil.example"}, True),
    ],
)
def test_csrf(headers, passes):
    lines = [(name.encode(), value.encode()) for name, value in headers.items()]
    assert (csrf_refusal(request_with(headers=lines)) is None) is passes
    assert csrf_refusal(request_with(headers=lines, method="GET")) is None


def test_csrf_behind_https():
    request = request_with(headers=[(b"origin", b"https://localhost")])
    assert csrf_refusal(request, force_https=True) is None
    assert csrf_refusal(request) is not None
