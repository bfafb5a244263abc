"""Some rows at a time, and no more than memory holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

Row = TypeVar("Row")

#: characters and bytes of rows that are held at a time
MOST_HELD = 64 * 1024 * 1024
# Rows between two looks at the meter.
_AT_ONCE = 4


@dataclass(slots=True)
class Meter:
    """How many bytes of a text file were read so far: what its rows hold, without a look at each cell."""

    read: int = 0


def take_rows(rows: Iterator[Row], most: int, meter: Meter | None = None) -> list[Row]:
    """The next rows, at most so many, and fewer where they are large; none at the end only.

    A row is a list of cells, or an object. With a ``meter`` of the file that
    they come from, its bytes count, else the texts and bytes in the rows.
    """
    return _metered(rows, most, meter) if meter is not None else _measured(rows, most)


def _metered(rows: Iterator[Row], most: int, meter: Meter) -> list[Row]:
    taken: list[Row] = []
    end = meter.read + MOST_HELD
    while len(taken) < most and meter.read <= end:
        some = list(islice(rows, min(_AT_ONCE, most - len(taken))))
        if not some:
            break
        taken += some
    return taken


def _measured(rows: Iterator[Row], most: int) -> list[Row]:
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
