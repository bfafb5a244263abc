"""The plan of an import: which columns of a file go where, and what happens to rows that are there already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from vitrina.catalog.affinity import SQLiteType
from vitrina.catalog.model import Table
from vitrina.dialect.definition import ColumnDefinition, TableDefinition
from vitrina.errors import InvalidBody
from vitrina.plan.definitions import TYPES, is_table_name
from vitrina.plan.imports.types import ColumnType
from vitrina.plan.rows import check_ordinary

#: what happens to a row whose key is taken
Mode = Literal["append", "ignore", "replace", "upsert"]
MODES: tuple[Mode, ...] = ("append", "ignore", "replace", "upsert")

_NUMERIC: Mapping[SQLiteType, ColumnType] = {SQLiteType.INTEGER: "integer", SQLiteType.REAL: "float"}


@dataclass(frozen=True, slots=True)
class ImportColumn:
    """One column: where it stands in a row of the file (from 0), its name in the table, its type."""

    source: int
    name: str
    type: ColumnType


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What is written where.

    ``definition`` is the table to create, None where it is there. ``keys``
    tell rows apart for an upsert. ``width`` is the number of cells of a row.
    Texts in ``nulls`` become NULL; an empty text does in columns that are not
    text, in others where ``empty_is_null``. ``batch_rows`` rows share a
    transaction, 0: all. ``strict``: one refused row ends the import.
    """

    table: str
    columns: tuple[ImportColumn, ...]
    width: int
    mode: Mode = "append"
    keys: tuple[str, ...] = ()
    definition: TableDefinition | None = None
    nulls: frozenset[str] = frozenset()
    empty_is_null: bool = False
    batch_rows: int = 0
    strict: bool = False
    # one row per statement: the table has rules that end a statement half-way
    one_by_one: bool = False


def plan_new(
    table: str, columns: Sequence[ImportColumn], *, width: int, keys: Sequence[str] = (), mode: Mode = "append"
) -> ImportPlan:
    """The plan that creates ``table``. Raises InvalidBody for names that cannot be."""
    if not is_table_name(table):
        raise InvalidBody("Invalid table name")
    _check_columns(columns)
    names = {column.name for column in columns}
    for key in keys:
        if key not in names:
            raise InvalidBody(f"The primary key {key} is not among the columns: {', '.join(sorted(names))}")
    if mode in ("replace", "upsert", "ignore") and not keys:
        raise InvalidBody(f"To {mode} rows a new table needs a primary key")
    definition = TableDefinition(
        table, tuple([ColumnDefinition(column.name, TYPES[column.type]) for column in columns]), tuple(keys)
    )
    return ImportPlan(table, tuple(columns), width, mode, tuple(keys), definition)


def plan_existing(
    table: Table, columns: Sequence[ImportColumn], *, width: int, keys: Sequence[str] = (), mode: Mode = "append"
) -> ImportPlan:
    """The plan that adds rows to ``table``; its own types count, and the case of letters in names does not.

    Raises InvalidBody for columns that it lacks, a view or virtual table, and an upsert without a key.
    """
    check_ordinary(table)
    _check_columns(columns)
    known = {column.name.lower(): column for column in table.columns}
    unknown = [column.name for column in columns if column.name.lower() not in known]
    if unknown:
        raise InvalidBody(f"Table {table.name} has no column {', '.join(unknown)}")
    found = [known[column.name.lower()] for column in columns]
    given = tuple(
        [
            ImportColumn(column.source, there.name, _NUMERIC.get(SQLiteType.from_declared_type(there.type), "text"))
            for column, there in zip(columns, found, strict=True)
        ]
    )
    own = tuple(keys) or table.primary_keys
    names = {column.name for column in given}
    if mode == "upsert":
        if not own:
            raise InvalidBody(f"Table {table.name} has no primary key to upsert by")
        missing = [key for key in own if key not in names]
        if missing:
            raise InvalidBody(f"An upsert needs the key column {', '.join(missing)}")
    return ImportPlan(table.name, given, width, mode, own)


def _check_columns(columns: Sequence[ImportColumn]) -> None:
    if not columns:
        raise InvalidBody("No column is left to import")
    seen: set[str] = set()
    for column in columns:
        if not column.name.strip() or "\x00" in column.name:
            raise InvalidBody("A column needs a name")
        if column.name.lower() in seen:
            raise InvalidBody(f"Duplicate column name: {column.name}")
        seen.add(column.name.lower())


def parse_columns(given: Any, width: int) -> tuple[ImportColumn, ...]:
    """Columns as a request has them: ``{source, name, type}`` each; ``width`` cells are in the file.

    Raises InvalidBody.
    """
    if not isinstance(given, list):
        raise InvalidBody("columns must be a list")
    columns = []
    for position, each in enumerate(given):
        if not isinstance(each, dict) or set(each) != {"source", "name", "type"}:
            raise InvalidBody(f"columns.{position} must have exactly the keys source, name and type")
        source, name, kind = each["source"], each["name"], each["type"]
        if type(source) is not int or not 0 <= source < width:
            raise InvalidBody(f"columns.{position}.source must be a number below {width}")
        if not isinstance(name, str):
            raise InvalidBody(f"columns.{position}.name must be a text")
        if kind not in TYPES:
            raise InvalidBody(f"columns.{position}.type must be one of {', '.join(TYPES)}")
        columns.append(ImportColumn(source, name.strip(), kind))
    return tuple(columns)
