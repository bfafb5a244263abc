"""Lists of stored queries: filters, search, order and pages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrina.catalog.stored import StoredQuery
from vitrina.errors import BadRequest
from vitrina.web.query_search import (
    QueryFilters,
    filter_choices,
    like,
    matches_pattern,
    narrow,
    page_of,
    parse_filters,
    parse_limit,
)

QUERIES = [
    StoredQuery("d", "b", "select 1", title="alpha"),
    StoredQuery("d", "a", "select 2", is_write=True, source="config"),
    StoredQuery("c", "Z", "select 3", is_private=True, owner_id="ada"),
    StoredQuery("d", "y", "select 4", description="About Boats"),
]


def names(queries):
    return [query.name for query in queries]


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        (QueryFilters(), ["b", "a", "Z", "y"]),
        (QueryFilters(is_write=True), ["a"]),
        (QueryFilters(is_private=False, source="user"), ["b", "y"]),
        (QueryFilters(owner_id="ada"), ["Z"]),
        (QueryFilters(q="ALPHA"), ["b"]),
        (QueryFilters(q="boats"), ["y"]),
        (QueryFilters(q="select%3"), ["Z"]),
        (QueryFilters(q="a_pha"), ["b"]),
    ],
)
def test_filters(filters, left):
    assert names(narrow(QUERIES, filters)) == left


def test_flags_in_the_query_string():
    assert parse_filters({"is_write": "0", "is_private": "TRUE", "q": ""}.get) == QueryFilters(
        is_write=False, is_private=True
    )
    with pytest.raises(BadRequest, match="is_write must be 0 or 1"):
        parse_filters({"is_write": "2"}.get)


@pytest.mark.parametrize(("text", "limit"), [(None, 20), ("", 20), ("max", 50), ("7", 7), ("0", 1)])
def test_page_sizes(text, limit):
    assert parse_limit(text, 20, 50) == limit


@pytest.mark.parametrize("text", ["-1", "x", "51"])
def test_bad_page_sizes(text):
    with pytest.raises(BadRequest):
        parse_limit(text, 20, 50)


def test_order_is_by_title_and_by_database_first_in_the_list_of_all():
    assert names(page_of(QUERIES, None, 9, with_database=False).queries) == ["a", "b", "y", "Z"]
    assert names(page_of(QUERIES, None, 9, with_database=True).queries) == ["Z", "a", "b", "y"]


@given(st.lists(st.text(min_size=1), unique=True), st.integers(1, 4), st.booleans())
def test_pages_show_every_query_once(found, limit, with_database):
    queries = [StoredQuery("d", name, "select 1", title=name[:1]) for name in found]
    seen, cursor = [], None
    while True:
        page = page_of(queries, cursor, limit, with_database=with_database)
        seen += names(page.queries)
        cursor = page.next
        if cursor is None:
            break
    assert sorted(seen) == sorted(found)


def test_a_foreign_cursor_is_ignored():
    assert len(page_of(QUERIES, "x", 9, with_database=False).queries) == 4


def test_choices_count_what_they_would_leave():
    mode, visibility = filter_choices(QUERIES, QueryFilters(is_private=True))
    assert [(choice.label, choice.count) for choice in mode[1]] == [("Read-only", 1)]
    assert [(choice.label, choice.count, choice.active) for choice in visibility[1]] == [("Private", 1, True)]


@given(st.text(alphabet="aB%_\\.*("), st.text(alphabet="aAbB.*(\\"))
def test_like_never_fails_and_finds_itself(pattern, text):
    matches_pattern(like(pattern), text)
    if text:
        assert matches_pattern(like(text.replace("%", "").replace("_", "")), text)
