"""The plan of a row page."""

import pytest
from plan_catalog import CATALOG

from vitrina.config.settings import Settings
from vitrina.errors import BadRequest, RowNotFound
from vitrina.plan.row import plan_row


def plan(table, path, wanted=("incoming", "labels"), visible=lambda name: True):
    return plan_row(CATALOG, CATALOG.get(table), path, settings=Settings(), visible=visible, wanted=frozenset(wanted))


@pytest.mark.parametrize(
    ("table", "path", "sql", "params"),
    [
        ("ships", "5", 'select * from ships where "id"=:p0', {"p0": "5"}),
        (
            "calls",
            "1,2,a~2Cb+c",
            'select * from calls where "harbour"=:p0 AND "ship"=:p1 AND "day"=:p2',
            {"p0": "1", "p1": "2", "p2": "a,b c"},
        ),
        ("weather", "5", 'select rowid, * from weather where "rowid"=:p0', {"p0": "5"}),
    ],
)
def test_statements(table, path, sql, params):
    planned = plan(table, path)
    assert (planned.sql, dict(planned.params)) == (sql, params)


@pytest.mark.parametrize(("table", "path"), [("ships", "1,2"), ("calls", "1,2"), ("weather", "1,2")])
def test_a_key_with_the_wrong_number_of_parts_is_refused(table, path):
    with pytest.raises(BadRequest, match="does not match the primary key"):
        plan(table, path)


def test_views_have_no_rows():
    with pytest.raises(RowNotFound):
        plan("fleet", "1")


def test_incoming_foreign_keys_are_counted_in_one_statement():
    planned = plan("ships", "5")
    assert [(key.other_table, key.other_column) for key in planned.incoming] == [("calls", "ship"), ("ships", "twin")]
    assert len(planned.incoming_statements) == 1
    assert plan("ships", "5", visible=lambda name: name == "calls").incoming == planned.incoming[:1]
    assert plan("ships", "5", wanted=()).incoming_statements == ()
    assert plan("calls", "1,2,x").incoming == ()


def test_labels_of_visible_tables_only():
    assert [label.column for label in plan("ships", "5").labels] == ["twin", "home"]
    assert plan("ships", "5", visible=lambda name: False).labels == ()
