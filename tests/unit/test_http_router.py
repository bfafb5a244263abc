"""Which route a path finds, and which variables it gets."""

import re

import pytest

from vitrina.http.router import Match, PluginRoute, Route, Router


async def handler(site, request):
    raise AssertionError("never called")


PATTERNS = {
    "home": "/",
    "home-json": "/.json",
    "home-dash": "/-/",
    "favicon": "/favicon.ico",
    "static": "/-/static/{path*}",
    "static-plugins": "/-/static-plugins/{plugin}/{path*}",
    "mount": "/assets/{path*}",
    "versions": "/-/versions(.json)",
    "autocomplete-debug": "/-/debug/autocomplete",
    "download": "/{database}.db",
    "database": "/{database}(.*)",
    "create": "/{database}/-/create",
    "query": "/{database}/-/query(.*)",
    "parameters": "/{database}/-/query/parameters",
    "definition": "/{database}/{query}/-/definition",
    "table": "/{database}/{table}(.*)",
    "row": "/{database}/{table}/{pks}(.*)",
    "insert": "/{database}/{table}/-/insert",
    "schema": "/{database}/{table}/-/schema(.json|.md)",
    "update": "/{database}/{table}/{pks}/-/update",
}


@pytest.fixture(scope="module")
def router():
    return Router([Route(name, pattern, handler) for name, pattern in PATTERNS.items()])


@pytest.mark.parametrize(
    ("path", "name", "url_vars"),
    [
        ("/", "home", {}),
        ("/.json", "home-json", {}),
        ("/-/", "home-dash", {}),
        ("/favicon.ico", "favicon", {}),
        ("/-/static/", "static", {"path": ""}),
        ("/-/static/a/b.css", "static", {"path": "a/b.css"}),
        ("/-/static", "table", {"database": "-", "table": "static", "format": None}),
        ("/-/static-plugins/x/y.js", "static-plugins", {"plugin": "x", "path": "y.js"}),
        ("/assets/../secret", "mount", {"path": "../secret"}),
        ("/-/versions", "versions", {"format": None}),
        ("/-/versions.json", "versions", {"format": "json"}),
        ("/-/versions.csv", "table", {"database": "-", "table": "versions", "format": "csv"}),
        ("/a.db", "download", {"database": "a"}),
        ("/a", "database", {"database": "a", "format": None}),
        ("/a.csv", "database", {"database": "a", "format": "csv"}),
        ("/a/-/create", "create", {"database": "a"}),
        ("/a/-/query", "query", {"database": "a", "format": None}),
        ("/a/-/query.geojson_2", "query", {"database": "a", "format": "geojson_2"}),
        ("/a/-/query/parameters", "parameters", {"database": "a"}),
        ("/a/q/-/definition", "definition", {"database": "a", "query": "q"}),
        ("/a/t~2Ex", "table", {"database": "a", "table": "t~2Ex", "format": None}),
        ("/a/t/1,2", "row", {"database": "a", "table": "t", "pks": "1,2", "format": None}),
        ("/a/t/1.5", "row", {"database": "a", "table": "t", "pks": "1", "format": "5"}),
        ("/a/t/1.5.json", "row", {"database": "a", "table": "t", "pks": "1.5", "format": "json"}),
        ("/a/t.x/1", "row", {"database": "a", "table": "t.x", "pks": "1", "format": None}),
        ("/a/t/.json", "row", {"database": "a", "table": "t", "pks": ".json", "format": None}),
        ("/a/t/-/insert", "insert", {"database": "a", "table": "t"}),
        ("/a/t/-/schema.md", "schema", {"database": "a", "table": "t", "format": "md"}),
        ("/a/t.x/1.5/-/update", "update", {"database": "a", "table": "t.x", "pks": "1.5"}),
    ],
)
def test_match(router, path, name, url_vars):
    match = router.match(path)
    assert isinstance(match, Match)
    assert (match.route.name, match.url_vars) == (name, url_vars)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "*",
        "//a",
        "/a/",
        "/a//t",
        "/a.",
        "/a.b.c",
        "/a.db.json",
        "/a/t.x.json",
        "/a/t/-/schema.xml",
        "/a/b/c/d/e",
        "/a/-/query/",
        "/a.b/-/create",
        "/" * 5000,
        "/-/static-plugins//y.js/z",
    ],
)
def test_no_match(router, path):
    assert router.match(path) is None


def test_plugin_routes_come_first_and_match_from_the_start():
    plugin = PluginRoute(re.compile(r"/(?P<word>\w+)/-/hello"), lambda request: None)
    router = Router([Route("create", "/{database}/-/create", handler)], [plugin])
    match = router.match("/x/-/hello-and-more")
    assert match is not None and match.route is plugin and match.url_vars == {"word": "x"}
    assert router.match("/y/x/-/hello") is None


def test_more_fixed_words_win_whatever_the_order():
    router = Router([Route("table", "/{database}/{table}(.*)", handler), Route("api", "/-/api", handler)])
    match = router.match("/-/api")
    assert match is not None and match.route.name == "api"


def test_get_brings_head_and_allow_is_in_order():
    route = Route("x", "/x", handler, methods=("POST", "GET"), allow=True)
    assert route.accepted == {"GET", "HEAD", "POST"}
    assert route.allow_value == "HEAD, GET, POST"


@pytest.mark.parametrize("pattern", ["x", "/{a}/b/{c*}"])
def test_impossible_patterns_are_refused(pattern):
    with pytest.raises(ValueError, match=r"pattern|Fixed words"):
        Router([Route("x", pattern, handler)])
