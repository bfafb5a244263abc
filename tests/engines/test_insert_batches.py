"""Rows inserted many at once end up as rows inserted one by one."""

import sqlite3

import pytest

from vitrina.dialect.write import insert_row
from vitrina.execute.change_rows import insert_batches
from vitrina.plan.values import stored_values

SCHEMA = """
create table t (id integer primary key, a, b text default 'none');
create table log (id integer);
insert into t values (7, 'old', 'old'), (150, 'old', 'old');
create trigger skips before insert on t when new.a = 'skip' begin select raise(ignore); end;
create trigger logs after insert on t begin insert into log values (new.id); end;
"""
MANY = [{"id": n, "a": n % 7, "b": "é"} for n in range(200, 377)]
LISTS = {
    "alike": MANY,
    "few": MANY[:3],
    "taken": [{"id": 5, "a": 1}, {"id": 7, "a": 2}, *[{"id": n, "a": 3} for n in range(140, 160)]],
    "skipped": [{"id": n, "a": "skip" if n % 3 else n} for n in range(300, 420)],
    "reordered": [{"id": 900, "a": 1}, {"a": 2, "id": 901}],
    "objects": [{"id": n, "a": {"n": [n]}, "b": [n]} for n in range(500, 560)],
    "without columns": [{}, {}],
}


def contents(conn):
    return conn.execute("select * from t order by id").fetchall(), conn.execute("select * from log").fetchall()


def made():
    conn = sqlite3.connect(":memory:", isolation_level=None)
    conn.executescript(SCHEMA)
    return conn


def one_by_one(rows, conflict):
    conn = made()
    for row in rows:
        conn.execute(insert_row("t", tuple(row), conflict), stored_values(row, tuple(row)))
    return contents(conn)


@pytest.mark.parametrize("conflict", ["abort", "ignore", "replace"])
@pytest.mark.parametrize("name", LISTS)
def test_as_one_by_one(name, conflict):
    rows = LISTS[name]
    if name == "taken" and conflict == "abort":
        with pytest.raises(sqlite3.IntegrityError, match=r"UNIQUE constraint failed: t\.id"):
            insert_batches(made(), "t", rows, conflict)
        return
    for alike in (False, name in ("alike", "few", "taken", "skipped")):
        conn = made()
        insert_batches(conn, "t", rows, conflict, alike=alike)
        assert contents(conn) == one_by_one(rows, conflict)


def test_columns_that_only_some_rows_have():
    """A column that a row lacks and an earlier one of its batch has becomes NULL, whatever its default."""
    conn = made()
    insert_batches(conn, "t", [{"id": 900, "b": "x"}, {"id": 901, "a": 1}, {"a": 2, "id": 902}], "abort")
    assert conn.execute("select * from t where id >= 900").fetchall() == [
        (900, None, "x"),
        (901, 1, None),
        (902, 2, None),
    ]
