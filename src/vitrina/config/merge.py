"""Merging of configuration trees, and of single values from the command line into them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from vitrina.config.settings import SETTINGS
from vitrina.errors import ConfigError

_TRUE = {"on", "true", "1"}
_FALSE = {"off", "false", "0"}


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """A new tree with ``over`` merged recursively over ``base``: objects are joined, anything else is replaced."""
    merged = dict(base)
    for key, value in over.items():
        under = merged.get(key)
        if isinstance(value, Mapping):
            merged[key] = merge(under if isinstance(under, Mapping) else {}, value)
        else:
            merged[key] = value
    return merged


def parse_assignment(name: str, value: str) -> tuple[str, Any]:
    """The dotted key and the value that ``-s NAME VALUE`` stands for.

    A bare setting gets its prefix and its value the setting's type; anything
    else is JSON where it can be, otherwise text.
    Raises ConfigError when a known setting's value has the wrong form.
    """
    if name not in SETTINGS:
        return name, _json_or_text(value)
    key = f"settings.{name}"
    default, _doc = SETTINGS[name]
    if isinstance(default, bool):
        word = value.lower()
        if word not in _TRUE | _FALSE:
            raise ConfigError(f'"{key}" should be on/off/true/false/1/0')
        return key, word in _TRUE
    if isinstance(default, int):
        if not (value.isascii() and value.isdigit()):
            raise ConfigError(f'"{key}" should be an integer')
        return key, int(value)
    return key, _number_or_text(value)


def assignments_tree(assignments: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The tree that dotted keys describe; a later assignment wins.

    Parts that are digits become object keys too, never list positions.
    """
    tree: dict[str, Any] = {}
    for key, value in assignments:
        branch: Any = value
        for part in reversed(key.split(".")):
            branch = {part: branch}
        tree = merge(tree, branch)
    return tree


def _json_or_text(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _number_or_text(value: str) -> Any:
    # A number for a text setting stays a number, so that the type check can refuse it with a clear message.
    parsed = _json_or_text(value)
    return parsed if isinstance(parsed, (int, float)) and not isinstance(parsed, bool) else value
