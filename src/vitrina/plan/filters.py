"""Column filters: from ``column__operator=value`` to conditions and words."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from vitrina.dialect.quoting import quote_identifier
from vitrina.dialect.select import escape, in_list
from vitrina.errors import BadRequest
from vitrina.plan.model import Filter, Where

#: Makes one condition: (table, column, value, number of the next parameter) → Where
Condition = Callable[[str, str, str, int], Where]


@dataclass(frozen=True, slots=True)
class Operator:
    """A filter operator: its key in the query string, what menus call it, and whether it takes a value."""

    key: str
    label: str
    condition: Condition
    takes_value: bool = True


# words that show digits without quotes
_BARE_NUMBERS = frozenset(("{c} = {v}", "{c} != {v}"))
_LARGEST = 2**63


def _one_parameter(template: str, words: str, value_pattern: str = "{}") -> Condition:
    """A condition with one parameter bound as text."""

    def condition(table: str, column: str, value: str, number: int) -> Where:
        quoted = quote_identifier(column)
        shown = value if value.isdigit() and words in _BARE_NUMBERS else f'"{value}"'
        return Where(
            template.format(c=quoted, p=f":p{number}"),
            {f"p{number}": value_pattern.replace("{}", value)},
            words.format(c=column, v=shown),
        )

    return condition


def _comparison(sign: str, shown_sign: str) -> Condition:
    def condition(table: str, column: str, value: str, number: int) -> Where:
        return Where(
            f"{quote_identifier(column)} {sign} :p{number}",
            {f"p{number}": as_number(value)},
            f"{column} {shown_sign} {value}",
        )

    return condition


def _membership(sign: str) -> Condition:
    def condition(table: str, column: str, value: str, number: int) -> Where:
        values = split_list(value)
        names = [f"p{number + position}" for position in range(len(values))]
        return Where(
            f"{escape(column)} {sign} {in_list(names)}",
            dict(zip(names, values, strict=True)),
            f"{column} {sign} {json.dumps(values)}",
        )

    return condition


def _array(sign: str, words: str) -> Condition:
    def condition(table: str, column: str, value: str, number: int) -> Where:
        source = f"{quote_identifier(table)}.{quote_identifier(column)}"
        return Where(
            f":p{number} {sign} (select value from json_each({source}))",
            {f"p{number}": value},
            f'{column} {words} "{value}"',
        )

    return condition


def _on_date(table: str, column: str, value: str, number: int) -> Where:
    quoted = quote_identifier(column)
    return Where(f"date({quoted}) = :p{number}", {f"p{number}": value}, f'"{column}" is on date {value}')


def _no_argument(template: str, words: str) -> Condition:
    def condition(table: str, column: str, value: str, number: int) -> Where:
        return Where(template.format(c=quote_identifier(column)), {}, words.format(c=column))

    return condition


_LIKE = "{c} like {p}"
_NOT_LIKE = "{c} not like {p}"

#: Every operator, in the order of menus.
OPERATORS: tuple[Operator, ...] = (
    Operator("exact", "=", _one_parameter("{c} = {p}", "{c} = {v}")),
    Operator("not", "!=", _one_parameter("{c} != {p}", "{c} != {v}")),
    Operator("contains", "contains", _one_parameter(_LIKE, "{c} contains {v}", "%{}%")),
    Operator("notcontains", "does not contain", _one_parameter(_NOT_LIKE, "{c} does not contain {v}", "%{}%")),
    Operator("endswith", "ends with", _one_parameter(_LIKE, "{c} ends with {v}", "%{}")),
    Operator("startswith", "starts with", _one_parameter(_LIKE, "{c} starts with {v}", "{}%")),
    Operator("gt", ">", _comparison(">", ">")),
    Operator("gte", "≥", _comparison(">=", "≥")),
    Operator("lt", "<", _comparison("<", "<")),
    Operator("lte", "≤", _comparison("<=", "≤")),
    Operator("like", "like", _one_parameter(_LIKE, "{c} like {v}")),
    Operator("notlike", "not like", _one_parameter(_NOT_LIKE, "{c} not like {v}")),
    Operator("glob", "glob", _one_parameter("{c} glob {p}", "{c} glob {v}")),
    Operator("in", "in", _membership("in")),
    Operator("notin", "not in", _membership("not in")),
    Operator("arraycontains", "array contains", _array("in", "contains")),
    Operator("arraynotcontains", "array does not contain", _array("not in", "does not contain")),
    Operator("date", "date", _on_date),
    Operator("isnull", "is null", _no_argument("{c} is null", "{c} is null"), takes_value=False),
    Operator("notnull", "is not null", _no_argument("{c} is not null", "{c} is not null"), takes_value=False),
    Operator("isblank", "is blank", _no_argument("({c} is null or {c} = '')", "{c} is blank"), takes_value=False),
    Operator(
        "notblank",
        "is not blank",
        _no_argument("({c} is not null and {c} != '')", "{c} is not blank"),
        takes_value=False,
    ),
)

_BY_KEY = {operator.key: operator for operator in OPERATORS}


def plan_filters(table: str, filters: Iterable[Filter]) -> list[Where]:
    """Conditions of the column filters, parameters numbered from ``:p0``; unknown operators are left out.

    Raises BadRequest (500, as the contract has it) for a malformed JSON list.
    """
    wheres: list[Where] = []
    number = 0
    for each in filters:
        operator = _BY_KEY.get(each.operator)
        if operator is None:
            continue
        where = operator.condition(table, each.column, each.value, number)
        number += len(where.params)
        wheres.append(where)
    return wheres


def as_number(text: str) -> int | float | str:
    """``text`` as an integer that SQLite can hold, else as a finite float, else as it is: what comparisons bind."""
    try:
        whole = int(text)
        if -_LARGEST <= whole < _LARGEST:
            return whole
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


def split_list(text: str) -> list[Any]:
    """Values of an ``in`` filter: a JSON list with its types kept, else trimmed texts between commas."""
    if not text.startswith("["):
        return [part.strip() for part in text.split(",")]
    try:
        values: list[Any] = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRequest(str(error), hint="A list in a filter is JSON, or values with commas.") from error
    return values
