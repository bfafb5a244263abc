"""Column filters: SQL text, bound values, words."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_catalog import plan

from vitrina.errors import BadRequest
from vitrina.plan.filters import as_number, split_list

CASES = [
    ("title", "x", '"title" = :p0', "x", 'title = "x"'),
    ("title", "12", '"title" = :p0', "12", "title = 12"),
    ("title__not", "x", '"title" != :p0', "x", 'title != "x"'),
    ("title__contains", "5%", '"title" like :p0', "%5%%", 'title contains "5%"'),
    ("title__notcontains", "x", '"title" not like :p0', "%x%", 'title does not contain "x"'),
    ("title__startswith", "x", '"title" like :p0', "x%", 'title starts with "x"'),
    ("title__endswith", "x", '"title" like :p0', "%x", 'title ends with "x"'),
    ("title__like", "5", '"title" like :p0', "5", 'title like "5"'),
    ("title__notlike", "x_", '"title" not like :p0', "x_", 'title not like "x_"'),
    ("title__glob", "x*", '"title" glob :p0', "x*", 'title glob "x*"'),
    ("tonnage__gt", "5", '"tonnage" > :p0', 5, "tonnage > 5"),
    ("tonnage__gte", "5.5", '"tonnage" >= :p0', 5.5, "tonnage ≥ 5.5"),
    ("tonnage__lt", "many", '"tonnage" < :p0', "many", "tonnage < many"),
    ("tonnage__lte", "nan", '"tonnage" <= :p0', "nan", "tonnage ≤ nan"),
    ("built__date", "1999-01-01", 'date("built") = :p0', "1999-01-01", '"built" is on date 1999-01-01'),
    (
        "flags__arraycontains",
        "no",
        ':p0 in (select value from json_each("ships"."flags"))',
        "no",
        'flags contains "no"',
    ),
    (
        "flags__arraynotcontains",
        "no",
        ':p0 not in (select value from json_each("ships"."flags"))',
        "no",
        'flags does not contain "no"',
    ),
]


@pytest.mark.parametrize(("key", "value", "sql", "bound", "words"), CASES)
def test_operators_with_one_value(key, value, sql, bound, words):
    planned = plan("ships", [(key, value)])
    assert planned.count_sql == f"select count(*) from ships where {sql} "
    assert dict(planned.params) == {"p0": bound}
    assert type(planned.params["p0"]) is type(bound)
    assert planned.human_description == f"where {words}"


@pytest.mark.parametrize(
    ("operator", "sql", "words"),
    [
        ("isnull", '"title" is null', "title is null"),
        ("notnull", '"title" is not null', "title is not null"),
        ("isblank", '("title" is null or "title" = \'\')', "title is blank"),
        ("notblank", '("title" is not null and "title" != \'\')', "title is not blank"),
    ],
)
def test_operators_without_a_value(operator, sql, words):
    planned = plan("ships", [(f"title__{operator}", "anything")])
    assert [where.sql for where in planned.wheres] == [sql]
    assert dict(planned.params) == {}
    assert planned.human_description == f"where {words}"


def test_lists_take_as_many_parameters_as_they_have_values():
    planned = plan("ships", [("id__in", "1, 2"), ("title__notin", '["a,b", 3, null]'), ("twin", "7")])
    assert [where.sql for where in planned.wheres] == [
        "id in (:p0, :p1)",
        "title not in (:p2, :p3, :p4)",
        '"twin" = :p5',
    ]
    assert dict(planned.params) == {"p0": "1", "p1": "2", "p2": "a,b", "p3": 3, "p4": None, "p5": "7"}
    assert planned.human_description == 'where id in ["1", "2"], title not in ["a,b", 3, null] and twin = 7'


def test_a_broken_json_list_is_refused_with_the_parsers_words():
    with pytest.raises(BadRequest, match="Expecting"):
        plan("ships", [("id__in", "[1,")])


def test_an_unknown_operator_filters_nothing():
    planned = plan("ships", [("title__zzz", "1")])
    assert planned.sql == "select id, title, built, tonnage, flags, home, twin from ships order by id limit 101"


def test_names_are_quoted_wherever_they_stand():
    planned = plan('odd "name', [('a"b', "1"), ("[x]__in", "2"), ("_hidden__exact", "3")])
    assert planned.sql == (
        'select rowid, "a""b", "[x]", _hidden from "odd ""name" '
        'where "[x]" in (:p0) and "_hidden" = :p1 and "a""b" = :p2 order by rowid limit 101'
    )


@given(st.integers(min_value=-(2**63), max_value=2**63 - 1))
def test_whole_numbers_that_fit_are_integers(number):
    assert as_number(str(number)) == number
    assert type(as_number(str(number))) is int


@pytest.mark.parametrize("text", ["inf", "nan", "1e999", "-inf", "abc", ""])
def test_what_is_no_finite_number_stays_text(text):
    assert as_number(text) == text


def test_a_number_too_large_for_an_integer_becomes_a_float():
    assert as_number(str(2**63)) == float(2**63)
    assert type(as_number(str(2**63))) is float


@given(st.lists(st.one_of(st.none(), st.integers(), st.text(), st.floats(allow_nan=False)), min_size=1))
def test_json_lists_keep_their_types(values):
    assert split_list(json.dumps(values)) == values
