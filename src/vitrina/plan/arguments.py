"""Takes the query string of a table page apart into column filters and special arguments."""

from __future__ import annotations

from collections.abc import Iterable

from vitrina.plan.model import Filter, TableArguments

_TRUE = frozenset(("on", "true", "1"))
_FALSE = frozenset(("off", "false", "0"))


def parse_arguments(pairs: Iterable[tuple[str, str]]) -> TableArguments:
    """Split decoded ``(key, value)`` pairs into filters and special arguments.

    A key that begins with ``_`` and has no ``__`` is special. Filters come out
    sorted by key and value, which is the order of parameter numbering.
    """
    filters: list[tuple[str, str]] = []
    special: dict[str, list[str]] = {}
    for pair in pairs:
        key = pair[0]
        if key[:1] == "_" and "__" not in key:
            special.setdefault(key, []).append(pair[1])
        else:
            filters.append(pair)
    filters.sort()
    return TableArguments(
        filters=tuple([parse_filter(key, value) for key, value in filters]) if filters else (),
        special={key: tuple(values) for key, values in special.items()} if special else {},
    )


def parse_filter(key: str, value: str) -> Filter:
    """Split a filter's key at its last ``__``; without one the operator is ``exact``."""
    column, separator, operator = key.rpartition("__")
    return Filter(column, operator, value) if separator else Filter(key, "exact", value)


def parse_bool(text: str) -> bool | None:
    """Read on/true/1 and off/false/0 in any case; None for anything else."""
    lowered = text.lower()
    if lowered in _TRUE:
        return True
    return False if lowered in _FALSE else None
