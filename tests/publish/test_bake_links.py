"""Which file a URL becomes, which links belong into a mirror, and how pages are rewritten."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrina.http.router import Router
from vitrina.publish.bake.addresses import ORIGIN, file_of, link_to, way_up
from vitrina.publish.bake.rewriting import html_links, json_links, local_url, rewrite_html, rewrite_json
from vitrina.publish.bake.selection import COMBINATION, DOWNLOAD, NEEDS_SERVER, Selection, Wanted
from vitrina.web.routes import built_in_routes


@pytest.mark.parametrize(
    ("path", "query", "file"),
    [
        ("/", "", "index.html"),
        ("/.json", "", ".json"),
        ("/db", "", "db/index.html"),
        ("/db/t", "_next=a%2Cb", "db/t/-/q/_next=a~252Cb.html"),
        ("/db/t.json", "", "db/t.json"),
        ("/db/t.json", "_next=1", "db/t/-/q/_next=1.json"),
        ("/db/t/1,a~2Fb", "", "db/t/1,a~2Fb/index.html"),
        ("/db/t/1.blob", "_blob_column=x", "db/t/1/-/q/_blob_column=x.blob"),
    ],
)
def test_file_of(path, query, file):
    assert file_of(path, query) == file


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#"), max_size=400))
def test_query_strings_make_names_that_every_file_system_takes(query):
    name = os.path.basename(file_of("/db/t", f"q{query}"))
    assert len(name) <= 200 and not set(name) & set('/\\:*?"<>|%& ')


@given(st.text(min_size=1, max_size=200), st.text(min_size=1, max_size=200))
def test_two_query_strings_are_two_files(one, other):
    assert (file_of("/d/t", one) == file_of("/d/t", other)) == (one == other)


def test_links_name_folders():
    assert link_to("index.html") == ""
    assert link_to("db/t/index.html") == "db/t/"
    assert link_to("db/t/-/q/a=1.html") == "db/t/-/q/a=1.html"
    assert way_up("db/t/index.html") == "../../"


@pytest.fixture(scope="module")
def selection():
    return Selection(Router(built_in_routes()))


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("/", "page"),
        ("/db", "page"),
        ("/db.json", "page"),
        ("/db/t", "page"),
        ("/db/t?_next=5", "next html"),
        ("/db/t.json?_next=5", "next json"),
        ("/db/t?colour=red", "variant"),
        ("/db/t?colour=red&_next=5", "variant"),
        ("/db/t?_sort=a", "variant"),
        ("/db/t.json?_shape=array&_nl=on", "page"),
        ("/db/t/1", "row html"),
        ("/db/t/1.json", "row json"),
        ("/db/t/1.blob?_blob_column=a", "row blob"),
    ],
)
def test_what_belongs_into_a_mirror(selection, url, kind):
    decision = selection.decide(url)
    assert isinstance(decision, Wanted) and decision.kind == kind and decision.url == url


@pytest.mark.parametrize("query", ["", "?_size=max", "?_labels=on&_size=max", "?_next=3&_size=max"])
def test_all_csv_without_a_filter_is_one_file(selection, query):
    assert selection.decide(f"/db/t.csv{query}") == Wanted("/db/t.csv?_stream=on", "export", "/db/t", "db/t.csv")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("/db.db", DOWNLOAD),
        ("/db/t?a=1&b=2", COMBINATION),
        ("/db/t?_search=x", COMBINATION),
        ("/db/t?_where=1", COMBINATION),
        ("/db/t.csv?a=1", COMBINATION),
        ("/db/-/query?sql=select+1", NEEDS_SERVER),
        ("/-/login", NEEDS_SERVER),
        ("/-/permissions", NEEDS_SERVER),
        ("/db?sql=select+1", NEEDS_SERVER),
        ("/db/t/-/insert", NEEDS_SERVER),
        ("/db/%2e%2e/t", NEEDS_SERVER),
    ],
)
def test_what_does_not(selection, url, reason):
    assert selection.decide(url) == reason


PAGE = f"""<html><head></head><body><a href="/db?x=1&amp;y=2#part">a</a> <a href="{ORIGIN}/db/t">b</a>
<a href="?_sort=a">c</a> <a href="https://elsewhere.example/">d</a> <a href="#here">e</a> <img src="/-/static/x.png">
<form action="/db"></form> <a href="mailto:a@b.example">f</a> <a href="//other.example/">g</a></body></html>"""


def test_links_of_a_page():
    assert list(html_links(PAGE, "/db/t")) == ["/db?x=1&y=2", "/db/t", "/db/t?_sort=a"]


def test_rewritten_page():
    files = {"/db/t": "../t/", "/-/static/x.png": "../../-/static/x.png", "/db?x=1&y=2": "x&y.html"}
    page = rewrite_html(PAGE, "/db/t", files.get, "<script></script>", {})
    assert '<a href="x&amp;y.html#part">a' in page and '<a href="../t/">b' in page
    assert '<a data-left-out="" title="Not part of this copy">c' in page
    assert '<a href="https://elsewhere.example/">d' in page and '<a href="#here">e' in page
    assert '<img src="../../-/static/x.png">' in page
    assert "<form hidden" in page and "<script></script></head>" in page
    assert "bake.invalid" not in page


def test_rewritten_json():
    body = f'{{"next_url": "{ORIGIN}/db/t.json?_next=1", "x": "{ORIGIN}/db"}}'
    assert list(json_links(body, "/db/t.json")) == ["/db/t.json?_next=1"]
    found = rewrite_json(body, "/db/t.json", {"/db/t.json?_next=1": "../n.json"}.get, "https://a.example/x/")
    assert found == '{"next_url": "../n.json", "x": "https://a.example/x/db"}'
    assert '"next_url": null' in rewrite_json(body, "/db/t.json", lambda url: None, "")


def test_other_hosts_are_no_links_of_the_site():
    assert local_url(f"{ORIGIN}.evil.example/", "/") is None
    assert local_url(ORIGIN, "/db") == ("/", "")
