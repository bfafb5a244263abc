"""Some rows at a time, and no more than memory holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

Row = TypeVar("Row")

#: characters and bytes of rows that are held at a time
MOST_HELD = 64 * 1024 * 1024


def take_rows(rows: Iterator[Row], most: int) -> list[Row]:
    """The next rows, at most so many, and fewer where they are large; none at the end only.

    A row is a list of cells, or an object.
    """
    taken: list[Row] = []
    held = 0
    for row in rows:
        taken.append(row)
        cells: Any = row.values() if isinstance(row, dict) else row
        if isinstance(row, (list, dict)):
            held += sum([len(cell) for cell in cells if type(cell) is str or type(cell) is bytes])
        if len(taken) >= most or held > MOST_HELD:
            break
    return taken
