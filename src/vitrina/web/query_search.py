"""Which stored queries a list shows: filters, search, order, pages and the counts beside the filters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vitrina.errors import BadRequest
from vitrina.tilde import tilde_decode, tilde_encode

if TYPE_CHECKING:
    from vitrina.catalog.stored import StoredQuery

_FLAGS = {"0": False, "false": False, "off": False, "1": True, "true": True, "on": True}
_ASCII_LOWER = {upper: upper + 32 for upper in range(65, 91)}


@dataclass(frozen=True, slots=True)
class QueryFilters:
    """What the list is narrowed to; None and "" are not narrowed."""

    q: str = ""
    is_write: bool | None = None
    is_private: bool | None = None
    source: str = ""
    owner_id: str = ""


@dataclass(frozen=True, slots=True)
class QueryPage:
    """One page of a list; ``next`` is the cursor of the page after it."""

    queries: list[StoredQuery]
    next: str | None
    limit: int


def parse_filters(get: Callable[[str], str | None]) -> QueryFilters:
    """The filters of a query string.

    Raises BadRequest for a flag that is neither yes nor no.
    """
    return QueryFilters(
        q=get("q") or "",
        is_write=_flag("is_write", get("is_write")),
        is_private=_flag("is_private", get("is_private")),
        source=get("source") or "",
        owner_id=get("owner_id") or "",
    )


def _flag(name: str, text: str | None) -> bool | None:
    if not text:
        return None
    try:
        return _FLAGS[text.lower()]
    except KeyError:
        raise BadRequest(f"{name} must be 0 or 1") from None


def parse_limit(text: str | None, default: int, maximum: int) -> int:
    """The page size of ``_size``, ``default`` where there is none.

    Raises BadRequest when it is no number or above ``maximum``.
    """
    if not text:
        return default
    if text == "max":
        return maximum
    if not text.isdigit():
        raise BadRequest("_size must be a positive integer")
    size = int(text)
    if size > maximum:
        raise BadRequest(f"_size must be <= {maximum}")
    return max(size, 1)


def like(pattern: str) -> re.Pattern[str]:
    """``pattern`` anywhere in a text, with ``%`` and ``_`` as SQL's LIKE reads them, ASCII letters in any case."""
    pieces = (
        ".*" if character == "%" else "." if character == "_" else re.escape(character)
        for character in pattern.translate(_ASCII_LOWER)
    )
    return re.compile("".join(pieces), re.DOTALL)


def matches_pattern(compiled: re.Pattern[str], text: str | None) -> bool:
    """True when :func:`like`'s pattern is in ``text``."""
    return bool(text) and compiled.search(text.translate(_ASCII_LOWER)) is not None  # type: ignore[union-attr]


def narrow(queries: Iterable[StoredQuery], filters: QueryFilters) -> list[StoredQuery]:
    """The queries that pass the filters, in their order."""
    pattern = like(filters.q) if filters.q else None
    return [query for query in queries if _passes(query, filters, pattern)]


def _passes(query: StoredQuery, filters: QueryFilters, pattern: re.Pattern[str] | None) -> bool:
    if filters.is_write is not None and query.is_write != filters.is_write:
        return False
    if filters.is_private is not None and query.is_private != filters.is_private:
        return False
    if filters.source and query.source != filters.source:
        return False
    if filters.owner_id and query.owner_id != filters.owner_id:
        return False
    if pattern is None:
        return True
    return any(matches_pattern(pattern, text) for text in (query.name, query.title, query.description, query.sql))


def sort_key(query: StoredQuery, *, with_database: bool) -> tuple[str, ...]:
    """Where a query stands in a list: by title or name in lower case, then by name."""
    key = ((query.title or query.name).translate(_ASCII_LOWER), query.name)
    return (query.database, *key) if with_database else key


def page_of(queries: Iterable[StoredQuery], cursor: str | None, limit: int, *, with_database: bool) -> QueryPage:
    """The page after ``cursor``; a cursor that was not made here is ignored."""
    ordered = sorted(queries, key=lambda query: sort_key(query, with_database=with_database))
    after = tuple(tilde_decode(part) for part in cursor.split(",")) if cursor else ()
    if len(after) == (3 if with_database else 2):
        ordered = [query for query in ordered if sort_key(query, with_database=with_database) > after]
    shown = ordered[:limit]
    following = None
    if len(ordered) > limit:
        following = ",".join(tilde_encode(part) for part in sort_key(shown[-1], with_database=with_database))
    return QueryPage(shown, following, limit)


@dataclass(frozen=True, slots=True)
class FilterChoice:
    """One value of a filter: how many queries it leaves, and whether it is chosen."""

    label: str
    argument: str
    value: str
    count: int
    active: bool


_CHOICES: tuple[tuple[str, str, tuple[tuple[str, bool], ...]], ...] = (
    ("Mode", "is_write", (("Read-only", False), ("Writable", True))),
    ("Visibility", "is_private", (("Not private", False), ("Private", True))),
)


def filter_choices(queries: Sequence[StoredQuery], filters: QueryFilters) -> list[tuple[str, list[FilterChoice]]]:
    """For each filter its title and values: those that would leave a query, and the chosen one in any case."""
    groups = []
    for title, argument, values in _CHOICES:
        chosen = getattr(filters, argument)
        choices = []
        for label, value in values:
            if chosen is not None and chosen != value:
                continue
            # The counts are of this list with the value chosen.
            if argument == "is_write":
                chosen_filters = replace(filters, is_write=value)
            else:
                chosen_filters = replace(filters, is_private=value)
            count = len(narrow(queries, chosen_filters))
            if count or chosen is not None:
                choices.append(FilterChoice(label, argument, "1" if value else "0", count, chosen is not None))
        groups.append((title, choices))
    return groups
