"""Runs the statements of a row page inside one worker hop."""

from __future__ import annotations

import time

from vitrina.engine.protocols import Budget, Reader
from vitrina.errors import BadRequest
from vitrina.execute.labels import LabelLookups
from vitrina.plan.model import RowPlan, RowResult


def run_row(reader: Reader, plan: RowPlan, budget: Budget | None = None) -> RowResult:
    """The row, its labels and the numbers of rows that point to it (blocking; worker thread).

    ``budget`` is for all but the row; without one it lasts ``plan.time_limit_ms``.
    Raises QueryInterrupted and InvalidSQL for the row only.
    """
    began = time.perf_counter()
    selected = reader.select(plan.sql, plan.params, time_limit_ms=plan.time_limit_ms)
    query_ms = (time.perf_counter() - began) * 1000
    result = RowResult(selected.columns, selected.rows[0] if selected.rows else None, query_ms=query_ms)
    if result.row is None:
        return result
    if budget is None:
        budget = Budget.of(plan.time_limit_ms)
    _run_labels(reader, plan, budget, result)
    _count_incoming(reader, plan, budget, result)
    return result


def _run_labels(reader: Reader, plan: RowPlan, budget: Budget, result: RowResult) -> None:
    row = result.row
    if row is None:
        return
    lookups = LabelLookups(reader, budget, plan.time_limit_ms)
    for label in plan.labels:
        lookups.add(label, [row[result.columns.index(label.column)]])
    result.labels = {label.column: lookups.labels(label) for label in plan.labels}


def _count_incoming(reader: Reader, plan: RowPlan, budget: Budget, result: RowResult) -> None:
    counts: list[int] = []
    for sql in plan.incoming_statements:
        left = budget.limit(plan.time_limit_ms)
        if left <= 0:
            return
        try:
            rows = reader.select(sql, plan.params, time_limit_ms=left, may_fail=True).rows
        except BadRequest:
            # out of time, or a foreign key that names what does not exist
            return
        counts.extend(rows[0] if rows else ())
    if len(counts) == len(plan.incoming):
        result.incoming = list(zip(plan.incoming, counts, strict=True))
