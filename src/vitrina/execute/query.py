"""Runs a person's SQL inside one worker hop."""

from __future__ import annotations

from vitrina.engine.protocols import Reader
from vitrina.plan.model import QueryPlan, QueryResult


def run_query(reader: Reader, plan: QueryPlan) -> QueryResult:
    """Run the statement under the authorizer (blocking; worker thread).

    Raises QueryInterrupted after the plan's time limit, InvalidSQL with the
    engine's message.
    """
    raise NotImplementedError
