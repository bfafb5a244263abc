"""Values and rows as JSON: blobs, infinities, the shapes of a list of rows."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

try:
    import orjson
except ImportError:  # pragma: no cover - interpreters without orjson wheels
    orjson = None  # type: ignore[assignment]

Row = Sequence[Any]


def blob_value(value: bytes) -> dict[str, Any]:
    """The JSON object that stands for a blob."""
    return {"$base64": True, "encoded": base64.b64encode(value).decode("ascii")}


def _default(value: Any) -> Any:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return blob_value(bytes(value))
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    if hasattr(value, "keys") and hasattr(value, "__getitem__"):
        return {key: value[key] for key in value.keys()}  # noqa: SIM118 - sqlite3.Row iterates values
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def _without_infinities(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _without_infinities(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_infinities(item) for item in value]
    return value


def _slow(value: Any, *, infinity: bool) -> bytes:
    """What orjson refuses: lone surrogates, integers past 64 bits, keys that are not text, infinities."""
    if not infinity:
        value = _without_infinities(value)
    return json.dumps(value, default=_default, separators=(",", ":")).encode("ascii")


def encode(value: Any, *, infinity: bool = False) -> bytes:
    """``value`` as JSON bytes.

    Bytes become the ``$base64`` object, infinities null, or ``Infinity`` and
    ``-Infinity`` where ``infinity`` is True. Integers are written exactly.
    Raises TypeError for objects that JSON has no place for.
    """
    if orjson is not None and not infinity:
        try:
            return orjson.dumps(value, _default)
        except (TypeError, UnicodeError, ValueError):
            pass
    return _slow(value, infinity=infinity)


def objects(columns: Sequence[str], rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Rows as objects; a repeated column name keeps its last value."""
    return [dict(zip(columns, row, strict=False)) for row in rows]


def encode_lines(values: Iterable[Any], *, infinity: bool = False) -> bytes:
    """One JSON document per line, without a line break after the last."""
    return b"\n".join([encode(value, infinity=infinity) for value in values])


def parse_cells(rows: Iterable[Row], indexes: Iterable[int]) -> list[list[Any]]:
    """Rows whose text in the columns at ``indexes`` is parsed as JSON; what does not parse stays text."""
    chosen = tuple(indexes)
    parsed = [list(row) for row in rows]
    for row in parsed:
        for index in chosen:
            if isinstance(row[index], str):
                try:
                    row[index] = json.loads(row[index])
                except (ValueError, RecursionError):
                    continue
    return parsed


def keyed(keys: Sequence[str], items: Sequence[Any]) -> dict[str, Any]:
    """The ``object`` shape: items under the path of their primary key."""
    return dict(zip(keys, items, strict=True))
