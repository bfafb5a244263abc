"""The addresses that the filter form is redirected to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

#: of one row of the form, to which a suffix is added
FILTER_KEYS = ("_filter_column", "_filter_op", "_filter_value")


def form_redirect(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]] | None:
    """Query pairs to redirect to when ``pairs`` come from the filter form, else None.

    ``_filter_column``, ``_filter_op`` and ``_filter_value``, with or without a
    ``_N`` suffix, become ``column__op=value``; ``_sort_by_desc`` turns
    ``_sort`` into ``_sort_desc``, and takes ``_sort_desc`` away where there is
    none. Other pairs stay in their order; those without a value go, as a form
    sends its empty fields too.
    """
    if not any(key.startswith(("_filter_", "_sort_by_desc")) for key, _ in pairs):
        return None
    first = _first_values(pairs)
    removed: set[str] = set()
    added: list[tuple[str, str]] = []
    for suffix in filter_suffixes(first):
        removed.update([key + suffix for key in FILTER_KEYS])
        pair = filter_pair(first, suffix)
        if pair is not None:
            added.append(pair)
    # The form's filters go first: what is left of it is redirected again.
    if not removed and "_sort_by_desc" in first:
        removed.update(("_sort", "_sort_by_desc"))
        if "_sort" in first:
            added.append(("_sort_desc", first["_sort"]))
        else:
            removed.add("_sort_desc")
    return [pair for pair in pairs if pair[1] and pair[0] not in removed] + added if removed else None


def _first_values(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    first: dict[str, str] = {}
    for key, value in pairs:
        first.setdefault(key, value)
    return first


def filter_suffixes(first: Mapping[str, str]) -> list[str]:
    """The suffixes ("", "_1" …) of the rows of the form; the one without a number comes first."""
    found: list[str] = []
    if any(key in first for key in FILTER_KEYS):
        found.append("")
    for key in first:
        if key.startswith("_filter_column_"):
            suffix = key[len("_filter_column") :]
            if suffix[1:].isdecimal():
                found.append(suffix)
    return found


def filter_pair(first: Mapping[str, str], suffix: str) -> tuple[str, str] | None:
    """The key and value of the filter in one row of the form; None without a column."""
    column = first.get("_filter_column" + suffix)
    if not column:
        return None
    operator = first.get("_filter_op" + suffix, "exact" if suffix else "")
    value = first.get("_filter_value" + suffix, "")
    if "__" in operator:
        # "isnull__1": operators without an argument bring their value along
        operator, _, value = operator.partition("__")
    return f"{column}__{operator}", value
