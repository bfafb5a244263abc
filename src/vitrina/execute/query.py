"""Runs a person's SQL inside one worker hop."""

from __future__ import annotations

import time

from vitrina.engine.protocols import Reader
from vitrina.plan.model import QueryPlan, QueryResult


def run_query(reader: Reader, plan: QueryPlan) -> QueryResult:
    """Run the statement under the authorizer (blocking; worker thread).

    Raises QueryInterrupted after the plan's time limit, InvalidSQL with the
    engine's message.
    """
    began = time.perf_counter()
    rows = reader.select(
        plan.sql, plan.params, time_limit_ms=plan.time_limit_ms, max_rows=plan.max_rows, untrusted=True
    )
    return QueryResult(rows.columns, rows.rows, rows.truncated, (time.perf_counter() - began) * 1000)
