"""Looks up the labels of foreign-key values, one statement per foreign key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vitrina.dialect.select import escape
from vitrina.engine.protocols import Budget, Reader
from vitrina.errors import BadRequest
from vitrina.plan.model import LabelPlan

# far below the number of variables that any SQLite allows in one statement
_CHUNK = 900


def run_labels(
    reader: Reader, plan: LabelPlan, values: Iterable[Any], budget: Budget, time_limit_ms: float
) -> dict[Any, Any]:
    """Labels of ``values``, only for those that have one; empty when time ran out or the target cannot be read."""
    distinct = [value for value in dict.fromkeys(values) if value is not None]
    if plan.label_column is None:
        return {value: str(value) for value in distinct}
    key, label, table = escape(plan.other_column), escape(plan.label_column), escape(plan.other_table)
    labels: dict[Any, Any] = {}
    for start in range(0, len(distinct), _CHUNK):
        chunk = distinct[start : start + _CHUNK]
        left = budget.limit(time_limit_ms)
        if left <= 0:
            return {}
        sql = f"select {key}, {label} from {table} where {key} in ({', '.join('?' * len(chunk))})"
        try:
            labels.update(reader.select(sql, chunk, time_limit_ms=left).rows)
        except BadRequest:
            # interrupted, or the configured label column does not exist: the raw values stay
            return {}
    return labels
