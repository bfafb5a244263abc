"""All statements of a table page, run in one trip: rows, count, facets, labels, suggestions."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from page_reader import reader_over, run

from vitrina.config.settings import Settings
from vitrina.engine.protocols import Budget
from vitrina.errors import InvalidSQL, QueryInterrupted
from vitrina.execute.table import run_exact_count
from vitrina.plan.model import Suggestion

ALL = frozenset(("count", "facets", "suggestions", "labels"))
SCRIPT = """
create table harbours (id integer primary key, name text);
insert into harbours values (1, 'Oslo'), (2, ''), (3, null), (4, 'Lima');
create table codes (code integer primary key, a integer, b integer);
insert into codes values (10, 1, 1);
create table ships (
    id integer primary key, title text, built text, flags text,
    home integer references harbours(id), code integer references codes(code), gone integer references vanished(id)
);
insert into ships values
    (1, 'Ann', '1999-01-02', '["red", "blue", "red"]', 1, 10, 1),
    (2, 'Bob', '1999-01-02', '["red"]', 1, 10, 1),
    (3, 'Ann', '2001-05-05', '[]', 2, null, null),
    (4, 'Eve', null, null, 99, 11, 2),
    (5, 'Fay', 'soon', '', null, 10, 2);
create view fleet as select title, flags from ships;
"""


@pytest.fixture
def reader():
    with reader_over(SCRIPT) as opened:
        yield opened


def test_a_plain_page_is_one_statement(reader):
    _, result = run(reader, "ships")
    assert len(result.rows) == 5
    assert len(reader.statements) == 1
    assert (result.count, result.next_token, result.facets, result.suggestions) == (None, None, [], [])


def test_the_statements_of_a_full_page_do_not_grow_with_rows_or_columns(reader):
    run(reader, "ships", [("_facet", "home")], wanted=ALL)
    # rows, count, facet, labels of home (rows and facet together), three statistics, one sample of arrays;
    # codes has no label column and vanished does not exist: nothing to read
    assert len(reader.statements) == 8


def test_labels(reader):
    _, result = run(reader, "ships", [("_labels", "on")])
    assert result.labels == {"home": {1: "Oslo", 2: ""}, "code": {10: "10", 11: "11"}}


def test_labels_of_tables_that_are_not_visible_stay_away(reader):
    _, result = run(reader, "ships", [("_labels", "on")], visible=lambda name: name != "harbours")
    assert "home" not in result.labels


def test_a_label_column_that_does_not_exist_leaves_the_values_as_they_are(reader):
    _, result = run(
        reader, "ships", [("_label", "home")], database_config={"tables": {"harbours": {"label_column": "nope"}}}
    )
    assert result.labels == {"home": {}}


def test_many_labels_are_read_in_pieces():
    script = "create table a (id integer primary key, name text); create table b (a integer references a(id));"
    with reader_over(script) as reader:
        reader.conn.executemany("insert into a values (?, ?)", [(number, f"n{number}") for number in range(2500)])
        reader.conn.executemany("insert into b values (?)", [(number,) for number in range(2500)])
        _, result = run(
            reader, "b", [("_labels", "on"), ("_size", "max")], settings=replace(Settings(), max_returned_rows=2500)
        )
    assert result.labels["a"] == {number: f"n{number}" for number in range(2500)}


def test_counts_stop_at_their_limit():
    with reader_over("create table t (id integer primary key)") as reader:
        reader.conn.executemany("insert into t values (?)", [(number,) for number in range(10_002)])
        plan, result = run(reader, "t", [("_size", "1")], wanted=ALL)
        assert (result.count, result.count_truncated) == (10_001, True)
        assert run_exact_count(reader, plan) == 10_002
        _, result = run(reader, "t", [("id__lt", "10000")], wanted=ALL)
        assert (result.count, result.count_truncated) == (10_000, False)


def test_the_token_is_not_part_of_the_count(reader):
    _, result = run(reader, "ships", [("_next", "3"), ("title__not", "Eve")], wanted=ALL)
    assert (len(result.rows), result.count) == (1, 4)


def test_a_known_count_is_not_counted(reader):
    _, result = run(reader, "ships", wanted=frozenset(("count",)), known_count=12_345)
    assert (result.count, result.count_truncated) == (12_345, False)
    assert len(reader.statements) == 1


def facet(reader, *pairs, table="ships", **options):
    _, result = run(reader, table, pairs, wanted=ALL, **options)
    return result.facets[0]


def test_column_facets(reader):
    found = facet(reader, ("_facet", "title"))
    assert found.values == [("Ann", 2), ("Bob", 1), ("Eve", 1), ("Fay", 1)]
    assert not found.truncated
    found = facet(reader, ("_facet", "title"), ("_facet_size", "2"))
    assert (found.values, found.truncated) == ([("Ann", 2), ("Bob", 1)], True)


def test_facets_of_foreign_keys_have_labels(reader):
    found = facet(reader, ("_facet", "home"))
    assert found.values == [(1, 2), (2, 1), (99, 1)]
    assert {value: found.labels.get(value) for value, _ in found.values} == {1: "Oslo", 2: "", 99: None}


def test_array_facets_count_a_row_once_per_item(reader):
    assert facet(reader, ("_facet_array", "flags"), ("id__lt", "4")).values == [("red", 2), ("blue", 1)]


def test_array_facets_of_views_take_rows_that_are_alike_for_one():
    script = """create table t (x text); insert into t values ('["a", 1]'), ('["a"]'), ('["a"]');
    create view v as select x from t"""
    with reader_over(script) as reader:
        assert facet(reader, ("_facet_array", "x"), table="v").values == [("a", 2), ("1", 1)]
        assert facet(reader, ("_facet_array", "x"), table="t").values == [("a", 3), ("1", 1)]


def test_array_facets_tell_types_and_letters_apart():
    script = """create table t (x text collate nocase);
    insert into t values ('["a", 1]'), ('["A", "1"]'), ('["A", 1, 1]'), ('[null]'), (null);"""
    with reader_over(script) as reader:
        found = facet(reader, ("_facet_array", "x"), table="t").values
    assert found == [("1", 2), ("A", 2), ("None", 1), ("1", 1), ("a", 1)]


def test_array_facets_refuse_what_is_no_json():
    script = "create table t (x); insert into t values ('[1]'), ('[1')"
    with reader_over(script) as reader, pytest.raises(InvalidSQL, match="malformed JSON"):
        facet(reader, ("_facet_array", "x"), table="t")


def test_date_facets(reader):
    assert facet(reader, ("_facet_date", "built")).values == [("1999-01-02", 2), ("2001-05-05", 1)]


def test_a_facet_of_a_column_that_does_not_exist_is_an_error(reader):
    with pytest.raises(InvalidSQL, match="no such column: nope"):
        run(reader, "ships", [("_facet", "nope")], wanted=ALL)


def test_facets_without_time_are_named(reader):
    _, result = run(
        reader,
        "ships",
        [("_facet", "title"), ("_facet_date", "built")],
        wanted=ALL,
        settings=replace(Settings(), facet_time_limit_ms=0),
    )
    assert result.timed_out == ["title", "built"]
    assert result.count == 5


def test_a_spent_page_budget_leaves_the_rows(reader):
    _, result = run(reader, "ships", [("_facet", "title"), ("_labels", "on")], wanted=ALL, budget=Budget.of(0))
    assert len(result.rows) == 5
    assert (result.count, result.timed_out, result.suggestions) == (None, ["title"], [])
    assert result.labels["home"] == {}
    assert not result.complete
    assert len(reader.statements) == 1


@pytest.mark.parametrize("part", sorted(ALL))
def test_a_page_that_lacks_a_part_says_so(reader, part):
    pairs = [("_facet", "title")]
    assert run(reader, "ships", pairs, wanted=frozenset((part,)))[1].complete
    assert not run(reader, "ships", pairs, wanted=frozenset((part,)), budget=Budget.of(0))[1].complete


def test_rows_without_time_are_an_error(reader):
    with pytest.raises(QueryInterrupted):
        run(reader, "ships", [("_timelimit", "-1")])


def test_fragments_of_sql_run_under_the_authorizer(reader):
    _, result = run(reader, "ships", [("_where", "title = 'Ann'")], wanted=ALL)
    assert (len(result.rows), result.count) == (2, 2)
    with pytest.raises(InvalidSQL):
        run(reader, "ships", [("_where", "1=1; drop table ships")])
    with pytest.raises(InvalidSQL):
        run(reader, "ships", [("_where", "load_extension('x')")])


def test_a_comment_cannot_lift_the_limit(reader):
    _, result = run(reader, "ships", [("_where", "1=1 --"), ("_size", "2")])
    assert [row[0] for row in result.rows] == [1, 2]


def test_doubled_names_are_shown_once():
    with reader_over("create table t (rowid text, v text); insert into t values ('r1', 'x')") as reader:
        plan, result = run(reader, "t")
    assert plan.columns == ("rowid", "rowid", "v")
    assert (result.columns, result.rows) == (("rowid", "v"), [("r1", "x")])


def test_the_sort_value_of_the_token_need_not_be_selected(reader):
    _, result = run(reader, "ships", [("_sort_desc", "title"), ("_nocol", "title"), ("_size", "2")])
    assert result.next_token == "Eve,4"


def test_suggestions(reader):
    _, result = run(reader, "ships", wanted=ALL)
    assert result.suggestions == [
        Suggestion("column", "title"),
        Suggestion("column", "built"),
        Suggestion("column", "home"),
        Suggestion("column", "code"),
        Suggestion("column", "gone"),
        Suggestion("date", "built"),
        Suggestion("array", "flags"),
    ]


def test_suggestions_of_a_table_with_very_many_columns():
    names = [f"c{number}" for number in range(350)]
    with reader_over(f"create table t ({', '.join(names)})") as reader:
        marks = ", ".join("?" * len(names))
        reader.conn.executemany(f"insert into t values ({marks})", [["a"] * 350, ["a"] * 350, ["b"] * 350])
        _, result = run(reader, "t", wanted=ALL)
    assert [each.column for each in result.suggestions] == names


CELLS = st.one_of(
    st.none(),
    st.sampled_from(["", "a", "b", '["a"]', "[]", '["a", 1]', "[1", '{"a": 1}', "2020-01-01", "2020-99-01x", b"x", 5]),
    st.integers(0, 2),
)


def expected_suggestions(values, facet_size):
    """The contract's rules, written out for one column of a small table."""
    present = [value for value in values if value is not None]
    distinct = set(present)
    if 1 < len(distinct) <= facet_size and len(distinct) < len(present):
        yield "column"
    if any(isinstance(value, str) and value.startswith("2020-01-01") for value in values):
        yield "date"
    parsed = []
    for value in [value for value in present if value != ""]:
        try:
            parsed.append(json.loads(value) if isinstance(value, str) else None)
        except ValueError:
            parsed.append(None)
    filled = [value for value in parsed if value]
    only_lists = bool(filled) and all(isinstance(value, list) for value in parsed)
    if only_lists and all(isinstance(item, str) for value in filled for item in value):
        yield "array"


@hypothesis_settings(max_examples=200, deadline=None)
@given(st.lists(CELLS, max_size=8), st.integers(1, 4))
def test_suggestions_follow_the_rules(values, facet_size):
    with reader_over("create table t (id integer primary key, v)") as reader:
        reader.conn.executemany("insert into t (v) values (?)", [(value,) for value in values])
        _, result = run(reader, "t", wanted=ALL, settings=replace(Settings(), default_facet_size=facet_size))
    found = [each.type for each in result.suggestions if each.column == "v"]
    assert found == list(expected_suggestions(values, facet_size))
