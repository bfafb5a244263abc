"""Values of a request body as a database stores them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from vitrina.errors import InvalidBody

_BLOB_KEYS = {"$base64", "encoded"}


def decode_value(value: Any) -> Any:
    """``value`` with its wrapping taken off: ``$base64`` objects become bytes, ``$raw`` what they hold.

    Raises InvalidBody.
    """
    if type(value) is not dict:
        return value
    if len(value) == 1 and "$raw" in value:
        return value["$raw"]
    if value.get("$base64") is True and value.keys() == _BLOB_KEYS:
        encoded = value["encoded"]
        if not isinstance(encoded, str):
            raise InvalidBody("$base64 encoded value must be a string")
        try:
            return base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError) as error:
            raise InvalidBody("Invalid $base64 encoded value") from error
    return value


def decode_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Every value of ``row`` through :func:`decode_value`."""
    if dict not in map(type, row.values()):
        return dict(row)
    return {name: decode_value(value) for name, value in row.items()}


def decode_rows(rows: Sequence[Mapping[str, Any]]) -> tuple[tuple[Mapping[str, Any], ...], bool]:
    """Every row through :func:`decode_row`, rows without objects as they are, and whether all are bound as they are."""
    kinds = set(map(type, chain.from_iterable([row.values() for row in rows])))
    if dict not in kinds:
        return tuple(rows), list not in kinds
    return tuple([decode_row(row) for row in rows]), False


def stored_value(value: Any) -> Any:
    """``value`` as it is bound: objects and lists become JSON text.

    Raises InvalidBody for one that is nested too deeply.
    """
    if isinstance(value, (dict, list)):
        try:
            return json.dumps(value, ensure_ascii=False)
        except RecursionError as error:
            raise InvalidBody("A value is nested too deeply") from error
    return value


def stored_values(row: Mapping[str, Any], columns: Sequence[str]) -> list[Any]:
    """The values of ``columns`` as they are bound; None for those that ``row`` lacks."""
    values = [row.get(name) for name in columns]
    kinds = set(map(type, values))
    return [stored_value(value) for value in values] if dict in kinds or list in kinds else values


def bound_rows(rows: Sequence[Mapping[str, Any]], columns: tuple[str, ...]) -> list[Sequence[Any]]:
    """The values of every row as they are bound, see :func:`stored_values`."""
    if set(map(tuple, rows)) == {columns}:
        # Nearly always all rows are alike: then no row is looked at from here.
        values: list[Sequence[Any]] = [tuple(row.values()) for row in rows]
        kinds = set(map(type, chain.from_iterable(values)))
        if dict not in kinds and list not in kinds:
            return values
    return [stored_values(row, columns) for row in rows]


def infer_type(values: Iterable[Any]) -> str:
    """The SQLite type of a new column for these decoded values; NULLs say nothing."""
    kinds = {type(value) for value in values if value is not None}
    if not kinds:
        return "TEXT"
    if kinds <= {int, bool}:
        return "INTEGER"
    if kinds <= {int, bool, float}:
        return "REAL"
    return "BLOB" if kinds == {bytes} else "TEXT"
