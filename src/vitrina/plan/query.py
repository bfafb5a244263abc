"""The plan of a query page: one statement given by a person."""

from __future__ import annotations

from collections.abc import Mapping

from vitrina.config.settings import Settings
from vitrina.plan.model import QueryPlan


def plan_query(
    sql: str,
    values: Mapping[str, str],
    *,
    settings: Settings,
    names: tuple[str, ...] | None = None,
    time_limit: str | None = None,
) -> QueryPlan:
    """Plan ``sql`` with named parameters bound from ``values``; missing ones are empty text.

    ``names`` are the parameters where they are declared (stored queries), else
    they are found in the SQL. ``time_limit`` is ``_timelimit=`` as given.

    Raises InvalidSQL when the statement is not one that may be run, BadRequest
    for a ``time_limit`` that is no number.
    """
    raise NotImplementedError
