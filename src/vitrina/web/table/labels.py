"""Foreign-key values with their labels, as JSON and plugins see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vitrina.plan.model import TableResult


def expand_labels(columns: Sequence[str], result: TableResult) -> list[Sequence[Any]]:
    """The rows with labelled values as ``{"value", "label"}``."""
    labelled = [(index, result.labels[name]) for index, name in enumerate(columns) if result.labels.get(name)]
    if not labelled:
        return list(result.rows)
    expanded: list[Sequence[Any]] = []
    for row in result.rows:
        cells = list(row)
        for index, labels in labelled:
            value = cells[index]
            if value is not None and value in labels:
                cells[index] = {"value": value, "label": labels[value]}
        expanded.append(cells)
    return expanded
