"""The statements of row and query pages."""

import pytest
from page_reader import reader_over

from vitrina.config.settings import Settings
from vitrina.engine.protocols import Budget
from vitrina.errors import InvalidSQL
from vitrina.execute.query import run_query
from vitrina.execute.row import run_row
from vitrina.plan.query import plan_query
from vitrina.plan.row import plan_row

SCRIPT = """
create table harbours (id integer primary key, name text unique);
insert into harbours values (1, 'Oslo'), (2, 'Lima');
create table ships (id integer primary key, home integer references harbours(id), named text references harbours(name));
insert into ships values (1, 1, 'Lima'), (2, 1, 'Oslo'), (3, 2, 'Lima');
create table calls (ship integer references ships, day text, primary key (ship, day)) without rowid;
insert into calls values (1, 'a,b'), (1, 'c');
create table plain (v text);
insert into plain values ('x'), ('y');
"""


@pytest.fixture
def reader():
    with reader_over(SCRIPT) as opened:
        yield opened


def row(reader, table, path, wanted=("incoming", "labels"), budget=None):
    plan = plan_row(
        reader.catalog,
        reader.catalog.get(table),
        path,
        settings=Settings(),
        visible=lambda name: True,
        wanted=frozenset(wanted),
    )
    return run_row(reader, plan, budget)


def test_a_row_with_what_points_to_it(reader):
    result = row(reader, "harbours", "1")
    assert (result.columns, result.row) == (("id", "name"), (1, "Oslo"))
    # a foreign key may point to another column than the primary key
    counts = {(key.other_table, key.other_column): count for key, count in result.incoming}
    assert counts == {("ships", "home"): 2, ("ships", "named"): 1}
    assert len(reader.statements) == 2


def test_labels_of_a_row(reader):
    assert row(reader, "ships", "3").labels["home"] == {2: "Lima"}


def test_compound_keys_and_rowids(reader):
    assert row(reader, "calls", "1,a~2Cb").row == (1, "a,b")
    result = row(reader, "plain", "2")
    assert (result.columns, result.row) == (("rowid", "v"), (2, "y"))


def test_a_missing_row_costs_one_statement(reader):
    result = row(reader, "harbours", "99")
    assert (result.row, result.incoming, result.labels) == (None, [], {})
    assert len(reader.statements) == 1


def test_without_time_the_row_comes_alone(reader):
    result = row(reader, "harbours", "1", budget=Budget.of(0))
    assert (result.row, result.incoming) == ((1, "Oslo"), [])


def query(reader, sql, **values):
    return run_query(reader, plan_query(sql, values, settings=Settings()))


def test_queries(reader):
    result = query(reader, "select name from harbours where id = :id", id="2")
    assert (result.columns, result.rows, result.truncated) == (("name",), [("Lima",)], False)


def test_queries_are_cut_at_the_row_cap(reader):
    result = query(reader, "with recursive c(x) as (select 1 union all select x + 1 from c limit 1500) select x from c")
    assert (len(result.rows), result.truncated) == (1000, True)


def test_queries_cannot_write_however_they_are_dressed(reader):
    with pytest.raises(InvalidSQL):
        query(reader, "with a as (select 1) delete from plain")
    assert reader.select("select count(*) from plain").rows == [(2,)]
