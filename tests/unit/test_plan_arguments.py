"""Query strings of table pages, taken apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrina.plan.arguments import parse_arguments, parse_bool
from vitrina.plan.model import Filter


def test_a_key_that_begins_with_an_underscore_is_special_unless_it_names_an_operator():
    parsed = parse_arguments([("_size", "5"), ("_key__exact", "x"), ("title", "y"), ("_sort", "a"), ("_size", "6")])
    assert parsed.special == {"_size": ("5", "6"), "_sort": ("a",)}
    assert parsed.filters == (Filter("_key", "exact", "x"), Filter("title", "exact", "y"))
    assert parsed.first("_size") == "5"
    assert parsed.all("_size") == ("5", "6")
    assert parsed.first("_next") is None


@pytest.mark.parametrize(
    ("key", "column", "operator"),
    [
        ("a", "a", "exact"),
        ("a__gt", "a", "gt"),
        ("a__b__gt", "a__b", "gt"),
        ("a__", "a", ""),
        ("__gt", "", "gt"),
        ("a_b", "a_b", "exact"),
    ],
)
def test_the_last_double_underscore_parts_column_and_operator(key, column, operator):
    assert parse_arguments([(key, "v")]).filters == (Filter(column, operator, "v"),)


@given(st.lists(st.tuples(st.text(alphabet="ab_", min_size=1, max_size=6), st.text(max_size=3))))
def test_no_pair_is_lost_and_filters_are_in_order(pairs):
    parsed = parse_arguments(pairs)
    assert len(parsed.filters) + sum(map(len, parsed.special.values())) == len(pairs)
    expected = sorted(pair for pair in pairs if not pair[0].startswith("_") or "__" in pair[0])
    assert [each.value for each in parsed.filters] == [value for _, value in expected]


@pytest.mark.parametrize(("text", "value"), [("on", True), ("OFF", False), ("1", True), ("0", False), ("yes", None)])
def test_booleans(text, value):
    assert parse_bool(text) is value
