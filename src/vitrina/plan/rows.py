"""Plans of inserts and upserts: which rows, and what happens to those that are there already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from vitrina.catalog.model import Table
from vitrina.errors import InvalidBody
from vitrina.plan.values import decode_rows, infer_type

#: what happens to a row whose key is taken
Conflict = Literal["abort", "ignore", "replace"]
Row = Mapping[str, Any]

_KEYS = frozenset(("row", "rows", "return", "ignore", "replace", "alter"))
# Rows of one statement at most, and parameters: columns that only later rows have are unknown to earlier ones.
_BATCH_ROWS = 100
_BATCH_PARAMETERS = 999


@dataclass(frozen=True, slots=True)
class NewColumn:
    """A column that is added because rows have it; ``type`` is SQLite's."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class InsertPlan:
    """Rows to insert, decoded; ``returns`` asks for them as they are then; ``alike`` as in :class:`RowsBody`."""

    table: Table
    rows: tuple[Row, ...]
    conflict: Conflict = "abort"
    returns: bool = False
    new_columns: tuple[NewColumn, ...] = ()
    alike: bool = False


@dataclass(frozen=True, slots=True)
class UpsertPlan:
    """Rows to insert, or to update where their key is taken. ``keys`` are the columns that identify a row."""

    table: Table
    rows: tuple[Row, ...]
    keys: tuple[str, ...]
    returns: bool = False
    new_columns: tuple[NewColumn, ...] = ()


@dataclass(frozen=True, slots=True)
class RowsBody:
    """The body of an insert or upsert, its shape checked; ``rows`` are decoded.

    Rows ``alike`` all have the same columns in the same order, and values that are bound as they are.
    """

    rows: tuple[Row, ...]
    returns: bool = False
    ignore: bool = False
    replace: bool = False
    alter: bool = False
    alike: bool = False

    @property
    def conflict(self) -> Conflict:
        """What is asked for where a key is taken."""
        return "ignore" if self.ignore else "replace" if self.replace else "abort"


def parse_rows(body: Any, table: Table, *, max_rows: int, upsert: bool) -> RowsBody:
    """The body of an insert or upsert into ``table``.

    Raises InvalidBody with everything that is wrong.
    """
    _check_shape(body)
    rows = [body["row"]] if "row" in body else body["rows"]
    if len(rows) > max_rows:
        raise InvalidBody(f"Too many rows, maximum allowed is {max_rows}")
    extra = sorted(set(body) - _KEYS)
    if extra:
        raise InvalidBody(f"Invalid parameter: {_quoted(extra)}")
    if body.get("ignore") and body.get("replace"):
        raise InvalidBody('Cannot use "ignore" and "replace" at the same time')
    alter = bool(body.get("alter"))
    # Rows are many, the sets of their columns few.
    shapes = set(map(tuple, rows))
    errors = _row_errors(rows, shapes, table, upsert=upsert, alter=alter)
    if errors:
        raise InvalidBody(errors)
    if upsert and (body.get("ignore") or body.get("replace")):
        raise InvalidBody("Upsert does not support ignore or replace")
    decoded, plain = decode_rows(rows)
    return RowsBody(
        rows=decoded,
        returns="row" in body or bool(body.get("return")),
        ignore=bool(body.get("ignore")),
        replace=bool(body.get("replace")),
        alter=alter,
        alike=plain and len(shapes) == 1,
    )


def _check_shape(body: Any) -> None:
    if not isinstance(body, dict):
        raise InvalidBody("JSON must be a dictionary")
    if "row" in body and "rows" in body:
        raise InvalidBody('Cannot use "row" and "rows" at the same time')
    if "row" in body:
        if not isinstance(body["row"], dict):
            raise InvalidBody('"row" must be a dictionary')
        return
    if "rows" not in body:
        raise InvalidBody('JSON must have one or other of "row" or "rows"')
    if not isinstance(body["rows"], list):
        raise InvalidBody('"rows" must be a list')
    if not all(isinstance(row, dict) for row in body["rows"]):
        raise InvalidBody('"rows" must be a list of dictionaries')


