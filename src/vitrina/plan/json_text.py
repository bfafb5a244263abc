"""Reading JSON as Python's own reader does, sooner where that makes no difference."""

from __future__ import annotations

import json
from typing import Any

try:
    import orjson
except ImportError:  # pragma: no cover - interpreters without orjson wheels
    orjson = None  # type: ignore[assignment]

# Every digit becomes a zero, anything else a blank.
_DIGITS = bytes(ord("0") if chr(code).isdecimal() and code < 128 else ord(" ") for code in range(256))
# Integers of so many digits may need more than 64 bits, and become floats in the faster reader.
_LONG = b"0" * 19


def parse_json(text: bytes) -> Any:
    """The value that ``text`` holds; raises ValueError or RecursionError, with the words of Python's reader."""
    if orjson is not None and _LONG not in text.translate(_DIGITS):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            # NaN, lone surrogates and other encodings are read all the same, and errors are told in the words known.
            pass
    return json.loads(text)
