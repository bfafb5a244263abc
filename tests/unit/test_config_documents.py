"""Parsing configuration files, and the places that messages name."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from vitrina.config.documents import parse_document
from vitrina.errors import ConfigError

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
TREES = st.dictionaries(
    st.text(min_size=1, max_size=6),
    st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner)),
    max_size=5,
)


@given(TREES)
def test_json_comes_back_as_it_was_written(tree: dict[str, object]) -> None:
    assert parse_document(json.dumps(tree), "c.json").data == tree


@given(TREES)
def test_yaml_comes_back_as_it_was_written(tree: dict[str, object]) -> None:
    assert parse_document(yaml.safe_dump(tree), "c.yaml").data == tree


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "null", "{}"])
def test_nothing_is_an_empty_object(text: str) -> None:
    assert parse_document(text, "c").data == {}


def test_yaml_dates_and_keys_become_text() -> None:
    data = parse_document("on: 2020-01-02\n3: [2020-01-02T03:04:05]\nnull: 1\n", "c").data
    assert data == {"true": "2020-01-02", "3": ["2020-01-02T03:04:05"], "null": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1,\n "b": [}', "c, line 2, near b: neither valid JSON nor valid YAML: Expecting value"),
        ("a: 1\nb: [1\nc: 2\n", "c, line 3, near c: neither valid JSON nor valid YAML: "),
        ("a: 1\n  b: 2\n", "c, line 2, near b: neither valid JSON nor valid YAML: mapping values are not allowed"),
        ("[1]", "c: an object with keys is needed at the top, not a list"),
        ("3", "c: an object with keys is needed at the top, not a number"),
        ("true", "c: an object with keys is needed at the top, not a boolean"),
        ("only words", "c: an object with keys is needed at the top, not text"),
    ],
)
def test_what_is_neither_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_document(text, "c")
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    ("text", "path", "place"),
    [
        ("a:\n  b:\n    - x\n    - y\n", ("a", "b", 1), "c, line 4"),
        ('{"a":\n {"b": 1}}', ("a", "b"), "c, line 2"),
        ('{\t"a":\n\t{"b": 1}}', ("a", "b"), "c, line 2"),
        ("a:\n  b: 1\n", ("a", "missing"), "c, line 1"),
        ("a: 1\n", ("other",), "c"),
        ("", ("a",), "c"),
    ],
)
def test_the_place_of_a_value(text: str, path: tuple[str | int, ...], place: str) -> None:
    assert parse_document(text, "c").place(path) == place
