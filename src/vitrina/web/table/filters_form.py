"""The filter form of a table page, as its template asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vitrina.plan.filters import OPERATORS
from vitrina.plan.model import Filter


@dataclass(frozen=True, slots=True)
class Lookup:
    """One operator of the form's menu."""

    key: str
    display: str
    no_argument: bool


_LOOKUPS = tuple(Lookup(each.key, each.label, not each.takes_value) for each in OPERATORS)


@dataclass(frozen=True, slots=True)
class FiltersForm:
    """The template's ``filters``."""

    filters: Sequence[Filter]

    def lookups(self) -> tuple[Lookup, ...]:
        """Every operator, in the order of the menu."""
        return _LOOKUPS

    def selections(self) -> list[tuple[str, str, str]]:
        """Column, operator and value of every filter in the URL."""
        return [(each.column, each.operator, each.value) for each in self.filters]

    def has_selections(self) -> bool:
        """Whether the URL has any filter."""
        return bool(self.filters)