def _row_errors(
    rows: Sequence[Row], shapes: set[tuple[str, ...]], table: Table, *, upsert: bool, alter: bool
) -> list[str]:
    keys = row_keys(table)
    known = set(table.column_names)
    if table.uses_rowid:
        known.add("rowid")
    if not upsert and (alter or all(known.issuperset(shape) for shape in shapes)):
        return []
    errors = []
    for position, row in enumerate(rows):
        if upsert:
            missing = [key for key in keys if key not in row]
            if missing:
                errors.append(f"Row {position} is missing primary key column(s): {_quoted(missing)}")
            empty = [key for key in keys if key in row and row[key] is None]
            if empty:
                errors.append(f"Row {position} has null primary key column(s): {_quoted(empty)}")
        if not alter and not row.keys() <= known:
            errors.append(f"Row {position} has invalid columns: {', '.join(sorted(row.keys() - known))}")
    return errors


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def row_keys(table: Table) -> tuple[str, ...]:
    """The columns that identify a row of ``table``."""
    return table.primary_keys or ("rowid",)


def check_ordinary(table: Table) -> None:
    """Raise InvalidBody unless rows of ``table`` may be written one by one."""
    if table.kind != "table":
        raise InvalidBody("Structured writes require an ordinary table")


def check_whole(table: Table) -> None:
    """Raise InvalidBody for a shadow table: without it, or with it changed, its virtual table is damaged."""
    if table.kind == "shadow":
        raise InvalidBody(f"{table.name} is a part of a virtual table")


def plan_insert(table: Table, body: RowsBody, *, returns: bool) -> InsertPlan:
    """The plan of an insert. Raises InvalidBody for a virtual, shadow or view table."""
    check_ordinary(table)
    new_columns = missing_columns(table, body.rows) if body.alter else ()
    return InsertPlan(table, body.rows, body.conflict, returns, new_columns, body.alike)


def plan_upsert(table: Table, body: RowsBody, *, returns: bool) -> UpsertPlan:
    """The plan of an upsert. Raises InvalidBody for a virtual, shadow or view table."""
    check_ordinary(table)
    new_columns = missing_columns(table, body.rows) if body.alter else ()
    return UpsertPlan(table, body.rows, row_keys(table), returns, new_columns)


def missing_columns(table: Table, rows: Sequence[Row]) -> tuple[NewColumn, ...]:
    """Columns of ``rows`` that ``table`` lacks, whatever the case of their letters, with inferred types.

    Generated columns count as lacking: SQLite then says that the name is taken.
    """
    known = {column.name.lower() for column in table.columns if column.hidden < 2}
    if table.uses_rowid:
        known.add("rowid")
    names = dict.fromkeys(name for row in rows for name in row if name.lower() not in known)
    return new_columns(names, rows)


def new_columns(names: Iterable[str], rows: Sequence[Row]) -> tuple[NewColumn, ...]:
    """``names`` with the types that the values in ``rows`` ask for."""
    return tuple([NewColumn(name, infer_type(row.get(name) for row in rows)) for name in names])


def batches(rows: Sequence[Row], *, alike: bool = False) -> Iterator[tuple[tuple[str, ...], Sequence[Row]]]:
    """Columns and rows of each statement: every row has all columns that it or an earlier one of its batch has.

    Rows ``alike`` are known to have the same columns in the same order.
    """
    if not rows:
        return
    size = max(1, min(_BATCH_ROWS, _BATCH_PARAMETERS // max(1, len(rows[0]))))
    if alike:
        names = tuple(rows[0])
        yield from ((names, rows[start : start + size]) for start in range(0, len(rows), size))
        return
    columns: dict[str, None] = {}
    for start in range(0, len(rows), size):
        batch = rows[start : start + size]
        for shape in dict.fromkeys(map(tuple, batch)):
            columns.update(dict.fromkeys(shape))
        yield tuple(columns), batch
