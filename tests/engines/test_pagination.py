"""Pages follow each other without losing, repeating or disordering a row."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from page_reader import reader_over, run, walk

TEXT = st.text(alphabet="ab$,~ 0.\x00é+", max_size=4)
INTEGER = st.integers(min_value=-(2**63), max_value=2**63 - 1)
NUMBER = st.floats(allow_nan=False)

SORTS = st.sampled_from(["_sort", "_sort_desc"])

# Values as a column of that declared type keeps them; pages compare by the affinity of the column.
KINDS = {
    "integer": INTEGER,
    "real": NUMBER,
    "text": st.one_of(TEXT, st.just("$null"), st.integers(0, 30).map(str)),
    "blob": st.binary(max_size=3),
}
KEYS = {
    "id integer primary key": (("id", "integer"),),
    "id text primary key": (("id", "text"),),
    "id blob primary key": (("id", "blob"),),
    "a integer, b text, primary key (a, b)": (("a", "integer"), ("b", "text")),
    "a text, b blob, c real, primary key (a, b, c)": (("a", "text"), ("b", "blob"), ("c", "real")),
    "": (),
}


def ordered(value):
    """A sort key in SQLite's order: NULL, numbers, text, blobs."""
    if value is None:
        return (0, 0)
    if isinstance(value, int | float):
        return (1, value)
    return (2, value.encode()) if isinstance(value, str) else (3, value)


@st.composite
def tables(draw):
    """(CREATE TABLE, rows, names of the key columns, sort column or None)."""
    key_sql = draw(st.sampled_from(sorted(KEYS)))
    key = KEYS[key_sql]
    kind = draw(st.sampled_from(sorted(KINDS)))
    names = [*(name for name, _ in key), "v", "n"]
    values = st.one_of(st.none(), KINDS[kind])
    rows = draw(st.lists(st.tuples(*(KINDS[k] for _, k in key), values, st.integers(0, 3)), max_size=14))
    width = len(key)
    unique = {row[:width]: row for row in rows} if width else dict(enumerate(rows))
    without_rowid = bool(key) and draw(st.booleans())
    inside = ", ".join(part for part in (key_sql.split(", primary key")[0], f"v {kind}", "n integer") if part)
    if ", primary key" in key_sql:
        inside += ", primary key" + key_sql.split(", primary key")[1]
    sql = f"create table t ({inside}){' without rowid' if without_rowid else ''}"
    return sql, names, list(unique.values()), [name for name, _ in key]


def fill(names, rows):
    marks = ", ".join("?" * len(names))
    return lambda conn: conn.executemany(f"insert into t ({', '.join(names)}) values ({marks})", rows)


@settings(max_examples=150, deadline=None)
@given(tables(), st.integers(1, 4))
def test_pages_without_a_sort_walk_all_rows_in_the_order_of_the_key(table, size):
    sql, names, rows, key = table
    selected = "*" if key else "rowid, *"
    with reader_over(sql, fill(names, rows)) as reader:
        expected = reader.select(f"select {selected} from t order by {', '.join(key) or 'rowid'}").rows
        seen = walk(reader, "t", [("_size", str(size))], most=len(rows) + 2)
    assert seen == expected


@settings(max_examples=250, deadline=None)
@given(
    tables(), st.integers(1, 4), st.sampled_from(["_sort", "_sort_desc"]), st.sampled_from(["v", "n"]), st.booleans()
)
def test_sorted_pages_walk_all_rows_in_order(table, size, argument, column, selected):
    sql, names, rows, _ = table
    pairs = [("_size", str(size)), (argument, column)] + ([] if selected else [("_nocol", column)])
    with reader_over(sql, fill(names, rows)) as reader:
        plan, _ = run(reader, "t", pairs)
        seen = walk(reader, "t", pairs, most=len(rows) + 2, stable_order=True)
        expected = reader.select(
            f"select {', '.join(plan.columns)} from t "
            f"order by {column}{' desc' if argument == '_sort_desc' else ''}, {', '.join(plan.pk_columns)}"
        ).rows
    assert seen == expected


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.one_of(st.none(), NUMBER, st.just(math.inf))), max_size=12), st.integers(1, 3))
@pytest.mark.parametrize("argument", ["_sort", "_sort_desc"])
def test_an_integer_key_needs_no_stable_order(argument, values, size):
    with reader_over("create table t (id integer primary key, v real)") as reader:
        reader.conn.executemany("insert into t (v) values (?)", values)
        seen = walk(reader, "t", [("_size", str(size)), (argument, "v")], most=len(values) + 2)
    assert sorted(row[0] for row in seen) == list(range(1, len(values) + 1))
    keys = [ordered(row[1]) for row in seen]
    assert keys == sorted(keys, reverse=argument == "_sort_desc")


@given(st.integers(0, 9), st.integers(1, 4))
@settings(max_examples=30, deadline=None)
def test_views_walk_by_rows(count, size):
    with reader_over("create table t (a integer); create view v as select a from t") as reader:
        reader.conn.executemany("insert into t values (?)", [(number,) for number in range(count)])
        seen = walk(reader, "v", [("_size", str(size)), ("_sort_desc", "a")], most=count + 2)
    assert [row[0] for row in seen] == list(reversed(range(count)))


def test_a_size_of_zero_shows_nothing_and_leads_nowhere():
    with reader_over("create table t (a); insert into t values (1)") as reader:
        _, result = run(reader, "t", [("_size", "0")])
    assert (result.rows, result.next_token) == ([], None)


def test_keys_that_are_null_have_pages_too():
    script = "create table t (a text, b text, primary key (a, b));" + "".join(
        f"insert into t values ({a}, {b});" for a in ("null", "'x'") for b in ("null", "'y'", "'z'")
    )
    with reader_over(script) as reader:
        seen = walk(reader, "t", [("_size", "1")], most=8)
    assert seen == [(None, None), (None, "y"), (None, "z"), ("x", None), ("x", "y"), ("x", "z")]
