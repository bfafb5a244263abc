"""Quoting, parameters and the look at a statement's words."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrina.dialect.parameters import named_parameters, unique_parameters
from vitrina.dialect.quoting import KEYWORDS, escape_sqlite, quote_identifier
from vitrina.dialect.statement import check_select
from vitrina.engine.sqlite.functions import escape_fts
from vitrina.errors import InvalidSQL

# SQLite ends a statement at a NUL byte, and cannot name anything with half a surrogate pair.
NAMES = st.text(st.characters(blacklist_characters="\x00", blacklist_categories=("Cs",)))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("abc", "abc"),
        ("_a1", "_a1"),
        ("rowid", "rowid"),
        ("Order", '"Order"'),
        ("glob", '"glob"'),
        ("first", "first"),
        ("a b", '"a b"'),
        ("1a", '"1a"'),
        ("", '""'),
        ('x"y', '"x""y"'),
        ("x]y", '"x]y"'),
        ("é", '"é"'),
        ("a\n", '"a\n"'),
    ],
)
def test_escape_sqlite(name, expected):
    assert escape_sqlite(name) == expected


@given(NAMES)
def test_any_name_survives_quoting(name):
    conn = sqlite3.connect(":memory:")
    for quoted in (quote_identifier(name), escape_sqlite(name)):
        assert conn.execute(f"select 1 as {quoted}").description[0][0] == name
    conn.close()


def test_every_keyword_can_be_a_column():
    conn = sqlite3.connect(":memory:")
    conn.execute(f"create table t ({', '.join(escape_sqlite(word) for word in sorted(KEYWORDS))})")
    conn.close()


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select :a, :b, :a", ["a", "b", "a"]),
        ("select ':x', \":y\", [:z], `:w`, :k", ["k"]),
        ("select 1 -- :c\n, :d", ["d"]),
        ("/* :e */ select :f", ["f"]),
        ("select /* :x", []),
        ("select a::b", ["b"]),
        ("select :é, :1", ["é", "1"]),
        ("select $a, @b", []),
        ("select ':a''b:c' || :d", ["d"]),
        ("select '2021-01-01 10:00:00'", []),
        ("select '--', :a", ["a"]),
        ("select '/*', :a, '*/'", ["a"]),
    ],
)
def test_named_parameters(sql, expected):
    assert named_parameters(sql) == expected
    assert unique_parameters(sql) == list(dict.fromkeys(expected))


@given(st.text())
def test_no_text_breaks_the_search_for_parameters(sql):
    assert all(f":{name}" in sql for name in named_parameters(sql))


@pytest.mark.parametrize(
    "sql",
    [
        "select 1",
        "SELECT\t1;",
        "select(1)",
        "-- hi\nselect 1",
        "  -- pragma\nselect 1",
        "/* a */ -- b\n/* c **/select 1",
        "with x as (select 1) select * from x",
        "explain select 1",
        "EXPLAIN  QUERY PLAN WITH x as (select 1) select * from x",
        "select * from pragma_table_info('t'), Pragma_page_size",
    ],
)
def test_allowed_statements(sql):
    check_select(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "   ",
        "values (1)",
        "(select 1)",
        "; select 1",
        "selectx",
        "delete from t",
        "explain delete from t",
        "pragma table_info(t)",
        "attach 'x' as y",
        "-- select 1",
        "/* select 1",
        "/* */ /* " + "*" * 5000,
    ],
)
def test_other_statements(sql):
    with pytest.raises(InvalidSQL, match="Statement must be a SELECT"):
        check_select(sql)


@pytest.mark.parametrize(
    "sql", ["select 1 -- pragma", "select 'pragma'", "select * from pragma_user_version", "select * from PRAGMA_foo"]
)
def test_other_pragmas(sql):
    with pytest.raises(InvalidSQL, match=r"disallowed PRAGMA.*pragma_table_info\(\)"):
        check_select(sql)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("dog", '"dog"'),
        ("dog cat", '"dog" "cat"'),
        ('"dog', '"dog"'),
        ('"dog cat" bird', '"dog cat" "bird"'),
        ("dog* AND it's", '"dog*" "AND" "it\'s"'),
        (" a  b ", '"a" "b"'),
        ('a"b', '"a" "b"'),
        ("", ""),
        ('"', ""),
    ],
)
def test_escape_fts(query, expected):
    assert escape_fts(query) == expected


@given(st.text(st.characters(blacklist_characters="\x00", blacklist_categories=("Cs",)), max_size=40))
def test_any_escaped_text_is_a_valid_search(query):
    conn = sqlite3.connect(":memory:")
    conn.execute("create virtual table t using fts5(a)")
    escaped = escape_fts(query)
    if escaped:
        conn.execute("select * from t where t match ?", (escaped,)).fetchall()
    conn.close()
