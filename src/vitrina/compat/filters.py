"""Column filters as plugins use them: pairs of a query string in, conditions and words out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from vitrina.plan.filters import OPERATORS, plan_filters
from vitrina.plan.model import Filter, Where
from vitrina.plan.redirects import FILTER_KEYS, filter_pair, filter_suffixes


class Filters:
    """The filters among ``(column__operator, value)`` pairs; a key without operator means ``exact``."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self.pairs = list(pairs)

    def lookups(self) -> Iterator[tuple[str, str, bool]]:
        """Key, label and "takes no argument" of every operator."""
        for operator in OPERATORS:
            yield operator.key, operator.label, not operator.takes_value

    def selections(self) -> Iterator[tuple[str, str, str]]:
        """Column, operator and value of each pair."""
        for key, value in self.pairs:
            column, _, operator = key.rpartition("__")
            yield (column, operator, value) if column else (key, "exact", value)

    def has_selections(self) -> bool:
        return bool(self.pairs)

    def build_where_clauses(self, table: str) -> tuple[list[str], dict[str, Any]]:
        """Conditions and their parameters; unknown operators are left out."""
        wheres = self._planned(table)
        params: dict[str, Any] = {}
        for where in wheres:
            params.update(where.params)
        return [where.sql for where in wheres], params

    def human_description_en(self, extra: Iterable[str] | None = None) -> str:
        """The filters in words, after those of ``extra``; empty without any."""
        words = [*(extra or ()), *(where.human for where in self._planned("") if where.human)]
        if not words:
            return ""
        *first, last = words
        return "where " + (f"{', '.join(first)} and {last}" if first else last)

    def _planned(self, table: str) -> list[Where]:
        return plan_filters(table, [Filter(*selection) for selection in self.selections()])


def filters_should_redirect(special_args: Mapping[str, str]) -> list[tuple[str, str | None]]:
    """What a submitted filter form changes in the query string: pairs of key and value, None to remove a key."""
    changes: list[tuple[str, str | None]] = []
    for suffix in filter_suffixes(special_args):
        pair = filter_pair(special_args, suffix)
        if pair is not None:
            changes.append(pair)
        # The row without a number names only those of its keys that are there.
        changes += [(key + suffix, None) for key in FILTER_KEYS if suffix or key in special_args]
    return changes
