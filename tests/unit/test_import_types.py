"""Types and names of columns of an imported file."""

from __future__ import annotations

import math
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrina.plan.imports.headings import clean_names
from vitrina.plan.imports.types import detect_type, is_float, is_integer, misfit

SIXTY_FOUR = st.integers(min_value=-(2**63), max_value=2**63 - 1)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "-20", "0"], "integer"),
        (["1", "", "3"], "integer"),
        (["1", "2.5"], "float"),
        ([".5", "5.", "1e3"], "float"),
        (["007", "12"], "text"),
        (["00.5"], "text"),
        (["9223372036854775807"], "integer"),
        (["9223372036854775808"], "text"),
        (["0.12345678901234567890"], "text"),
        (["1_000"], "text"),
        ([" 1"], "text"),
        (["٣"], "text"),
        (["nan"], "text"),
        (["1e999"], "text"),
        (["-"], "text"),
        (["."], "text"),
        (["-0"], "float"),
        (["", ""], "text"),
        ([None, None], "text"),
        ([1, True, None], "integer"),
        ([1, 2.5], "float"),
        ([2**63], "text"),
        ([b"x", None], "blob"),
        ([b"x", "y"], "text"),
        (["2024-01-01"], "text"),
    ],
)
def test_detected_type(values, kind):
    assert detect_type(values) == kind


def test_texts_that_mean_null_say_nothing():
    assert detect_type(["1", "NA"], frozenset({"NA"})) == "integer"
    assert detect_type(["1", "NA"]) == "text"


@given(SIXTY_FOUR)
def test_every_integer_is_one(number):
    assert is_integer(str(number))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_double_is_a_number(number):
    text = repr(number)
    assert is_float(text)
    assert math.isclose(float(text), number)


@given(st.text(max_size=8) | st.from_regex(r"[-+0-9.eE_ ]{0,12}", fullmatch=True))
def test_what_counts_as_a_number_is_one_for_sqlite_and_comes_back(text):
    conn = sqlite3.connect(":memory:")
    conn.execute("CREATE TABLE t (i INTEGER, r REAL)")
    try:
        if is_integer(text):
            conn.execute("INSERT INTO t (i) VALUES (?)", (text,))
            assert conn.execute("SELECT typeof(i), CAST(i AS TEXT) FROM t").fetchone() == ("integer", text)
        elif is_float(text):
            conn.execute("INSERT INTO t (r) VALUES (?)", (text,))
            assert conn.execute("SELECT typeof(r), r FROM t").fetchone() == ("real", float(text))
    finally:
        conn.close()


@given(st.lists(st.text(max_size=6), min_size=1, max_size=20))
def test_values_fit_the_type_that_was_detected_from_them(values):
    kind = detect_type(values)
    assert all(misfit(value, kind, exact=True) is None for value in values if value)


@pytest.mark.parametrize(
    ("value", "kind", "exact", "problem"),
    [
        ("007", "integer", True, "would not keep how it is written as an integer"),
        ("007", "integer", False, None),
        ("x", "integer", False, "is not an integer"),
        ("1.5", "integer", False, "is not an integer"),
        ("99999999999999999999", "integer", False, "is too large for an integer"),
        ("x", "float", False, "is not a number"),
        ("0.123456789012345678901", "float", True, "would lose digits as a number"),
        ("0.123456789012345678901", "float", False, None),
        ("anything", "text", True, None),
    ],
)
def test_misfits(value, kind, exact, problem):
    assert misfit(value, kind, exact=exact) == problem


@pytest.mark.parametrize(
    ("headings", "names"),
    [
        (["\ufeffid", " first  name ", "a\nb"], ("id", "first name", "a b")),
        (["", None, "x"], ("column_1", "column_2", "x")),
        (["a", "A", "a"], ("a", "A_2", "a_3")),
        ([2024, 1.5], ("2024", "1.5")),
    ],
)
def test_clean_names(headings, names):
    assert clean_names(headings) == names


@given(st.lists(st.text(max_size=5) | st.none(), max_size=12))
def test_names_make_a_table(headings):
    names = clean_names(headings)
    assert len(names) == len(headings)
    assert len({name.casefold() for name in names}) == len(names)
    assert all(name.strip() == name and name.isprintable() and name for name in names)
