"""Runs the statements of a row page inside one worker hop."""

from __future__ import annotations

from vitrina.engine.protocols import Budget, Reader
from vitrina.plan.model import RowPlan, RowResult


def run_row(reader: Reader, plan: RowPlan, budget: Budget | None = None) -> RowResult:
    """The row, its labels and the numbers of rows that point to it (blocking; worker thread)."""
    raise NotImplementedError
