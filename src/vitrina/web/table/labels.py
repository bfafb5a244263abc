"""Foreign-key values with their labels, as JSON and plugins see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def expand_labels(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], labels_of: Mapping[str, Mapping[Any, Any]]
) -> list[Sequence[Any]]:
    """The rows with labelled values as ``{"value", "label"}``; ``labels_of`` is column → value → label."""
    labelled = [(index, labels_of[name]) for index, name in enumerate(columns) if labels_of.get(name)]
    if not labelled:
        return list(rows)
    expanded: list[Sequence[Any]] = []
    for row in rows:
        cells = list(row)
        for index, labels in labelled:
            value = cells[index]
            if value is not None and value in labels:
                cells[index] = {"value": value, "label": labels[value]}
        expanded.append(cells)
    return expanded
