"""Plans of new tables, from columns or from example rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vitrina.dialect.definition import ColumnDefinition, Reference, TableDefinition
from vitrina.errors import InvalidBody
from vitrina.plan.definitions import (
    TYPES,
    check_default_expression,
    check_one_default,
    default_sql,
    is_table_name,
)
from vitrina.plan.field_checks import MOST_ITEMS, Fields
from vitrina.plan.rows import Conflict, Row, batches, new_columns
from vitrina.plan.values import decode_row

_KEYS = frozenset(("table", "columns", "row", "rows", "pk", "pks", "ignore", "replace", "alter"))
_COLUMN_KEYS = ("name", "type", "not_null", "default", "default_expr", "fk_table", "fk_column")


@dataclass(frozen=True, slots=True)
class CreatePlan:
    """A table to create, and rows for it or for the table of that name that is there already.

    ``definition`` is for the case that there is none; its references may leave
    the target's column open. ``ignore`` and ``replace`` are None where the
    request does not mention them.
    """

    definition: TableDefinition
    rows: tuple[Row, ...] = ()
    ignore: bool | None = None
    replace: bool | None = None
    alter: bool = False

    @property
    def conflict(self) -> Conflict:
        """What is asked for where a key is taken."""
        return "ignore" if self.ignore else "replace" if self.replace else "abort"


def parse_create(body: Any) -> CreatePlan:
    """The plan that the body of a request describes. Raises InvalidBody with what is wrong."""
    if not isinstance(body, dict):
        raise InvalidBody("JSON must be an object")
    unknown = sorted(set(body) - _KEYS)
    if unknown:
        raise InvalidBody(f"Invalid keys: {', '.join(unknown)}")
    errors: list[str] = []
    fields = Fields(body, "", errors)
    given = _column_fields(body.get("columns"), errors)
    ignore, replace, alter = (
        fields.flag(key, nullable=True) if body.get(key) is not None else None for key in ("ignore", "replace", "alter")
    )
    if errors:
        raise InvalidBody(errors)
    name = body.get("table")
    if not name:
        raise InvalidBody("Table is required")
    if not is_table_name(name):
        raise InvalidBody("Invalid table name")
    _check_source(body, has_columns=bool(given))
    _check_names(given)
    keys = _keys(body)
    has_rows = bool(body.get("row") or body.get("rows"))
    _check_conflict(
        body, ignore=ignore, replace=replace, has_rows=has_rows, has_keys=bool(body.get("pk") or body.get("pks"))
    )
    rows = _rows(body)
    columns = [_column(column) for column in given]
    if rows:
        columns = [ColumnDefinition(column.name, column.type) for column in _columns_of(rows)]
    definition = TableDefinition(name, tuple(_with_key(columns, keys)), keys)
    if not definition.columns:
        raise InvalidBody("Tables must have at least one column")
    return CreatePlan(definition, rows, ignore, replace, bool(alter))


def _column_fields(given: Any, errors: list[str]) -> list[Fields]:
    """The descriptions of the columns, each checked by itself."""
    if given is None:
        return []
    if not isinstance(given, list):
        errors.append("columns must be a list")
        return []
    if len(given) > MOST_ITEMS:
        errors.append(f"columns must be a list of at most {MOST_ITEMS}")
        return []
    if not all(isinstance(column, dict) for column in given):
        errors.append("columns must be a list of objects")
        return []
    described = [Fields(values, f"columns.{position}", errors) for position, values in enumerate(given)]
    for fields in described:
        _check_column(fields)
    return described


def _check_column(fields: Fields) -> None:
    """Add what is wrong with the fields of one column, or where nothing is, the first fault of the whole."""
    before = len(fields.errors)
    check_default_expression(fields)
    fk_table, fk_column = fields.text("fk_table", nullable=True), fields.text("fk_column", nullable=True)
    fields.flag("not_null")
    fields.nothing_else(_COLUMN_KEYS)
    if len(fields.errors) > before or not check_one_default(fields):
        return
    name, kind = fields.values.get("name"), fields.values.get("type") or "text"
    if not isinstance(name, str) or not name:
        fields.errors.append("Column name is required")
    elif not isinstance(kind, str) or kind not in TYPES:
        fields.errors.append(f"Unsupported column type: {kind}")
    elif fk_column and not fk_table:
        fields.wrong("fk_column requires fk_table")


def _column(fields: Fields) -> ColumnDefinition:
    """A column whose fields were checked. Raises InvalidBody for a default that SQL has no literal for."""
    values = fields.values
    fk_table = values.get("fk_table")
    return ColumnDefinition(
        str(values["name"]),
        TYPES[values.get("type") or "text"],
        fields.flag("not_null"),
        default_sql(fields),
        reference=Reference(fk_table, values.get("fk_column") or None) if fk_table else None,
    )


def _check_names(columns: list[Fields]) -> None:
    seen: set[str] = set()
    for fields in columns:
        name = str(fields.values["name"])
        if name in seen:
            raise InvalidBody(f"Duplicate column name: {name}")
        seen.add(name)


def _check_source(body: Mapping[str, Any], *, has_columns: bool) -> None:
    row, rows = body.get("row"), body.get("rows")
    if row and rows:
        raise InvalidBody("Cannot specify both rows and row")
    if has_columns and (row or rows):
        raise InvalidBody("Cannot specify columns with rows or row")
    if not has_columns and not row and not rows:
        raise InvalidBody("columns, rows or row is required")
    if rows and not isinstance(rows, list):
        raise InvalidBody("rows must be a list")
    if rows and not all(isinstance(each, dict) for each in rows):
        raise InvalidBody("rows must be a list of objects")


def _rows(body: Mapping[str, Any]) -> tuple[Row, ...]:
    row, rows = body.get("row"), body.get("rows")
    if row and not isinstance(row, dict):
        raise InvalidBody("row must be an object")
    return tuple([decode_row(each) for each in (rows or ([row] if row else []))])


def _keys(body: Mapping[str, Any]) -> tuple[str, ...]:
    pk, pks = body.get("pk"), body.get("pks")
    if pk is not None and not isinstance(pk, str):
        raise InvalidBody("pk must be a string")
    if pk and pks:
        raise InvalidBody("Cannot specify both pk and pks")
    if pks is not None and not isinstance(pks, list):
        raise InvalidBody("pks must be a list")
    if pks is not None and not all(isinstance(each, str) for each in pks):
        raise InvalidBody("pks must be a list of strings")
    return (pk,) if pk or (pk is not None and not pks) else tuple(pks or ())


def _check_conflict(
    body: Mapping[str, Any], *, ignore: bool | None, replace: bool | None, has_rows: bool, has_keys: bool
) -> None:
    if "ignore" not in body and "replace" not in body:
        return
    if ignore and replace:
        raise InvalidBody("ignore and replace are mutually exclusive")
    if not has_rows:
        raise InvalidBody("ignore and replace require row or rows")
    if not has_keys:
        raise InvalidBody("ignore and replace require pk or pks")


def _columns_of(rows: tuple[Row, ...]) -> list[Any]:
    """Columns of the first batch; those that only later rows have are added when their batch comes."""
    if not rows[0]:
        raise InvalidBody("Tables must have at least one column")
    names, batch = next(batches(rows))
    return list(new_columns(names, batch))


def _with_key(columns: list[ColumnDefinition], keys: tuple[str, ...]) -> list[ColumnDefinition]:
    """The columns, and a single key that is not among them before them."""
    if len(keys) == 1 and all(column.name != keys[0] for column in columns):
        return [ColumnDefinition(keys[0], "INTEGER"), *columns]
    return columns
