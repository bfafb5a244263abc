"""Guesses which tables the columns of a table point at, by looking at some of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vitrina.catalog.affinity import SQLiteType
from vitrina.catalog.model import Column, Table
from vitrina.dialect.quoting import quote_identifier
from vitrina.engine.protocols import Budget, Reader
from vitrina.errors import QueryInterrupted

ROW_LIMIT = 500
QUERY_LIMIT_MS = 50.0
TOTAL_LIMIT_MS = 200.0

_NUMBERS = frozenset((SQLiteType.INTEGER, SQLiteType.REAL, SQLiteType.NUMERIC))


@dataclass(frozen=True, slots=True)
class Option:
    """A table that can be pointed at: its single primary key column and that column's type."""

    table: str
    column: str
    type: str
    affinity: SQLiteType

    def as_json(self) -> dict[str, str]:
        return {"fk_table": self.table, "fk_column": self.column, "type": self.type.upper()}


def compatible(first: SQLiteType, second: SQLiteType) -> bool:
    """Whether values of one affinity can equal those of the other."""
    if first is second:
        return True
    return SQLiteType.NUMERIC in (first, second) and {first, second} <= _NUMBERS


def name_matches(column: str, table: str) -> bool:
    """True for ``person_id`` and ``persons``, ``box_id`` and ``boxes``, ``city_id`` and ``cities``."""
    stem = column.lower().removesuffix("_id")
    if stem == column.lower() or not stem:
        return False
    names = {stem, f"{stem}s", f"{stem}es"}
    if stem.endswith("y"):
        names.add(f"{stem[:-1]}ies")
    return table.lower() in names


def guess_foreign_keys(reader: Reader, table: Table, options: Sequence[Option]) -> dict[str, Any]:
    """``row_check`` and ``columns`` of the contract (blocking; worker thread).

    Looks at the first :data:`ROW_LIMIT` rows and asks, for each column and
    each table it could point at, whether all its values exist there.
    """
    budget = Budget.of(TOTAL_LIMIT_MS)
    check: dict[str, Any] = {
        "attempted": True,
        "status": "completed",
        "row_limit": ROW_LIMIT,
        "sampled_rows": 0,
        "checked_options": 0,
    }
    samples: dict[str, list[Any]] = {}
    others = [option for option in options if option.table != table.name]
    shown = [column for column in table.columns if not column.hidden]
    fitting = [_fitting(column, others) for column in shown]
    if any(fitting):
        try:
            samples, check["sampled_rows"] = _sample(reader, table, budget)
        except QueryInterrupted:
            check["status"] = "timed_out"
    else:
        check.update(attempted=False, status="skipped")
    targets = frozenset(option.table for option in others)
    columns = [
        _column(reader, column, offered, samples.get(column.name, []), budget, check)
        | {"current": _current(table, column, targets)}
        for column, offered in zip(shown, fitting, strict=True)
    ]
    return {"row_check": check, "columns": columns}


def _sample(reader: Reader, table: Table, budget: Budget) -> tuple[dict[str, list[Any]], int]:
    names = ", ".join(quote_identifier(name) for name in table.column_names)
    sql = f"SELECT {names} FROM {quote_identifier(table.name)} LIMIT {ROW_LIMIT}"
    rows = reader.select(sql, time_limit_ms=budget.limit(QUERY_LIMIT_MS)).rows
    samples = {
        name: [value for value in dict.fromkeys(row[at] for row in rows) if value is not None]
        for at, name in enumerate(table.column_names)
    }
    return samples, len(rows)


def _fitting(column: Column, others: Sequence[Option]) -> list[Option]:
    """What ``column`` could point at, the likeliest first."""
    affinity = SQLiteType.from_declared_type(column.type)
    options = [option for option in others if compatible(affinity, option.affinity)]
    return sorted(options, key=lambda option: (not name_matches(column.name, option.table), option.table))


def _column(
    reader: Reader,
    column: Column,
    options: Sequence[Option],
    values: list[Any],
    budget: Budget,
    check: dict[str, Any],
) -> dict[str, Any]:
    suggestions = []
    for option in options if values else ():
        try:
            exists = _all_exist(reader, option, values, budget)
        except QueryInterrupted:
            check["status"] = "timed_out"
            break
        check["checked_options"] += 1
        if exists:
            suggestions.append(_suggestion(column, option, len(values)))
    return {
        "column": column.name,
        "type": column.type.upper(),
        "affinity": SQLiteType.from_declared_type(column.type).value.lower(),
        "suggestions": suggestions,
        "options": [option.as_json() for option in options],
    }


def _all_exist(reader: Reader, option: Option, values: list[Any], budget: Budget) -> bool:
    places = ", ".join("?" * len(values))
    name = quote_identifier(option.column)
    sql = f"SELECT count(DISTINCT {name}) FROM {quote_identifier(option.table)} WHERE {name} IN ({places})"
    found = reader.select(sql, values, time_limit_ms=budget.limit(QUERY_LIMIT_MS)).rows[0][0]
    return bool(found == len(values))


def _suggestion(column: Column, option: Option, sampled: int) -> dict[str, Any]:
    reasons = ["type_match", "sample_values_exist"]
    if name_matches(column.name, option.table):
        reasons.append("name_match")
    return {
        "fk_table": option.table,
        "fk_column": option.column,
        "confidence": "sampled",
        "sampled_values": sampled,
        "reasons": reasons,
    }


def _current(table: Table, column: Column, offered: frozenset[str]) -> dict[str, str | None] | None:
    """The declared target, where it is one that could be chosen again."""
    for key in table.single_foreign_keys:
        if key.column == column.name and key.other_table in offered:
            return {"fk_table": key.other_table, "fk_column": key.declared_column}
    return None
