"""Runs all statements of a table page inside one worker hop."""

from __future__ import annotations

from vitrina.engine.protocols import Budget, Reader
from vitrina.plan.model import TablePlan, TableResult


def run_table(reader: Reader, plan: TablePlan, budget: Budget | None = None) -> TableResult:
    """Rows, count, requested facets, labels and suggestions, in this order (blocking; worker thread).

    ``budget`` is the page's; without one it begins after the rows and lasts
    ``plan.rest_time_limit_ms``. What did not get its turn is reported as if it
    had timed out. Raises QueryInterrupted and InvalidSQL for the rows only;
    an error inside a facet is an EngineError.
    """
    raise NotImplementedError


def run_exact_count(reader: Reader, plan: TablePlan) -> int:
    """The exact number of rows that meet the plan's conditions; QueryInterrupted when it takes too long."""
    raise NotImplementedError
