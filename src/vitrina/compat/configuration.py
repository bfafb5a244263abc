"""Configuration as plugins read it: files, nested keys and secrets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from vitrina.config.secrets import resolve

_TRUE = ("on", "true", "1")
_FALSE = ("off", "false", "0")


class BadMetadataError(Exception):
    """Text that is neither JSON nor YAML."""


class ValueAsBooleanError(ValueError):
    """Text that is neither a yes nor a no."""


def parse_metadata(content: str) -> Any:
    """The value of a JSON or YAML text. Raises BadMetadataError."""
    try:
        return json.loads(content)
    except ValueError:
        try:
            return yaml.safe_load(content)
        except yaml.YAMLError as error:
            raise BadMetadataError("Metadata is not valid JSON or YAML") from error


def value_as_boolean(value: str) -> bool:
    """on, true and 1 are True, off, false and 0 are False. Raises ValueAsBooleanError."""
    word = value.lower()
    if word not in _TRUE + _FALSE:
        raise ValueAsBooleanError
    return word in _TRUE


def parse_size_limit(value: str | None, default: int, maximum: int, name: str = "_size") -> int:
    """A number of rows: ``default`` without a value, ``maximum`` for "max". Raises ValueError."""
    if value is None or value == "":
        return default
    if value == "max":
        return maximum
    try:
        number = int(value)
    except ValueError:
        number = -1
    if number < 0:
        raise ValueError(f"{name} must be a positive integer")
    if number > maximum:
        raise ValueError(f"{name} must be <= {maximum}")
    return number


def pairs_to_nested_config(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Dotted keys as nested objects; values that are JSON are parsed."""
    nested: dict[str, Any] = {}
    for dotted, value in pairs:
        *parents, last = dotted.split(".")
        level = nested
        for parent in parents:
            inner = level.get(parent)
            if not isinstance(inner, dict):
                inner = level[parent] = {}
            level = inner
        level[last] = _value(value)
    return nested


def _value(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def prune_empty_dicts(d: dict[str, Any]) -> None:
    """Take empty objects out of ``d``, at every level."""
    for key, value in list(d.items()):
        if isinstance(value, dict):
            prune_empty_dicts(value)
            if not value:
                del d[key]


def deep_dict_update(dict1: dict[str, Any], dict2: Mapping[str, Any]) -> dict[str, Any]:
    """``dict1`` with what ``dict2`` says, objects merged level by level."""
    for key, value in dict2.items():
        if isinstance(value, Mapping):
            dict1[key] = deep_dict_update(dict1.get(key) or {}, value)
        else:
            dict1[key] = value
    return dict1


def redact_keys(original: Any, key_patterns: Iterable[str]) -> Any:
    """A copy in which values are ``***`` whose key contains one of the patterns, in any case."""
    patterns = tuple(pattern.casefold() for pattern in key_patterns)
    if isinstance(original, Mapping):
        return {
            key: "***" if any(pattern in str(key).casefold() for pattern in patterns) else redact_keys(value, patterns)
            for key, value in original.items()
        }
    if isinstance(original, list):
        return [redact_keys(value, patterns) for value in original]
    return original


def resolve_env_secrets(config: Any, environ: Mapping[str, str]) -> Any:
    """The value with ``{"$env": NAME}`` and ``{"$file": PATH}`` replaced by what they stand for."""
    return resolve(config, environ)
