"""Finds the facets that a table page could suggest, for all columns together."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from vitrina.dialect.facets import array_statistics, column_statistics, date_statistics, sample_arrays
from vitrina.engine.protocols import Budget, Reader
from vitrina.errors import InvalidSQL, QueryInterrupted
from vitrina.plan.model import Suggestion, SuggestionPlan

_CONSIDERED = 1000
_DATES_CONSIDERED = 100
_ARRAYS_SAMPLED = 100
# columns per statement: an engine allows 2,000 results, and a distinct count keeps an index of its own in memory
_CHUNK = 100


def run_suggestions(
    reader: Reader, plan: SuggestionPlan, budget: Budget, *, untrusted: bool
) -> tuple[list[Suggestion], bool]:
    """Column, date and array facets worth offering, in this order, and whether time sufficed to look for all."""
    look = _Look(reader, plan, budget, untrusted)
    found = [Suggestion("column", name) for name in look.columns()]
    found.extend([Suggestion("date", name) for name in look.dates()])
    found.extend([Suggestion("array", name) for name in look.arrays()])
    return found, look.complete


class _Look:
    """One page's search for suggestions."""

    def __init__(self, reader: Reader, plan: SuggestionPlan, budget: Budget, untrusted: bool) -> None:
        self._reader = reader
        self._plan = plan
        self._budget = budget
        self._untrusted = untrusted
        self.complete = True

    def columns(self) -> Iterator[str]:
        """Columns with a few values of which at least one occurs twice."""
        most = self._plan.facet_size
        for name, (distinct, values) in self._statistics(self._plan.column_candidates, column_statistics, 2):
            if 1 < distinct <= most and distinct < values:
                yield name

    def dates(self) -> Iterator[str]:
        """Columns where some value begins with a date."""
        for name, (dates,) in self._statistics(self._plan.date_candidates, date_statistics, 1, _DATES_CONSIDERED):
            if dates:
                yield name

    def arrays(self) -> Iterator[str]:
        """Columns where every value is a JSON array and the first ones hold only text."""
        for name, (values, arrays) in self._statistics(self._plan.array_candidates, array_statistics, 2):
            if values and values == arrays and self._only_text(name):
                yield name

    def _statistics(
        self,
        columns: Sequence[str],
        statement: Callable[[Sequence[str], str, int], str],
        width: int,
        considered: int = _CONSIDERED,
    ) -> Iterator[tuple[str, Sequence[Any]]]:
        """``width`` numbers per column, from one statement per chunk of columns."""
        for start in range(0, len(columns), _CHUNK):
            chunk = columns[start : start + _CHUNK]
            rows = self._select(statement(chunk, self._plan.unordered_sql, considered), len(chunk))
            if rows:
                for position, name in enumerate(chunk):
                    yield name, rows[0][position * width : (position + 1) * width]

    def _only_text(self, column: str) -> bool:
        rows = self._select(sample_arrays(column, self._plan.unordered_sql, _ARRAYS_SAMPLED), 1)
        return bool(rows) and all(_is_list_of_text(row[0]) for row in rows)

    def _select(self, sql: str, columns: int) -> list[tuple[Any, ...]]:
        """Rows, or none where the statement failed or its time is over; each column brings a time limit of its own."""
        left = self._budget.limit(self._plan.time_limit_ms * columns)
        if left <= 0:
            self.complete = False
            return []
        try:
            return self._reader.select(
                sql, self._plan.params, time_limit_ms=left, untrusted=self._untrusted, may_fail=True
            ).rows
        except QueryInterrupted:
            self.complete = False
            return []
        except InvalidSQL:
            return []


def _is_list_of_text(text: Any) -> bool:
    try:
        items = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return False
    return isinstance(items, list) and all(isinstance(item, str) for item in items)
