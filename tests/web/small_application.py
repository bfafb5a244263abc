"""An application with small handlers in place of pages, and its fixtures."""

import asyncio

import pytest

from vitrina.errors import (
    TokenInvalid,
)
from vitrina.http.app import Application
from vitrina.http.client import InProcessClient
from vitrina.http.file_response import FileResponse
from vitrina.http.inside import in_client
from vitrina.http.messages import add_message
from vitrina.http.ports import Ports
from vitrina.http.response import Response
from vitrina.http.router import Route, Router
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
