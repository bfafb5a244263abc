"""JSON encoding of values and rows."""

import json
import math
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrina.render import json as render_json

SQLITE_VALUES = st.one_of(
    st.none(),
    st.integers(min_value=-(2**63), max_value=2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(alphabet=st.characters(exclude_categories=("Cs",))),
)


@given(st.lists(SQLITE_VALUES))
def test_every_storage_class_survives(values):
    assert json.loads(render_json.encode(values)) == values


@given(st.lists(SQLITE_VALUES))
def test_fallback_agrees_with_orjson(values):
    assert json.loads(render_json._slow(values, infinity=False)) == json.loads(render_json.encode(values))


def test_fallback_is_used_without_orjson(monkeypatch):
    monkeypatch.setattr(render_json, "orjson", None)
    assert json.loads(render_json.encode({"a": b"\xff", "b": math.inf})) == {
        "a": {"$base64": True, "encoded": "/w=="},
        "b": None,
    }


def test_blob_even_when_it_is_text():
    assert json.loads(render_json.encode([b"hi"])) == [{"$base64": True, "encoded": "aGk="}]


@pytest.mark.parametrize(("infinity", "expected"), [(False, b"[null,null,1.5]"), (True, b"[Infinity,-Infinity,1.5]")])
def test_infinities(infinity, expected):
    assert render_json.encode([math.inf, -math.inf, 1.5], infinity=infinity) == expected


def test_lone_surrogate_and_huge_integer_do_not_fail():
    assert json.loads(render_json.encode(["\ud800", 2**70])) == ["\ud800", 2**70]


def test_unknown_object_is_refused():
    with pytest.raises(TypeError):
        render_json.encode([SimpleNamespace()])


def test_repeated_column_keeps_last_value():
    assert render_json.objects(("a", "b", "a"), [(1, 2, 3)]) == [{"a": 3, "b": 2}]


def test_lines():
    assert render_json.encode_lines([{"a": 1}, {"a": 2}]) == b'{"a":1}\n{"a":2}'


def test_parse_cells_leaves_what_does_not_parse():
    assert render_json.parse_cells([("[1]", "{", None, "[2]")], [0, 1, 2]) == [[[1], "{", None, "[2]"]]
