"""Which bodies of write requests are valid, before anything is written."""

import pytest

from vitrina.catalog.model import Column, Table
from vitrina.catalog.stored import AssignedType
from vitrina.web.write.column_type import parse_assignment
from vitrina.web.write.insert import validate
from vitrina.web.write.refusals import BadBody
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
    assert validate(body, table(), max_rows=2, upsert=False) == [error]


def test_valid_inserts():
    assert validate({"row": {"name": "x"}}, table(), max_rows=2, upsert=False) == []
    assert validate({"row": {"size": 1}, "alter": True}, table(), max_rows=2, upsert=False) == []
    assert validate({"row": {"rowid": 1}}, table(keys=()), max_rows=2, upsert=False) == []


def test_upserts_need_every_key():
    rows = [{"id": 1}, {"id": None}, {"name": "x"}]
    assert validate({"rows": rows}, table(), max_rows=9, upsert=True) == [
        'Row 1 has null primary key column(s): "id"',
        'Row 2 is missing primary key column(s): "id"',
    ]
    assert validate({"rows": [], "ignore": True}, table(), max_rows=9, upsert=True) == [
        "Upsert does not support ignore or replace"
    ]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ([], "JSON must be a dictionary"),
        ({"column_type": None}, '"column" is required'),
        ({"column": "a"}, '"column_type" is required'),
        ({"column": "a", "column_type": "url"}, '"column_type" must be an object or null'),
        ({"column": "a", "column_type": {}}, '"column_type.type" is required'),
        ({"column": "a", "column_type": None, "x": 1}, 'Invalid parameter: "x"'),
    ],
)
def test_invalid_column_types(body, error):
    with pytest.raises(BadBody) as caught:
        parse_assignment(body)
    assert caught.value.message == error


def test_column_types():
    assert parse_assignment({"column": "a", "column_type": None}) == ("a", None)
    wanted = {"column": "a", "column_type": {"type": "json", "config": {"indent": 2}}}
    assert parse_assignment(wanted) == ("a", AssignedType("json", {"indent": 2}))


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
