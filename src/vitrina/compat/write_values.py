"""Values of JSON bodies as databases store them, for plugins that write rows themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from vitrina.errors import InvalidBody
from vitrina.plan.values import decode_value


class WriteJsonValueError(ValueError):
    """A ``$base64`` object that cannot be decoded."""


def decode_write_json_cell(value: Any) -> Any:
    """The value with its ``$base64`` or ``$raw`` wrapping taken off. Raises WriteJsonValueError."""
    try:
        return decode_value(value)
    except InvalidBody as error:
        raise WriteJsonValueError(error.message) from error


def decode_write_json_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with each value through :func:`decode_write_json_cell`."""
    return {key: decode_write_json_cell(value) for key, value in row.items()}


def decode_write_json_rows(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows with each value through :func:`decode_write_json_cell`."""
    return [decode_write_json_row(row) for row in rows]
