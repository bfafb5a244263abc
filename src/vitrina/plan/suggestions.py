"""Which facets a table page could suggest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vitrina.config.settings import Settings
from vitrina.plan.facets import Facet
from vitrina.plan.model import SuggestionPlan, TableArguments

_OFF = ("_next", "_nofacet", "_nosuggest")


def suggestions_wanted(arguments: TableArguments, settings: Settings) -> bool:
    """Whether suggestions are made at all: not on later pages, nor where facets or suggestions are off."""
    if not settings.suggest_facets or not settings.allow_facet:
        return False
    return not any(arguments.first(key) for key in _OFF)


def plan_suggestions(
    columns: Sequence[str],
    active: Sequence[Facet],
    *,
    unordered_sql: str,
    params: Mapping[str, Any],
    facet_size: int,
    settings: Settings,
) -> SuggestionPlan:
    """Look at every column, for each type those that are no such facet already."""
    taken = {(facet.type, facet.column) for facet in active}
    return SuggestionPlan(
        unordered_sql=unordered_sql,
        params=params,
        column_candidates=tuple([name for name in columns if ("column", name) not in taken]),
        array_candidates=tuple([name for name in columns if ("array", name) not in taken]),
        date_candidates=tuple([name for name in columns if ("date", name) not in taken]),
        facet_size=facet_size,
        time_limit_ms=settings.facet_suggest_time_limit_ms,
    )
