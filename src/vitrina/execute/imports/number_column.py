"""The cells of a column of numbers: which fit it, and as what they are given to the database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vitrina.plan.imports.types import ColumnType, misfit

# Texts that are kept, with what they stand for.
_KNOWN = 50_000


class NumberColumn:
    """One column of integers or floats, whose texts are looked into once each.

    A text that a number is written back as is given as that number, which
    costs the database less than a text; any other as it is. An empty text and
    those of ``nulls`` become NULL. ``exact`` as for :func:`misfit`.
    """

    __slots__ = ("_exact", "_kind", "_known", "_mixed", "_nulls", "position")

    def __init__(self, position: int, kind: ColumnType, nulls: frozenset[str], *, exact: bool) -> None:
        self.position = position
        self._kind = kind
        self._exact = exact
        self._nulls = nulls
        self._known: dict[str, Any] = _nothing(nulls)
        # values that are no texts: 1, 1.0 and True are equal, and not to be taken for each other
        self._mixed = False

    def read(self, cells: list[Any]) -> list[Any] | None:
        """The cells as they are bound; None where one of them does not fit."""
        if self._mixed:
            return self._read_mixed(cells)
        known = self._known
        try:
            return list(map(known.__getitem__, cells))
        except KeyError:
            pass
        if set(map(type, cells)) != {str}:
            self._mixed = True
            return self._read_mixed(cells)
        if len(known) > _KNOWN:
            known = self._known = _nothing(self._nulls)
        for text in set(cells).difference(known):
            if self.misfit(text) is not None:
                return None
            known[text] = _number(text, self._kind)
        return list(map(known.__getitem__, cells))

    def _read_mixed(self, cells: list[Any]) -> list[Any] | None:
        read = [self._known.get(value, value) if type(value) is str else value for value in cells]
        return None if any(type(value) is str and self.misfit(value) is not None for value in read) else read

    def misfit(self, value: Any) -> str | None:
        """What is wrong with a cell, or None."""
        if type(value) is not str or not value or value in self._nulls:
            return None
        return misfit(value, self._kind, exact=self._exact)


def _nothing(nulls: frozenset[str]) -> dict[str, Any]:
    return {"": None, **dict.fromkeys(nulls)}


def _number(text: str, kind: ColumnType) -> Any:
    try:
        number: Any = int(text) if kind == "integer" else float(text)
    except ValueError:
        return text
    return number if repr(number) == text else text


def number_columns(kinds: Mapping[int, ColumnType], nulls: frozenset[str], *, exact: bool) -> tuple[NumberColumn, ...]:
    """The columns of numbers among those at these positions of a row."""
    return tuple(
        [
            NumberColumn(position, kind, nulls, exact=exact)
            for position, kind in kinds.items()
            if kind in ("integer", "float")
        ]
    )
