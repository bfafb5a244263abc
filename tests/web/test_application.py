"""The ASGI application with small handlers in place of pages."""

import asyncio
import hashlib
import re

import pytest

from vitrina.engine.protocols import CatalogChanged
from vitrina.errors import (
    BadRequest,
    EngineError,
    Forbidden,
    MethodNotAllowed,
    NotFound,
    TokenInvalid,
    Unavailable,
)
from vitrina.http.app import Application
from vitrina.http.client import InProcessClient
from vitrina.http.file_response import FileResponse
from vitrina.http.inside import in_client
from vitrina.http.messages import add_message
from vitrina.http.ports import Answer, Ports
from vitrina.http.response import Response
from vitrina.http.router import PluginRoute, Route, Router
from vitrina.http.static import StaticFiles, static_handler
from vitrina.http.streaming import AsgiStream
from vitrina.http.urls import Urls

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"


class Site:
    """What handlers get: here the failures they should raise, by table name."""

    def __init__(self):
        self.failures = {}
        self.calls = 0


async def page(site, request):
    site.calls += 1
    failure = site.failures.get(request.url_vars.get("table"))
    if failure is not None:
        raise failure
    body = {"vars": request.url_vars, "actor": request.actor, "client": in_client(), "path": request.path}
    return Response.json(body, headers={"cache-control": "max-age=5"})


async def table(site, request):
    if request.method == "POST":
        return Response.text("Method not allowed", 405)
    return await page(site, request)


async def stream(site, request):
    async def write(writer):
        await writer.write("a,b\n")
        await writer.write(b"1,2\n")

    return AsgiStream(write, content_type=TEXT)


async def note(site, request):
    add_message(request, "Hello", 2)
    return Response.redirect("/")


async def shown(site, request):
    request.state["messages_shown"] = True
    return Response.json(request.state.get("messages"))


async def echo(site, request):
    return Response.text(len(await request.post_body()))


def routes(static, download):
    async def send_file(site, request):
        return FileResponse(download, etag="abc")

    return [
        Route("home", "/", page),
        Route("static", "/assets/{path*}", static_handler(static), methods=("*",), bare=True),
        Route("stream", "/-/stream", stream),
        Route("note", "/-/note", note, methods=("GET", "POST")),
        Route("shown", "/-/shown", shown),
        Route("echo", "/-/echo", echo, methods=("POST",)),
        Route("settings", "/-/settings(.json)", page),
        Route("file", "/{database}.db", send_file),
        Route("database", "/{database}(.*)", page, allow=True),
        Route("table", "/{database}/{table}(.*)", table, methods=("*",)),
        Route("insert", "/{database}/{table}/-/insert", page, methods=("POST",), json_errors=True),
    ]


async def authenticate(request):
    header = request.header(b"authorization")
    if header == "Bearer bad":
        raise TokenInvalid("Token has expired")
    return {"id": "root"} if header == "Bearer good" else None


@pytest.fixture
def site():
    return Site()


@pytest.fixture
def files(tmp_path):
    root = tmp_path / "assets"
    (root / "sub").mkdir(parents=True)
    (root / "hello.txt").write_text("hello")
    (root / "sp ace.txt").write_text("space")
    (root / "large.bin").write_bytes(b"x" * 2_000_000)
    (tmp_path / "secret.txt").write_text("secret")
    (root / "link").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "data.db").write_bytes(bytes(range(256)) * 4)
    return tmp_path


@pytest.fixture
def make(site, files):
    def build(*, plugin_routes=(), base_url="/", **options):
        ports = options.pop("ports", None) or Ports()
        if ports.authenticate is Ports().authenticate:
            ports.authenticate = authenticate
        router = Router(routes(StaticFiles(files / "assets"), files / "data.db"), plugin_routes)
        app = Application(router, site, ports, base_url=base_url, **options)
        return InProcessClient(lambda: app, urls=Urls(base_url), actor_cookie=lambda actor: actor["id"])

    return build


def fetch(client, path, method="GET", **kwargs):
    return asyncio.run(client.request(method, path, **kwargs))


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


