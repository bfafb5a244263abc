"""Names of columns, from the headings of a file."""

from __future__ import annotations

from collections.abc import Iterable


def clean_names(headings: Iterable[object]) -> tuple[str, ...]:
    """A usable, unique name for each heading, in order.

    Marks of byte order and control characters go, runs of white space become
    one space, an empty heading becomes ``column_N``, and one that is there
    already, whatever the case of its letters, gets ``_2`` behind it.
    """
    names: list[str] = []
    taken: set[str] = set()
    for position, heading in enumerate(headings, 1):
        text = "" if heading is None else str(heading)
        shown = "".join([each if each.isprintable() else " " for each in text.replace("\ufeff", "")])
        base = " ".join(shown.split()) or f"column_{position}"
        name, number = base, 2
        while name.casefold() in taken:
            name, number = f"{base}_{number}", number + 1
        taken.add(name.casefold())
        names.append(name)
    return tuple(names)
