"""Continuation tokens and their conditions."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_catalog import plan

from vitrina.errors import BadRequest
from vitrina.plan.keyset import decode_part, encode_part, make_token, parse_token

TEXT = st.text(alphabet=st.characters(exclude_categories=("Cs",)))


@given(st.lists(st.one_of(TEXT, st.none(), st.binary()), min_size=1, max_size=4))
def test_keys_of_text_blobs_and_nulls_come_back(values):
    assert parse_token(make_token(values), sorted_by_column=False).pk_values == tuple(values)


@given(st.lists(TEXT, min_size=1, max_size=3), st.one_of(TEXT, st.none(), st.binary()))
def test_a_sort_value_stands_before_the_key(key, value):
    token = parse_token(make_token(key, sort_value=value, sorted_by_column=True), sorted_by_column=True)
    assert (token.sort_value, token.pk_values) == (value, tuple(key))


@given(st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False)))
def test_numbers_are_written_so_that_they_can_be_read_back_exactly(number):
    assert type(number)(decode_part(encode_part(number))) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_that_the_engine_misreads_are_written_bit_by_bit(number):
    part = encode_part(number, [number])
    assert decode_part(part) == number
    assert type(decode_part(part)) is float


@pytest.mark.parametrize("part", ["$x0", "$xzz", "$fzz", "$f", "$other"])
def test_what_only_looks_like_a_mark_is_text(part):
    assert isinstance(decode_part(part), str)


def test_infinity_is_written_as_what_sqlite_reads_as_infinity():
    assert float(decode_part(encode_part(math.inf))) == math.inf
    assert float(decode_part(encode_part(-math.inf))) == -math.inf


def test_marks_and_text_that_looks_like_marks_differ():
    assert encode_part(None) == "$null"
    assert encode_part("$null") == "~24null"
    assert encode_part(b"\x01\xff") == "$x01ff"
    assert encode_part("$x01ff") == "~24x01ff"


K3 = "((harbour > :p0)\n  or\n(harbour = :p0 and ship > :p1)\n  or\n(harbour = :p0 and ship = :p1 and day > :p2))"


@pytest.mark.parametrize(
    ("table", "pairs", "condition", "params"),
    [
        ("ships", [("_next", "5")], "((id > :p0))", {"p0": "5"}),
        ("weather", [("_next", "5")], "rowid > :p0", {"p0": "5"}),
        ("calls", [("_next", "1,2,a~20b")], K3, {"p0": "1", "p1": "2", "p2": "a b"}),
        (
            "ships",
            [("_next", "x,5"), ("_sort", "title")],
            "(title > :p1 or (title = :p1 and ((id > :p0))))",
            {"p0": "5", "p1": "x"},
        ),
        (
            "ships",
            [("_next", "$null,5"), ("_sort", "title")],
            "(title is not null or (title is null and ((id > :p0))))",
            {"p0": "5"},
        ),
        (
            "ships",
            [("_next", "x,5"), ("_sort_desc", "title")],
            "(title < :p1 or title is null or (title = :p1 and ((id > :p0))))",
            {"p0": "5", "p1": "x"},
        ),
        ("ships", [("_next", "$null,5"), ("_sort_desc", "title")], "(title is null and ((id > :p0)))", {"p0": "5"}),
        (
            "ships",
            [("_next", "5"), ("_sort", "title")],
            "(title is not null or (title is null and ((id > :p0))))",
            {"p0": "5"},
        ),
    ],
)
def test_conditions(table, pairs, condition, params):
    planned = plan(table, pairs)
    assert f" where {condition} order by " in planned.sql
    assert dict(planned.params) == params
    assert planned.count_sql == f"select count(*) from {table} "


def test_parameters_of_the_token_are_numbered_behind_all_others():
    planned = plan("logs", [("author", "x"), ("_search", "wind"), ("_next", "4")])
    assert dict(planned.params) == {"p0": "x", "search": "wind", "p2": "4"}


def test_a_token_with_the_wrong_number_of_parts_shows_the_first_page():
    assert plan("ships", [("_next", "1,2")]).sql == plan("ships").sql


def test_ties_are_broken_by_the_key_behind_the_first_page():
    assert plan("ships", [("_sort", "title")]).sql.endswith("order by title limit 101")
    assert plan("ships", [("_sort_desc", "title"), ("_next", "a,1")]).sql.endswith("order by title desc, id limit 101")
    assert plan("ships", [("_sort", "title")], stable_order=True).sql.endswith("order by title, id limit 101")


def test_views_count_rows():
    assert plan("fleet", [("_next", "100")]).sql == "select id, title from fleet  limit 101 offset 100"
    assert plan("fleet", [("_next", "0")]).sql == "select id, title from fleet  limit 101 offset 0"
    with pytest.raises(BadRequest, match="invalid literal for int"):
        plan("fleet", [("_next", "abc")])
