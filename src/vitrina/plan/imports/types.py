"""The type of a column, from its values, and whether a further value fits it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal

#: type of a column as people and requests name it
ColumnType = Literal["integer", "float", "text", "blob"]

_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
# A double keeps this many digits; a number with more is an identifier rather than a measure.
_DIGITS = 17

# ASCII digits only, no white space, no leading zero: what comes back from the database as it was.
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})")
_FLOAT = re.compile(r"[+-]?(?:0|[1-9][0-9]*)?(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,3})?")
_ANY_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")


def is_integer(text: str) -> bool:
    """Whether ``text`` is an integer of 64 bits that is shown as it was written."""
    return _INTEGER.fullmatch(text) is not None and text != "-0" and _SMALLEST <= int(text) <= _LARGEST


def is_float(text: str) -> bool:
    """Whether ``text`` is a decimal number that a double holds without losing digits."""
    if _FLOAT.fullmatch(text) is None:
        return False
    mantissa = text.lower().partition("e")[0]
    digits = mantissa.lstrip("+-").replace(".", "")
    if not digits or len(digits.lstrip("0")) > _DIGITS:
        return False
    return abs(float(text)) != float("inf")


def detect_type(values: Iterable[Any], nulls: frozenset[str] = frozenset()) -> ColumnType:
    """The narrowest type that all ``values`` fit; empty texts, ``nulls`` and None say nothing.

    Texts are looked into; other values have their own type.
    """
    integer = real = blob = True
    seen = False
    for value in values:
        if value is None or value == "" or (type(value) is str and value in nulls):
            continue
        seen = True
        if isinstance(value, str):
            blob = False
            if integer and not is_integer(value):
                integer = False
            if not integer and real and not is_float(value):
                return "text"
        elif isinstance(value, bool) or (isinstance(value, int) and _SMALLEST <= value <= _LARGEST):
            blob = False
        elif isinstance(value, float):
            integer = blob = False
        elif isinstance(value, bytes):
            integer = real = False
        else:
            return "text"
        if not (integer or real or blob):
            return "text"
    if not seen:
        return "text"
    return "integer" if integer else "float" if real else "blob"


def misfit(value: str, kind: ColumnType, *, exact: bool) -> str | None:
    """What is wrong with a text for a column of this type, or None.

    ``exact``: the column's type was guessed, so a number that would be shown
    otherwise than it was written does not fit it.
    """
    if kind == "integer":
        if is_integer(value):
            return None
        if _ANY_INTEGER.fullmatch(value):
            if not exact and _SMALLEST <= int(value) <= _LARGEST:
                return None
            return "would not keep how it is written as an integer"
        return "is not an integer" if not value.lstrip("+-").isdecimal() else "is too large for an integer"
    if kind == "float":
        if is_float(value) or is_integer(value):
            return None
        if not exact and _is_number(value):
            return None
        return "would lose digits as a number" if _is_number(value) else "is not a number"
    return None


def _is_number(text: str) -> bool:
    try:
        return text.isascii() and "_" not in text and abs(float(text)) < float("inf")
    except ValueError:
        return False
