"""The plan of a query page: one statement given by a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vitrina.config.settings import Settings
from vitrina.dialect.parameters import unique_parameters
from vitrina.dialect.statement import check_select
from vitrina.plan.limits import time_limit as parse_time_limit
from vitrina.plan.model import QueryPlan


def plan_query(
    sql: str,
    values: Mapping[str, str],
    *,
    settings: Settings,
    names: Sequence[str] | None = None,
    magic: Mapping[str, Any] | None = None,
    time_limit: str | None = None,
    checked: bool = True,
) -> QueryPlan:
    """Plan ``sql`` with named parameters bound from ``values``; missing ones are empty text.

    ``values`` is the query string (first values). ``names`` are the parameters
    where they are declared (stored queries), else they are found in the SQL;
    one that a declaration leaves out has no default.
    ``magic`` are the values of a stored query's magic parameters, which nobody
    can override; None for custom SQL, where such names are ordinary ones that
    have no default. ``time_limit`` is ``_timelimit=`` as given. ``checked`` False
    leaves out the look at the statement's words, for queries that were stored.

    Raises InvalidSQL when the statement is not one that may be run, BadRequest
    for a ``time_limit`` that is no number.
    """
    if checked:
        check_select(sql)
    found = unique_parameters(sql)
    # In the address of custom SQL this argument is the statement itself.
    bound: dict[str, Any] = {name: value for name, value in values.items() if magic is not None or name != "sql"}
    for name in names or found:
        if name not in bound and not name.startswith("_"):
            bound[name] = ""
    bound.update(magic or {})
    # the contract counts one row more where both settings are the same
    most = settings.max_returned_rows
    return QueryPlan(
        sql=sql,
        params=bound,
        shown_params={name: bound[name] for name in (names or found) if not name.startswith("_")},
        names=tuple(names or found),
        max_rows=most + 1 if most == settings.default_page_size and not settings.exact_limits else most,
        time_limit_ms=parse_time_limit(time_limit, settings),
    )
