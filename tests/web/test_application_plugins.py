"""Plugins' views and wrappers, forms from elsewhere, start and stop, kept answers, the client."""

import asyncio
import re

import pytest
from small_application import HTML, fetch

from vitrina.errors import (
    Forbidden,
    NotFound,
)
from vitrina.http.inside import in_client
from vitrina.http.ports import Answer, Ports
from vitrina.http.response import Response
from vitrina.http.router import PluginRoute

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


def test_a_server_is_told_that_the_start_failed(make):
    sent = []

    async def startup():
        raise LookupError("no such sail")

    async def receive():
        return {"type": "lifespan.startup"}

    async def send(message):
        sent.append(message)

    client = make(ports=Ports(startup=startup))
    with pytest.raises(LookupError):
        asyncio.run(client._app()({"type": "lifespan"}, receive, send))
    assert sent == [{"type": "lifespan.startup.failed", "message": "no such sail"}]


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