async def raw(client, path, method="GET", headers=()):
    """Call the application with a path that no client would send, and return its messages."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": b""}

    async def send(message):
        sent.append(message)

    raw_path, _, query_string = path.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "scheme": "http",
        "path": raw_path,
        "raw_path": raw_path.encode("latin-1"),
        "query_string": query_string.encode("latin-1"),
        "headers": [(b"host", b"localhost"), *headers],
    }
    await client._app()(scope, receive, send)
    return sent


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


# -- errors


@pytest.mark.parametrize(
    ("failure", "status", "message"),
    [
        (BadRequest("Invalid _size"), 400, "Invalid _size"),
        (NotFound("Table not found"), 404, "Table not found"),
        (EngineError("disk I/O error"), 500, "disk I/O error"),
        (ValueError("boom <b>"), 500, "boom <b>"),
    ],
)
def test_errors_follow_the_extension(make, site, failure, status, message):
    site.failures = {"t": failure}
    client = make()
    answer = {"ok": False, "error": message, "errors": [message], "status": status}
    as_json, as_csv, as_html = (fetch(client, f"/db/t{extension}") for extension in (".json", ".csv", ""))
    assert (as_json.status_code, as_json.headers["content-type"], as_json.json()) == (status, JSON, answer)
    assert (as_csv.status_code, as_csv.headers["content-type"], as_csv.text) == (status, TEXT, message)
    assert (as_html.status_code, as_html.headers["content-type"]) == (status, HTML)
    assert message.replace("<b>", "&lt;b&gt;") in as_html.text
    assert "Traceback" not in as_html.text
    assert fetch(client, "/db/t/-/insert", "POST").json() == answer


def test_extra_keys_headers_and_hint(make, site):
    site.failures = {"t": BadRequest(["a", "b"], extra={"rows": []}, headers={"X-A": "1"}, hint="Do this")}
    response = fetch(make(), "/db/t.json")
    assert response.json() == {"ok": False, "error": "a; b", "errors": ["a", "b"], "status": 400, "rows": []}
    assert response.headers["x-a"] == "1"


def test_unexpected_errors_are_logged_with_their_traceback(make, site, caplog):
    site.failures = {"t": ValueError("boom")}
    fetch(make(), "/db/t.json")
    assert "Traceback" in caplog.text and "GET /db/t.json failed" in caplog.text


@pytest.mark.parametrize(
    ("path", "headers", "content_type"),
    [
        ("/db/t.json", {}, JSON),
        ("/db/t", {"Accept": "text/html, application/json"}, JSON),
        ("/db/t", {"Content-Type": "application/json"}, JSON),
        ("/db/t", {}, HTML),
        ("/db/t.csv", {}, HTML),
    ],
)
def test_forbidden(make, site, path, headers, content_type):
    site.failures = {"t": Forbidden("view-table")}
    response = fetch(make(), path, headers=headers)
    assert (response.status_code, response.headers["content-type"]) == (403, content_type)
    assert "view-table" in response.text


@pytest.mark.parametrize("path", ["/db/t", "/assets/hello.txt", "/nope/a/b/c"])
def test_invalid_tokens_are_told_in_json_everywhere(make, path):
    response = fetch(make(), path, headers={"Authorization": "Bearer bad"})
    assert (response.status_code, response.headers["content-type"]) == (401, JSON)
    assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert response.json()["error"] == "Token has expired"
    assert response.headers["cache-control"] == "private, no-store"


def test_unavailable_says_when_to_come_back(make, site):
    site.failures = {"t": Unavailable("database is locked")}
    response = fetch(make(), "/db/t.json")
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")


def test_method_not_allowed_raised_by_a_handler(make, site):
    site.failures = {"t": MethodNotAllowed("")}
    assert fetch(make(), "/db/t").text == "Method not allowed"


def test_an_error_page_that_fails(make, site):
    async def render_error(request, status, context):
        raise KeyError("template")

    site.failures = {"t": NotFound("Table not found")}
    response = fetch(make(ports=Ports(render_error=render_error)), "/db/t")
    assert response.status_code == 404
    assert "Table not found" in response.text


def test_a_body_over_the_limit(make):
    client = make(max_post_body_bytes=10)
    response = fetch(client, "/-/echo", "POST", content=b"x" * 11)
    assert response.status_code == 413
    assert "Request body exceeded maximum size of 10 bytes" in response.text
    assert fetch(client, "/-/echo", "POST", content=b"x" * 10).text == "10"


def test_the_handler_runs_again_when_the_schema_changed(make, site):
    class Once(dict):
        def get(self, key, default=None):
            return CatalogChanged() if site.calls < 3 else None

    site.failures = Once()
    assert fetch(make(), "/db/t.json").status_code == 200
    assert site.calls == 3
    site.failures = {"t": CatalogChanged("changing all the time")}
    assert fetch(make(), "/db/t.json").status_code == 500


# -- what plugins and owners put in the way


async def own_page(request):
    if request.path == "/gone":
        raise NotFound("This page is gone")
    return Response.html("custom") if request.path == "/about" else None


async def explain(request, error):
    return Response.text(f"explained {error}", 499) if "boom" in str(error) else None


async def deny(request, message):
    return Response.redirect("/-/login")


def test_custom_pages_and_hooks(make, site):
    site.failures = {"denied": Forbidden("x"), "broken": ValueError("boom"), "other": ValueError("other")}
    site.failures[None] = NotFound("Database not found")
    client = make(cors=True, ports=Ports(custom_page=own_page, handle_exception=explain, forbidden=deny))
    assert fetch(client, "/about").text == "custom"
    assert "access-control-allow-origin" not in fetch(client, "/about").headers
    assert fetch(client, "/about/").headers["location"] == "/about"
    assert fetch(client, "/nothing").status_code == 404
    assert fetch(client, "/gone").status_code == 404
    assert "This page is gone" in fetch(client, "/gone").text
    assert fetch(client, "/db/broken").status_code == 499
    assert fetch(client, "/db/other").status_code == 500
    assert fetch(client, "/db/denied").headers["location"] == "/-/login"


async def call_view(view, request, send):
    return await view(request, send)


async def raw_view(request, send):
    await send(
        {
            "type": "http.response.start",
            "status": 201,
            "headers": [(b"Vary", b"Accept"), (b"Cache-Control", b"max-age=9")],
        }
    )
    await send({"type": "http.response.body", "body": b"raw"})


async def silent_view(request, send):
    return None


async def wrong_view(request, send):
    return "text"


async def late_failure(request, send):
    await raw_view(request, send)
    raise ValueError("too late")


@pytest.fixture
def with_plugins(make):
    views = {"raw": raw_view, "silent": silent_view, "wrong": wrong_view, "late": late_failure}
    plugin_routes = [PluginRoute(re.compile(f"^/-/{name}$"), view) for name, view in views.items()]
    return make(plugin_routes=plugin_routes, ports=Ports(call_view=call_view), cors=True)


def test_plugin_views(with_plugins):
    response = fetch(with_plugins, "/-/raw")
    assert (response.status_code, response.text) == (201, "raw")
    assert response.headers["vary"] == "Accept, Cookie, Authorization"
    assert response.headers["cache-control"] == "max-age=9"
    assert "access-control-allow-origin" not in response.headers
    assert fetch(with_plugins, "/-/raw", "HEAD").content == b""
    assert fetch(with_plugins, "/-/silent").status_code == 500
    assert "should return a Response, not str" in fetch(with_plugins, "/-/wrong").text


def test_a_failure_after_the_start_reaches_the_server(with_plugins):
    with pytest.raises(ValueError, match="too late"):
        fetch(with_plugins, "/-/late")


def test_wrappers_nest_with_the_last_outermost_and_see_the_lifespan(make):
    seen = []

    def wrapper(name):
        def wrap(app):
            async def wrapped(scope, receive, send):
                seen.append((name, scope["type"]))
                await app(scope, receive, send)

            return wrapped

        return wrap

    client = make(ports=Ports(wrappers=(wrapper("inner"), wrapper("outer"))))
    fetch(client, "/")
    assert seen == [("outer", "http"), ("inner", "http")]


def test_vary_star_stays(make):
    async def star(request, send):
        return Response.text("x", headers={"Vary": "*"})

    client = make(plugin_routes=[PluginRoute(re.compile("/star"), star)], ports=Ports(call_view=call_view))
    assert fetch(client, "/star").headers["vary"] == "*"


# -- forms from elsewhere


def test_forms_from_another_site_are_refused(make):
    response = fetch(make(cors=True), "/-/note", "POST", headers={"Sec-Fetch-Site": "cross-site"})
    assert (response.status_code, response.headers["content-type"]) == (403, HTML)
    assert "vary" not in response.headers
    assert "access-control-allow-origin" not in response.headers
    assert "cross-site" in response.text


# -- start and stop


def test_start_up_runs_once_before_the_first_request(make):
    seen = []

    async def startup():
        await asyncio.sleep(0)
        seen.append("startup")

    client = make(ports=Ports(startup=startup))

    async def several():
        await asyncio.gather(client.get("/"), client.get("/"))

    asyncio.run(several())
    assert seen == ["startup"]


def test_lifespan(make):
    seen = []

    async def startup():
        seen.append("startup")

    async def shutdown():
        seen.append("shutdown")

    client = make(ports=Ports(startup=startup, shutdown=shutdown))
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent = []

    async def run():
        async def receive():
            return messages.pop(0)

        async def send(message):
            sent.append(message["type"])

        await client._app()({"type": "lifespan"}, receive, send)

    asyncio.run(run())
    assert seen == ["startup", "shutdown"]
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_health(make):
    async def never(request):
        raise AssertionError("a health check asks nothing")

    response = fetch(make(ports=Ports(authenticate=never)), "/-/healthz")
    assert (response.status_code, response.text, response.headers["cache-control"]) == (200, "ok", "no-store")


# -- whole answers that are kept


def test_cached_answers_come_first_and_are_what_was_sent(make, site):
    kept = {}

    async def cached(scope, actor):
        return kept.get(scope["raw_path"])

    def remember(request, answer):
        kept[request.scope["raw_path"]] = answer

    client = make(ports=Ports(cached=cached, remember=remember), cors=True)
    first = fetch(client, "/db/t.json")
    again = fetch(client, "/db/t.json")
    assert site.calls == 1
    assert isinstance(kept[b"/db/t.json"], Answer)
    assert (first.content, first.headers) == (again.content, again.headers)
    head = fetch(client, "/db/t.json", "HEAD")
    assert head.content == b"" and head.headers == first.headers
    fetch(client, "/nope/a/b/c")
    fetch(client, "/-/stream")
    assert set(kept) == {b"/db/t.json"}


# -- the client


def test_client(make):
    client = make()
    assert fetch(client, "/").json()["client"] is True
    assert not in_client()
    with pytest.raises(TypeError):
        fetch(client, "/", actor={"id": "a"}, cookies={"ds_actor": "b"})
    with pytest.raises(TypeError):
        fetch(client, "/", actor={"id": "a"}, headers={"Cookie": "x=y; ds_actor=b"})
    assert fetch(client, "/", actor={"id": "a"}).request.headers["cookie"] == "ds_actor=a"


# -- static files and downloads


def test_static(make, files):
    client = make()
    response = fetch(client, "/assets/hello.txt")
    assert (response.text, response.headers["content-type"]) == ("hello", "text/plain")
    assert response.headers["etag"] == f'"{hashlib.md5(b"hello").hexdigest()}"'
    assert "vary" not in response.headers and "cache-control" not in response.headers
    fresh = hashlib.sha256(b"hello").hexdigest()[:12]
    hashed = fetch(client, f"/assets/hello.txt?_hash={fresh}")
    assert hashed.headers["cache-control"] == "max-age=31536000, immutable, public"
    assert "cache-control" not in fetch(client, "/assets/hello.txt?_hash=000000000000").headers
    same = fetch(client, "/assets/hello.txt", headers={"If-None-Match": response.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    assert fetch(client, "/assets/hello.txt", "POST").text == "hello"
    (files / "assets" / "hello.txt").write_text("changed")
    assert fetch(client, "/assets/hello.txt").text == "changed"
    assert len(fetch(client, "/assets/large.bin").content) == 2_000_000
    assert fetch(client, "/assets/sp%20ace.txt").text == "space"


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/assets/nope.txt", 404, "File not found"),
        ("/assets/", 403, "Directory listing is not allowed"),
        ("/assets/sub", 403, "Directory listing is not allowed"),
        ("/assets/../secret.txt", 404, "Path not inside root path"),
        ("/assets/..%2Fsecret.txt", 404, "File not found"),
        ("/assets/%2e%2e/secret.txt", 404, "File not found"),
        ("/assets/link", 404, "Path not inside root path"),
        ("/assets//etc/passwd", 404, "File not found"),
        ("/assets/%00", 404, "File not found"),
        ("/assets/\x00", 404, "File not found"),
        ("/assets/hello.txt/x", 404, "File not found"),
        ("/assets/" + "x" * 5000, 404, "File not found"),
    ],
)
def test_static_refusals(make, path, status, message):
    start, body = asyncio.run(raw(make(), path))
    headers = dict(start["headers"])
    assert (start["status"], body["body"].decode()) == (status, f"{status}: {message}")
    assert headers[b"content-type"] == HTML.encode()
    assert headers[b"vary"] == b"Cookie, Authorization"


DATA = bytes(range(256)) * 4


@pytest.mark.parametrize(
    ("headers", "status", "body", "content_range"),
    [
        ({}, 200, DATA, None),
        ({"Range": "bytes=0-3"}, 206, DATA[:4], "bytes 0-3/1024"),
        ({"Range": "bytes=-4"}, 206, DATA[-4:], "bytes 1020-1023/1024"),
        ({"Range": "bytes=5000-"}, 416, b"", "bytes */1024"),
        ({"Range": "bytes=0-1,5-6"}, 200, DATA, None),
        ({"Range": "bytes=0-3", "If-Range": '"abc"'}, 206, DATA[:4], "bytes 0-3/1024"),
        ({"Range": "bytes=0-3", "If-Range": '"old"'}, 200, DATA, None),
        ({"If-None-Match": '"abc"'}, 304, b"", None),
        ({"If-None-Match": '"old", W/"abc"'}, 304, b"", None),
    ],
)
def test_download(make, headers, status, body, content_range):
    response = fetch(make(), "/data.db", headers=headers)
    assert (response.status_code, response.content) == (status, body)
    assert response.headers.get("content-range") == content_range
    assert response.headers["etag"] == '"abc"'
    if status == 200:
        assert response.headers["transfer-encoding"] == "chunked"
        assert response.headers["content-disposition"] == 'attachment; filename="data.db"'
    elif status != 304:
        assert response.headers["content-length"] == str(len(body))


def test_a_file_that_is_gone_is_an_error(make, files):
    (files / "data.db").unlink()
    assert fetch(make(), "/data.db").status_code == 500
    assert fetch(make(), "/data.db", "HEAD").content == b""


def test_a_stream_stops_when_the_client_goes_away(site, files):
    written = []

    async def endless(site, request):
        async def write(writer):
            while True:
                written.append(1)
                await writer.write("x")
                await asyncio.sleep(0)

        return AsgiStream(write)

    app = Application(Router([Route("endless", "/", endless)]), site)

    async def run():
        async def receive():
            while len(written) < 5:
                await asyncio.sleep(0)
            return {"type": "http.disconnect"}

        async def send(message):
            pass

        scope = {"type": "http", "method": "GET", "path": "/", "raw_path": b"/", "query_string": b"", "headers": []}
        await asyncio.wait_for(app(scope, receive, send), 5)

    asyncio.run(run())
    assert 5 <= len(written) < 20
