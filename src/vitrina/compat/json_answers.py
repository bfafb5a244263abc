"""The JSON format as a function, for plugins that answer in it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from vitrina.compat.answers import error_body
from vitrina.compat.configuration import value_as_boolean
from vitrina.compat.json_encoder import CustomJSONEncoder, remove_infinites
from vitrina.compat.row_path import path_from_row_pks
from vitrina.http.response import Response


def convert_specific_columns_to_json(
    rows: Sequence[Sequence[Any]], columns: Sequence[str], json_cols: Sequence[str]
) -> list[list[Any]]:
    """Rows with the texts of some columns parsed as JSON, where they are."""
    positions = {position for position, name in enumerate(columns) if name in json_cols}
    return [[_parsed(value) if at in positions else value for at, value in enumerate(row)] for row in rows]


def _parsed(value: Any) -> Any:
    try:
        return json.loads(value)
    except (TypeError, ValueError):
        return value


def json_renderer(request: Any, args: Any, data: dict[str, Any], error: str | None, truncated: Any = None) -> Response:
    """``data`` in the shape that ``_shape`` asks for, as an answer."""
    status, rows = 200, list(data.get("rows") or ())
    data = {**data}
    if not _is_on(args, "_json_infinity"):
        rows = [remove_infinites(row) for row in rows]
    if error:
        status = 400
        data.update(error_body(error, status) | {"ok": False})
        if truncated is not None:
            data["truncated"] = truncated
    shape = args.get("_shape", "objects")
    if shape == "arrayfirst":
        return _answer([next(iter(row.values())) if isinstance(row, Mapping) else row[0] for row in rows], status)
    if shape == "array":
        if args.get("_nl", ""):
            lines = "\n".join(json.dumps(row, cls=CustomJSONEncoder) for row in rows)
            return Response(lines, status=status, content_type="text/plain")
        return _answer(rows, status)
    if shape == "object":
        return _by_key(rows, data, status)
    if shape not in ("objects", "arrays"):
        return Response.error(f"Invalid _shape: {shape}", 400)
    if shape == "arrays":
        rows = [list(row.values()) if isinstance(row, Mapping) else row for row in rows]
    data["rows"] = rows
    return _answer(data, status)


def _by_key(rows: Sequence[Any], data: Mapping[str, Any], status: int) -> Response:
    if "primary_keys" not in data:
        return Response.error("_shape=object is only available on tables", 400)
    pks = data["primary_keys"]
    if not pks:
        return Response.error("_shape=object not available for tables with no primary keys", 400)
    return _answer({path_from_row_pks(row, pks, False): row for row in rows}, status)


def _answer(value: Any, status: int) -> Response:
    body = json.dumps(value, cls=CustomJSONEncoder)
    return Response(body, status=status, content_type="application/json; charset=utf-8")


def _is_on(args: Any, name: str) -> bool:
    value = args.get(name)
    return bool(value) and value_as_boolean(value)
