"""Which bodies of write requests are valid, before anything is written."""

import pytest

from vitrina.catalog.model import Column, Table
from vitrina.catalog.stored import AssignedType
from vitrina.errors import InvalidBody
from vitrina.plan.rows import parse_rows
from vitrina.web.write.column_type import parse_assignment, parse_type
from vitrina.web.write.stored_query import parse_fields


def table(*, keys=("id",)):
    columns = tuple(Column(at, name, "TEXT", 0, None, 0, 0) for at, name in enumerate(("id", "name")))
    return Table("t", "table", None, 2, columns, keys, column_names=("id", "name"))


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ([], "JSON must be a dictionary"),
        ({}, 'JSON must have one or other of "row" or "rows"'),
        ({"row": {}, "rows": []}, 'Cannot use "row" and "rows" at the same time'),
        ({"row": []}, '"row" must be a dictionary'),
        ({"rows": {}}, '"rows" must be a list'),
        ({"rows": [1]}, '"rows" must be a list of dictionaries'),
        ({"rows": [{}] * 3}, "Too many rows, maximum allowed is 2"),
        ({"rows": [], "zeta": 1, "alpha": 1}, 'Invalid parameter: "alpha", "zeta"'),
        ({"rows": [], "ignore": True, "replace": True}, 'Cannot use "ignore" and "replace" at the same time'),
        ({"row": {"size": 1, "hue": 2}}, "Row 0 has invalid columns: hue, size"),
    ],
)
def test_invalid_inserts(body, error):
    with pytest.raises(InvalidBody) as caught:
        parse_rows(body, table(), max_rows=2, upsert=False)
    assert caught.value.messages == [error]


def test_valid_inserts():
    assert parse_rows({"row": {"name": "x"}}, table(), max_rows=2, upsert=False).returns
    assert parse_rows({"row": {"size": 1}, "alter": True}, table(), max_rows=2, upsert=False).alter
    assert parse_rows({"row": {"rowid": 1}}, table(keys=()), max_rows=2, upsert=False).rows == ({"rowid": 1},)
    assert parse_rows({"rows": [], "ignore": 1}, table(), max_rows=2, upsert=False).conflict == "ignore"


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        (
            {"rows": [{"id": 1}, {"id": None}, {"name": "x"}]},
            [
                'Row 1 has null primary key column(s): "id"',
                'Row 2 is missing primary key column(s): "id"',
            ],
        ),
        ({"rows": [], "ignore": True}, ["Upsert does not support ignore or replace"]),
    ],
)
def test_upserts_need_every_key(body, errors):
    with pytest.raises(InvalidBody) as caught:
        parse_rows(body, table(), max_rows=9, upsert=True)
    assert caught.value.messages == errors


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ([], "JSON must be a dictionary"),
        ({"column_type": None}, '"column" is required'),
        ({"column": "a"}, '"column_type" is required'),
        ({"column": None, "column_type": None}, '"column" must be a string'),
        ({"column": "a", "column_type": "url"}, '"column_type" must be an object or null'),
        ({"column": "a", "column_type": {}}, '"column_type.type" is required'),
        ({"column": "a", "column_type": {"type": 5}}, '"column_type.type" must be a string'),
        ({"column": "a", "column_type": {"type": "x", "config": []}}, '"column_type.config" must be a dictionary'),
        ({"column": "a", "column_type": {"type": "x", "y": 1}}, 'Invalid column_type parameter: "y"'),
        ({"column": "a", "column_type": None, "x": 1}, 'Invalid parameter: "x"'),
    ],
)
def test_invalid_column_types(body, error):
    with pytest.raises(InvalidBody) as caught:
        parse_type(parse_assignment(body)[1])
    assert caught.value.message == error


def test_column_types():
    assert parse_assignment({"column": "a", "column_type": None}) == ("a", None)
    wanted = {"type": "json", "config": {"indent": 2}}
    assert parse_assignment({"column": "a", "column_type": wanted}) == ("a", wanted)
    assert parse_type(wanted) == AssignedType("json", {"indent": 2})
    assert parse_type(None) is None


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b'{"a": 1, "b": "x"}', {"a": "1", "b": "x"}),
        (b"a=1&a=2&b=", {"a": "2", "b": ""}),
        (b"{broken=1", {"{broken": "1"}),
        (b"", {}),
    ],
)
def test_fields_of_stored_queries(body, fields):
    assert parse_fields(body) == fields
