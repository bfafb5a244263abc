"""URLs and paths carry the prefix once, and change only the arguments asked for."""

import pytest

from vitrina.http.paths import (
    path_with_added_args,
    path_with_format,
    path_with_removed_args,
    path_with_replaced_args,
)
from vitrina.http.request import BASE_URL_KEY, ROUTE_PATH_KEY, Request
from vitrina.http.urls import PrefixedUrlString, Urls


@pytest.mark.parametrize("base", ["/", "/collections/"])
def test_urls(base):
    urls = Urls(base)
    assert urls.instance() == base
    assert urls.instance("json") == f"{base}.json"
    assert urls.path("/foo") == urls.path("foo") == f"{base}foo"
    assert urls.path(urls.path("x")) == f"{base}x"
    assert urls.path("/x?a=1", format="json") == f"{base}x?a=1.json"
    assert urls.static("a.css") == f"{base}-/static/a.css"
    assert urls.static_plugins("p", "x.js") == f"{base}-/static-plugins/p/x.js"
    assert urls.logout() == f"{base}-/logout"
    assert urls.table("d b", "a/b c.d", "json") == f"{base}d+b/a~2Fb+c~2Ed.json"
    assert urls.query("d", "a b") == f"{base}d/a+b"
    assert urls.row("d", "t", "1,2", "json") == f"{base}d/t/1,2.json"
    assert urls.row_blob("d", "t", "1", "col umn&x") == f"{base}d/t/1.blob?_blob_column=col+umn%26x"
    assert urls.database_query("d", "select 1, 'é'") == f"{base}d/-/query?sql=select+1%2C+%27%C3%A9%27"


def test_database_uses_the_route_and_refuses_unknown_names():
    urls = Urls("/", {"name": "a route"}.__getitem__)
    assert urls.database("name", "json") == "/a+route.json"
    with pytest.raises(KeyError):
        urls.database("other")


def test_text_made_from_a_prefixed_url_is_still_prefixed():
    url = Urls("/p/").path("x/")
    for made in (url + "y", url.rstrip("/"), url.replace("x", "z"), url.upper()):
        assert isinstance(made, PrefixedUrlString)
    assert not isinstance(f"{url}", PrefixedUrlString)
    assert Urls("/p/").path("/p/x") == "/p/p/x"


@pytest.fixture
def request_():
    return Request.fake("/a/b?x=1&x=2&y=%20+&z=&sql=a%2Cb")


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({"w": "1 2"}, "/a/b?x=1&x=2&y=++&sql=a%2Cb&w=1+2"),
        ([("x", "3"), ("q", "é")], "/a/b?x=1&x=2&y=++&sql=a%2Cb&x=3&q=%C3%A9"),
        ({"x": None}, "/a/b?y=++&sql=a%2Cb"),
        ({"y": 5}, "/a/b?x=1&x=2&y=++&sql=a%2Cb&y=5"),
    ],
)
def test_added(request_, args, expected):
    assert path_with_added_args(request_, args) == expected


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({"x"}, "/a/b?y=++&sql=a%2Cb"),
        ({"x": "1"}, "/a/b?x=2&y=++&sql=a%2Cb"),
        ({"x": "9"}, "/a/b?x=1&x=2&y=++&sql=a%2Cb"),
        ({"x", "y", "z", "sql"}, "/a/b"),
    ],
)
def test_removed(request_, args, expected):
    assert path_with_removed_args(request_, args) == expected


def test_removed_from_another_path(request_):
    assert path_with_removed_args(request_, {"x": "1"}, path="/p?x=1&x=3&k=1") == "/p?x=3&k=1"


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({"x": "9"}, "/a/b?y=++&sql=a%2Cb&x=9"),
        ([("x", "7"), ("x", "8")], "/a/b?y=++&sql=a%2Cb&x=7&x=8"),
        ({"x": None, "y": None, "z": None, "sql": None}, "/a/b"),
        ({"new": "a,b"}, "/a/b?x=1&x=2&y=++&sql=a%2Cb&new=a%2Cb"),
    ],
)
def test_replaced(request_, args, expected):
    assert path_with_replaced_args(request_, args) == expected


@pytest.mark.parametrize(
    ("path", "options", "expected"),
    [
        ("/a/b?x=1&z=", {"format": "json"}, "/a/b.json?x=1&z="),
        ("/a.b/c", {"format": "csv"}, "/a.b/c?_format=csv"),
        ("/a/b?x=1", {"format": "csv", "extra_qs": {"_size": "max"}}, "/a/b.csv?x=1&_size=max"),
        ("/a/b.json?x=1", {"format": "csv", "replace_format": "json"}, "/a/b.csv?x=1"),
        ("/a/b.c?x=1", {"format": "csv", "replace_format": "json"}, "/a/b.c?x=1&_format=csv"),
        ("/a/b.json", {"format": "csv"}, "/a/b.json?_format=csv"),
        ("/a.json/c.json", {"format": "csv", "replace_format": "json"}, "/a.json/c?_format=csv"),
        ("/a?b=1", {"format": "csv", "extra_qs": {"z": 1, "a": "x y"}}, "/a.csv?b=1&a=x+y&z=1"),
        ("/", {"format": "json"}, "/.json"),
    ],
)
def test_format(path, options, expected):
    assert path_with_format(request=Request.fake(path), **options) == expected


def test_format_of_a_path():
    assert path_with_format(path="/a", format="csv") == "/a.csv"


@pytest.mark.parametrize("came_with_prefix", [True, False])
def test_paths_carry_the_prefix_once(came_with_prefix):
    request = Request.fake("/col/db/t?x=1" if came_with_prefix else "/db/t?x=1")
    request.scope[BASE_URL_KEY] = "/col/"
    if came_with_prefix:
        request.scope[ROUTE_PATH_KEY] = "/db/t"
    urls = Urls("/col/")
    assert urls.path(path_with_replaced_args(request, {"x": "2"})) == "/col/db/t?x=2"
    assert urls.path(path_with_format(request=request, format="json")) == "/col/db/t.json?x=1"
