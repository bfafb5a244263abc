"""All conditions of a table page in the order of its SQL, and their words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vitrina.catalog.model import DatabaseCatalog, Table
from vitrina.errors import ArgumentNotAllowed
from vitrina.plan.filters import plan_filters
from vitrina.plan.model import TableArguments, Where
from vitrina.plan.search import plan_search
from vitrina.plan.sorting import Sorting
from vitrina.plan.through import plan_through


@dataclass(frozen=True, slots=True)
class Conditions:
    """Conditions in SQL order: ``filter_count`` column filters, then plugins', ``_where``, ``_through``, search."""

    wheres: tuple[Where, ...]
    filter_count: int
    sql: tuple[str, ...]
    params: Mapping[str, Any]


_NONE = Conditions((), 0, (), {})


def plan_conditions(
    catalog: DatabaseCatalog,
    table: Table,
    arguments: TableArguments,
    table_config: Mapping[str, Any],
    *,
    visible: Callable[[str], bool],
    allow_sql: bool,
    extra_wheres: Sequence[Where],
) -> Conditions:
    """Every condition that the request and plugins' ``extra_wheres`` set.

    Raises BadRequest as filters, ``_through`` and search do, ArgumentNotAllowed
    for ``_where`` without ``allow_sql``, Forbidden for tables that are not
    ``visible``.
    """
    filters = plan_filters(table.name, arguments.filters) if arguments.filters else []
    special = arguments.special
    if not arguments.filters and not special and not extra_wheres:
        return _NONE
    fragments = special.get("_where", ())
    if fragments and not allow_sql:
        raise ArgumentNotAllowed("_where= is not allowed")
    wheres = [*filters, *extra_wheres, *[Where(fragment) for fragment in fragments]]
    if "_through" in special:
        number = sum([len(where.params) for where in wheres])
        wheres.extend(plan_through(catalog, table, special["_through"], visible, number))
    wheres.extend(plan_search(catalog, table, arguments, table_config, visible))
    params = {name: value for where in wheres for name, value in where.params.items()}
    return Conditions(tuple(wheres), len(filters), tuple([where.sql for where in wheres]), params)


def describe(conditions: Conditions, sorting: Sorting) -> str:
    """The page in words: ``where A, B and C sorted by D descending``; empty when there is nothing to say.

    Plugins' conditions come first, then ``_through`` and search, then filters.
    """
    wheres, filter_count = conditions.wheres, conditions.filter_count
    said = [where.human for where in (*wheres[filter_count:], *wheres[:filter_count]) if where.human]
    parts: list[str] = []
    if said:
        listed = f"{', '.join(said[:-1])} and {said[-1]}" if len(said) > 1 else said[0]
        parts.append(f"where {listed}")
    if sorting.column:
        parts.append(f"sorted by {sorting.column}{' descending' if sorting.descending else ''}")
    return " ".join(parts)
