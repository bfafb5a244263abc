"""Computes the facets of a table page."""

from __future__ import annotations

from vitrina.engine.protocols import Budget, Reader
from vitrina.errors import QueryInterrupted
from vitrina.plan.model import FacetPlan, FacetResult


def run_facet(reader: Reader, plan: FacetPlan, budget: Budget, *, untrusted: bool) -> FacetResult | None:
    """The values of one facet, None when its time is over. Raises InvalidSQL, for example for an unknown column."""
    left = budget.limit(plan.time_limit_ms)
    if left <= 0:
        return None
    try:
        found = reader.select(
            plan.sql, plan.params, time_limit_ms=left, max_rows=plan.size, untrusted=untrusted, has_limit=True
        )
    except QueryInterrupted:
        return None
    values = [(row[0], row[1]) for row in found.rows]
    if plan.type == "array":
        # items of a JSON array are shown and filtered as text, whatever their type
        values = [(value if isinstance(value, bytes) else str(value), count) for value, count in values]
    return FacetResult(plan, values, found.truncated)
