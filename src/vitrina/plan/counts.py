"""The count of a table page: its visible text and the limited statement that is run."""

from __future__ import annotations

from dataclasses import dataclass

from vitrina.dialect.select import select_count, select_count_limited

#: Counting stops here; this result means "more than 10,000".
COUNT_LIMIT = 10_001


@dataclass(frozen=True, slots=True)
class CountPlan:
    """``sql`` counts exactly; ``limited_sql`` stops at the limit, None when nothing is to be run."""

    sql: str
    limited_sql: str | None
    known: int | None


def plan_count(table: str, where: str, *, wanted: bool, known_count: int | None) -> CountPlan:
    """Plan the count of the rows that meet ``where`` (a clause, or "").

    ``known_count`` is the number of all rows, which needs no statement.
    """
    sql = select_count(table, where)
    if not wanted:
        return CountPlan(sql, None, None)
    if known_count is not None and not where:
        return CountPlan(sql, None, known_count)
    return CountPlan(sql, select_count_limited(table, where, COUNT_LIMIT), None)
