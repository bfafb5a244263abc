"""JSON of database values, for plugins that call :mod:`json` themselves."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Mapping
from typing import Any

from vitrina.render.json import blob_value


class CustomJSONEncoder(json.JSONEncoder):
    """Encodes rows and cursors as lists and bytes as ``{"$base64": true, "encoded": …}``."""

    def default(self, obj: Any) -> Any:
        if isinstance(obj, sqlite3.Row):
            return tuple(obj)
        if isinstance(obj, sqlite3.Cursor):
            return list(obj)
        if isinstance(obj, bytes):
            return blob_value(obj)
        return super().default(obj)


def remove_infinites(row: Any) -> Any:
    """``row``, a list or an object, with None in the place of infinite numbers."""
    if isinstance(row, Mapping):
        return {key: _finite(value) for key, value in row.items()}
    return [_finite(value) for value in row]


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and math.isinf(value) else value
