"""Runs all statements of a table page inside one worker hop."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from vitrina.engine.protocols import Budget, Reader
from vitrina.errors import QueryInterrupted
from vitrina.execute.facets import run_facet
from vitrina.execute.labels import LabelLookups
from vitrina.execute.suggestions import run_suggestions
from vitrina.plan.counts import COUNT_LIMIT
from vitrina.plan.keyset import make_token, may_lose_digits
from vitrina.plan.model import TablePlan, TableResult


def run_table(reader: Reader, plan: TablePlan, budget: Budget | None = None) -> TableResult:
    """Rows, count, requested facets, labels and suggestions, in this order (blocking; worker thread).

    ``budget`` is the page's; without one it begins after the rows and lasts
    ``plan.rest_time_limit_ms``. What did not get its turn is reported as if it
    had timed out. Raises QueryInterrupted for the rows only, InvalidSQL for
    the rows and for a facet that cannot be computed.
    """
    result = _run_rows(reader, plan)
    if budget is None:
        budget = Budget.of(plan.rest_time_limit_ms)
    _run_count(reader, plan, budget, result)
    for facet_plan in plan.facets:
        facet = run_facet(reader, facet_plan, budget, untrusted=plan.uses_untrusted_sql)
        if facet is None:
            result.timed_out.append(facet_plan.name)
            result.complete = False
        else:
            result.facets.append(facet)
    _run_labels(reader, plan, budget, result)
    if plan.suggestions is not None:
        result.suggestions, looked_at_all = run_suggestions(
            reader, plan.suggestions, budget, untrusted=plan.uses_untrusted_sql
        )
        result.complete = result.complete and looked_at_all
    return result


def run_exact_count(reader: Reader, plan: TablePlan) -> int:
    """The exact number of rows that meet the plan's conditions; QueryInterrupted when it takes too long."""
    rows = reader.select(
        plan.count_sql,
        plan.count_params,
        time_limit_ms=plan.count_time_limit_ms,
        untrusted=plan.uses_untrusted_sql,
    ).rows
    return int(rows[0][0])


def _run_rows(reader: Reader, plan: TablePlan) -> TableResult:
    """The rows of the page and the token of the next one."""
    began = time.perf_counter()
    # a comment in _where= can cut off the statement's own limit
    selected = reader.select(
        plan.sql,
        plan.params,
        time_limit_ms=plan.time_limit_ms,
        max_rows=plan.page_size,
        untrusted=plan.uses_untrusted_sql,
        has_limit=True,
    )
    result = TableResult(selected.columns, selected.rows, query_ms=(time.perf_counter() - began) * 1000)
    if selected.truncated and plan.page_size:
        result.next_token = _next_token(reader, plan, result.rows[-1])
    if len(set(result.columns)) < len(result.columns):
        _collapse(result)
    return result


def _collapse(result: TableResult) -> None:
    """Leave one column of each name: a table may have a column called ``rowid`` beside the one added."""
    positions = {name: position for position, name in enumerate(result.columns)}
    result.columns = tuple(positions)
    result.rows = [tuple([row[position] for position in positions.values()]) for row in result.rows]


def _next_token(reader: Reader, plan: TablePlan, last: Sequence[Any]) -> str:
    if plan.table.is_view:
        return str(plan.offset + plan.page_size)
    key = [last[position] for position in plan.pk_positions]
    if plan.sort is None and plan.sort_desc is None:
        return make_token(key, inexact=_inexact(reader, key), text_key=plan.text_key)
    sort_value = _sort_value(reader, plan, last, key)
    inexact = _inexact(reader, [sort_value, *key])
    return make_token(key, sort_value=sort_value, sorted_by_column=True, inexact=inexact)


def _inexact(reader: Reader, values: Sequence[Any]) -> list[float]:
    """Those floats that come back as another number when the engine reads their text form."""
    return [
        value
        for value in values
        if may_lose_digits(value) and reader.select("select cast(? as real)", [str(value)]).rows[0][0] != value
    ]


def _sort_value(reader: Reader, plan: TablePlan, last: Sequence[Any], key: Sequence[Any]) -> Any:
    if plan.sort_position is not None:
        return last[plan.sort_position]
    if plan.sort_value_sql is None:
        return None
    params = {f"pk{position}": value for position, value in enumerate(key)}
    rows = reader.select(plan.sort_value_sql, params, time_limit_ms=plan.time_limit_ms).rows
    return rows[0][0] if rows else None


def _run_count(reader: Reader, plan: TablePlan, budget: Budget, result: TableResult) -> None:
    if plan.known_count is not None:
        result.count = plan.known_count
        return
    if plan.count_limited_sql is None:
        return
    left = budget.limit(plan.count_time_limit_ms)
    if left <= 0:
        result.complete = False
        return
    try:
        rows = reader.select(
            plan.count_limited_sql, plan.count_params, time_limit_ms=left, untrusted=plan.uses_untrusted_sql
        ).rows
    except QueryInterrupted:
        result.complete = False
        return
    result.count = int(rows[0][0])
    result.count_truncated = result.count >= COUNT_LIMIT


def _run_labels(reader: Reader, plan: TablePlan, budget: Budget, result: TableResult) -> None:
    """Labels of the rows' foreign keys and of the facets' values, one statement per table they are read from."""
    lookups = LabelLookups(reader, budget, plan.count_time_limit_ms)
    if result.rows:
        for label in plan.labels:
            position = result.columns.index(label.column)
            lookups.add(label, [row[position] for row in result.rows])
    for facet in result.facets:
        if facet.plan.label is not None:
            lookups.add(facet.plan.label, [value for value, _ in facet.values])
    labels: dict[str, dict[Any, Any]] = {}
    for label in plan.labels:
        # two foreign keys may start at one column; the one that finds something counts
        labels.setdefault(label.column, {}).update(lookups.labels(label))
    result.labels = labels
    for facet in result.facets:
        if facet.plan.label is not None:
            facet.labels = lookups.labels(facet.plan.label)
    result.complete = result.complete and lookups.complete
