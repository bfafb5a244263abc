"""Shapes of PyPI's caveats, checked as its JSON schemas check them."""

from __future__ import annotations

import re
from typing import Any

# The dollar sign lets a line break at the end pass, as it does in PyPI's own check.
_PROJECT = re.compile(r"^([a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])$")
_UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")


def is_integer(value: Any) -> bool:
    """Whether JSON schema calls the value an integer: 1.0 is one, true is not."""
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (isinstance(value, float) and value.is_integer())


def is_constant(value: Any, number: int) -> bool:
    """Whether the value is this number; true is not 1."""
    return is_integer(value) and value == number


def is_tagged(value: Any, tag: int, length: int) -> bool:
    """Whether the value is a list of that length which begins with the tag."""
    return isinstance(value, list) and len(value) == length and is_constant(value[0], tag)


def is_project(value: Any) -> bool:
    """Whether the value is a normalized project name."""
    return isinstance(value, str) and _PROJECT.search(value) is not None


def is_uuid(value: Any) -> bool:
    """Whether the value is a UUID in lower case."""
    return isinstance(value, str) and _UUID.search(value) is not None


def is_text_list(value: Any) -> bool:
    """Whether the value is a list of texts."""
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
