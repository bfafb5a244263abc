"""The order of a table page: ``_sort``, ``_sort_desc`` and the configured default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vitrina.catalog.model import Table
from vitrina.errors import BadRequest
from vitrina.plan.model import TableArguments


@dataclass(frozen=True, slots=True)
class Sorting:
    """At most one of ``ascending`` and ``descending`` names the column."""

    ascending: str | None = None
    descending: str | None = None

    @property
    def column(self) -> str | None:
        return self.ascending or self.descending


def sortable_columns(table: Table, table_config: Mapping[str, Any]) -> frozenset[str]:
    """Columns that may be sorted by: the configured ones, else all; ``rowid`` too where it is the key."""
    configured = table_config.get("sortable_columns")
    names = set(table.column_names if configured is None else configured)
    if table.uses_rowid:
        names.add("rowid")
    return frozenset(names)


def plan_sorting(arguments: TableArguments, table_config: Mapping[str, Any], sortable: frozenset[str]) -> Sorting:
    """Decide the order. Raises BadRequest for two sorts at once or a column that may not be sorted by."""
    ascending, descending = arguments.first("_sort"), arguments.first("_sort_desc")
    if not ascending and not descending:
        ascending, descending = table_config.get("sort"), table_config.get("sort_desc")
    if ascending and descending:
        raise BadRequest("Cannot use _sort and _sort_desc at the same time")
    column = ascending or descending
    if column and column not in sortable:
        raise BadRequest(f"Cannot sort table by {column}")
    return Sorting(ascending or None, descending or None)
