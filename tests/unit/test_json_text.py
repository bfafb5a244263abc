"""The faster reader of JSON gives what Python's own gives, errors included."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrina.plan.json_text import parse_json


def outcome(read, text):
    try:
        return repr(read(text))
    except (ValueError, RecursionError) as error:
        return type(error), str(error)


ODD = [
    b"-0", b"-0.0", b"1e400", b"-1E400", b"NaN", b"Infinity", b"[1,]", b"{", b"", b"  7 ", b"\xef\xbb\xbf1",
    b'"\\ud800"', b'"\xff"', b'{"a": 1, "a": 2}', b"9223372036854775807", b"9223372036854775808",
    b"-9223372036854775808", b"-9223372036854775809", b"18446744073709551615", b"18446744073709551616",
    b"1" * 40, b"0." + b"1" * 40, b"1e-400", b"01", b"1.", b'"\t"', "[\"é\"]".encode("utf-16"), b"[" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("text", ODD)
def test_odd_texts(text):
    assert outcome(parse_json, text) == outcome(json.loads, text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES, st.booleans(), st.none() | st.integers(0, 4))
def test_any_value(value, ascii_only, indent):
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "surrogatepass")
    assert outcome(parse_json, text) == outcome(json.loads, text)


@given(st.binary(max_size=40) | st.text(alphabet='[]{}",:0123456789eE+-. tfn\\u', max_size=30).map(str.encode))
def test_any_text(text):
    assert outcome(parse_json, text) == outcome(json.loads, text)
