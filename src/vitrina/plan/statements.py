"""The statements for the rows and the count of a table page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vitrina.catalog.model import Table
from vitrina.dialect.select import column_list, escape, order_clause, select_page, select_unordered, where_clause
from vitrina.errors import BadRequest
from vitrina.plan.columns import all_columns, pk_columns_of
from vitrina.plan.conditions import Conditions
from vitrina.plan.counts import CountPlan, plan_count
from vitrina.plan.keyset import parse_token, plan_keyset
from vitrina.plan.sorting import Sorting


@dataclass(frozen=True, slots=True)
class Statements:
    """See the fields of the same names in :class:`vitrina.plan.model.TablePlan`."""

    columns: tuple[str, ...]
    sorting: Sorting
    size: int
    offset: int
    sql: str
    params: Mapping[str, Any]
    unordered_sql: str
    count: CountPlan
    sort_value_sql: str | None
    pk_positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Start:
    """Where a page begins: the condition, with its parameters, and the offset that ``_next`` adds."""

    condition: str | None = None
    params: Mapping[str, Any] | None = None
    offset: int | None = None


def plan_statements(
    table: Table,
    *,
    columns: tuple[str, ...],
    sorting: Sorting,
    size: int,
    token: str | None,
    conditions: Conditions,
    count_wanted: bool,
    known_count: int | None,
    stable_order: bool,
) -> Statements:
    """Write the statements of a page; ``token`` is ``_next``.

    The first page of a sorted table is ordered by the sort column alone, later
    ones by the key too, as the contract has it, unless ``stable_order``.
    Raises BadRequest for a token of a view that is no number.
    """
    pk_columns = pk_columns_of(table)
    number = len(conditions.params)
    start = _Start() if token is None else _plan_start(token, table, pk_columns, sorting, number=number)
    count_where = where_clause(conditions.sql)
    where = where_clause((*conditions.sql, start.condition)) if start.condition else count_where
    tie_break = pk_columns if token is not None or stable_order or not sorting.column else ()
    order = order_clause(sorting.column, descending=sorting.descending is not None, tie_break=tie_break)
    unordered_sql = select_unordered(column_list(all_columns(table)), table.name, where)
    selected = unordered_sql
    if columns != all_columns(table):
        selected = select_unordered(column_list(columns), table.name, where)
    return Statements(
        columns=columns,
        sorting=sorting,
        size=size,
        offset=start.offset or 0,
        sql=select_page(selected, order, size + 1, start.offset),
        params={**conditions.params, **start.params} if start.params else conditions.params,
        unordered_sql=unordered_sql,
        count=plan_count(table.name, count_where, wanted=count_wanted, known_count=known_count),
        sort_value_sql=_sort_value_sql(table, pk_columns, sorting, columns),
        pk_positions=tuple([columns.index(name) for name in pk_columns if name in columns]),
    )


def _plan_start(token: str, table: Table, pk_columns: Sequence[str], sorting: Sorting, *, number: int) -> _Start:
    if table.is_view:
        try:
            return _Start(offset=int(token))
        except ValueError as error:
            raise BadRequest(str(error), hint="The pages of a view are counted by rows.") from error
    condition, params = plan_keyset(
        parse_token(token, sorted_by_column=sorting.column is not None),
        pk_columns,
        sort=sorting.column,
        descending=sorting.descending is not None,
        number=number,
        by_rowid=table.uses_rowid,
        nullable=_may_be_null(table),
    )
    return _Start(condition, params)


def _may_be_null(table: Table) -> bool:
    """Whether SQLite lets a column of the primary key be NULL."""
    if table.without_rowid or not table.primary_keys:
        return False
    keys = [table.column_by_name[name] for name in table.primary_keys]
    if len(keys) == 1 and keys[0].type.upper() == "INTEGER":
        return False
    return any(not key.notnull for key in keys)


def _sort_value_sql(table: Table, pk_columns: Sequence[str], sorting: Sorting, columns: Sequence[str]) -> str | None:
    """Finds the sort value of a row by its key, for the token, where the sort column is not selected."""
    if sorting.column is None or sorting.column in columns or not pk_columns:
        return None
    key = " and ".join([f"{escape(name)} = :pk{position}" for position, name in enumerate(pk_columns)])
    return f"select {escape(sorting.column)} from {escape(table.name)} where {key}"
