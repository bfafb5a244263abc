"""``_through``: rows that another table's matching rows point to."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from vitrina.catalog.model import DatabaseCatalog, ForeignKey, Table
from vitrina.dialect.select import escape
from vitrina.errors import BadRequest, Forbidden
from vitrina.plan.model import Where

_SHAPE = '_through is JSON such as {"table": "loans", "column": "venue", "value": "Oslo"}.'


def plan_through(
    catalog: DatabaseCatalog, table: Table, values: Sequence[str], visible: Callable[[str], bool], number: int
) -> list[Where]:
    """One condition per value of ``_through``, parameters numbered from ``number``.

    Raises BadRequest for a value that is not such JSON or names a table
    without a foreign key to ``table``, Forbidden when the actor may not view it.
    """
    return [_plan_one(catalog, table, value, visible, number + position) for position, value in enumerate(values)]


def _plan_one(catalog: DatabaseCatalog, table: Table, text: str, visible: Callable[[str], bool], number: int) -> Where:
    other_name, column, value = _parse(text)
    no_key = BadRequest("Invalid _through - could not find corresponding foreign key")
    if not visible(other_name):
        raise Forbidden("view-table", if_missing=no_key)
    other = catalog.tables.get(other_name) or _in_any_case(catalog, other_name)
    key = _key_between(other, table) if other else None
    if other is None or key is None or key.other_column is None:
        raise no_key
    return Where(
        f"{escape(key.other_column)} in (select {escape(key.column)} from {escape(other_name)} "
        f"where {escape(column)} = :p{number})",
        {f"p{number}": value},
        f'{other_name}.{column} = "{value}"',
    )


def _in_any_case(catalog: DatabaseCatalog, name: str) -> Table | None:
    wanted = name.lower()
    return next((table for table in catalog.tables.values() if table.name.lower() == wanted), None)


def _parse(text: str) -> tuple[str, str, Any]:
    try:
        value = json.loads(text)
        table, column, wanted = value["table"], value["column"], value["value"]
    except (ValueError, RecursionError) as error:
        raise BadRequest(str(error), hint=_SHAPE) from error
    except (KeyError, TypeError) as error:
        raise BadRequest("Invalid _through - table, column and value are needed", hint=_SHAPE) from error
    if not isinstance(table, str) or not isinstance(column, str) or isinstance(wanted, list | dict):
        raise BadRequest("Invalid _through - table and column must be text", hint=_SHAPE)
    return table, column, wanted


def _key_between(other: Table, table: Table) -> ForeignKey | None:
    for key in other.single_foreign_keys:
        if key.other_table.lower() == table.name.lower():
            return key
    return None
