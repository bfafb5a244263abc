"""JSON schemas of request bodies; tests compare their keys with those that the plans take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from vitrina.execute.imports.source import FORMATS
from vitrina.plan.definitions import DEFAULT_EXPRESSIONS, TYPES
from vitrina.plan.imports.model import MODES
from vitrina.web.imports.run import KEYS as IMPORT_KEYS

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
ROW: Schema = {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Value"}}
_TEXTS: Schema = {"type": "array", "items": TEXT}
_NAME: Schema = {"type": "string", "minLength": 1}


def record(properties: Mapping[str, Schema], required: Iterable[str] = ()) -> Schema:
    """An object with these keys and no others."""
    schema: Schema = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    needed = list(required)
    if needed:
        schema["required"] = needed
    return schema


def one_of(values: Iterable[str]) -> Schema:
    """One of some texts."""
    return {"type": "string", "enum": list(values)}


def _default() -> dict[str, Schema]:
    return {
        "default": {"description": "A literal value", "type": ["string", "number", "boolean", "null"]},
        "default_expr": one_of(DEFAULT_EXPRESSIONS),
    }


def _reference() -> dict[str, Schema]:
    return {"fk_table": TEXT, "fk_column": TEXT}


def insert_rows(max_rows: int) -> Schema:
    """``row`` or ``rows``, and what happens to rows that are there."""
    flags = dict.fromkeys(("return", "ignore", "replace", "alter"), FLAG)
    rows = {"type": "array", "items": ROW, "maxItems": max_rows}
    return {
        **record({"row": ROW, "rows": rows, **flags}),
        "oneOf": [{"required": ["row"]}, {"required": ["rows"]}],
    }


def upsert_rows(max_rows: int) -> Schema:
    """``row`` or ``rows``, each with its primary key."""
    schema = insert_rows(max_rows)
    for key in ("ignore", "replace"):
        del schema["properties"][key]
    return schema


def create_table() -> Schema:
    """Columns, or example rows."""
    column = record(
        {"name": _NAME, "type": one_of(TYPES), "not_null": FLAG, **_default(), **_reference()}, required=["name"]
    )
    return {
        **record(
            {
                "table": {"type": "string", "minLength": 1, "pattern": "^(?!sqlite_)[^\\n]+$"},
                "columns": {"type": "array", "items": column, "minItems": 1},
                "row": ROW,
                "rows": {"type": "array", "items": ROW, "minItems": 1},
                "pk": TEXT,
                "pks": _TEXTS,
                **dict.fromkeys(("ignore", "replace", "alter"), FLAG),
            },
            required=["table"],
        ),
        "oneOf": [{"required": [key]} for key in ("columns", "row", "rows")],
    }


def alter_operations() -> dict[str, Schema]:
    """Operation → its arguments."""
    columns = {"type": "array", "items": TEXT, "minItems": 1}
    foreign_key = {"column": _NAME, **_reference()}
    described = {"name": _NAME, "type": one_of(TYPES), "not_null": FLAG, **_default()}
    return {
        "add_column": record(described, ["name"]),
        "rename_column": record({"name": _NAME, "to": _NAME}, ["name", "to"]),
        "rename_table": record({"to": _NAME}, ["to"]),
        "alter_column": record(described, ["name"]),
        "drop_column": record({"name": _NAME}, ["name"]),
        "set_primary_key": record({"columns": columns}, ["columns"]),
        "reorder_columns": record({"columns": columns}, ["columns"]),
        "add_foreign_key": record(foreign_key, ["column", "fk_table"]),
        "drop_foreign_key": record({"column": _NAME}, ["column"]),
        "set_foreign_keys": record(
            {"foreign_keys": {"type": "array", "items": record(foreign_key, ["column", "fk_table"])}},
            ["foreign_keys"],
        ),
    }


def alter_table() -> Schema:
    """A list of operations, applied together."""
    operations = [
        record({"op": {"const": name}, "args": args}, ["op", "args"]) for name, args in alter_operations().items()
    ]
    return record(
        {"operations": {"type": "array", "minItems": 1, "items": {"oneOf": operations}}}, required=["operations"]
    )


def update_row() -> Schema:
    """New values; ``expected`` are the old ones, without which a change by somebody else is overwritten."""
    return record({"update": ROW, "return": FLAG, "alter": FLAG, "expected": ROW}, required=["update"])


def set_column_type() -> Schema:
    """The type of a column, or null to take it away."""
    assigned = record({"type": _NAME, "config": {"type": ["object", "null"]}}, ["type"])
    return record({"column": _NAME, "column_type": {"oneOf": [assigned, {"type": "null"}]}}, ["column", "column_type"])


def write_sql() -> Schema:
    """A statement and its parameters."""
    return record({"sql": _NAME, "params": {"type": "object"}}, required=["sql"])


def stored_query(*, new: bool) -> Schema:
    """The fields of a stored query that may be set."""
    texts = ("title", "description", "fragment")
    after = ("on_success_message", "on_success_redirect", "on_error_message", "on_error_redirect")
    nullable = {"type": ["string", "null"]}
    fields: dict[str, Schema] = {"sql": _NAME, "hide_sql": FLAG, "parameters": _TEXTS, "is_private": FLAG}
    fields.update(dict.fromkeys((*texts, *after), nullable))
    if new:
        return record({"name": {"type": "string", "pattern": "^[^/.\\n]+$"}, **fields}, required=["name", "sql"])
    return record(fields)


def import_run() -> Schema:
    """Which uploaded file goes into which table, and how."""
    kinds: dict[type, Schema] = {str: TEXT, bool: FLAG, int: {"type": "integer", "minimum": 0}, list: _TEXTS}
    fields = {key: dict(kinds[kind]) for key, (kind, _) in IMPORT_KEYS.items()}
    fields["mode"] = one_of(MODES)
    fields["format"] = one_of(FORMATS)
    fields["columns"] = {
        "type": "array",
        "items": record(
            {"source": {"type": "integer", "minimum": 0}, "name": _NAME, "type": one_of(TYPES)},
            ["source", "name", "type"],
        ),
    }
    return record(fields, [key for key, (_, required) in IMPORT_KEYS.items() if required])
