"""The built-in facets as classes, for plugins that derive from them or make them themselves.

Pages do not use these: they compute their facets on their one trip to the engine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from vitrina.dialect.facets import (
    array_facet,
    array_statistics,
    column_facet,
    column_statistics,
    date_facet,
    date_statistics,
)
from vitrina.errors import QueryInterrupted
from vitrina.http.paths import path_with_added_args, path_with_removed_args
from vitrina.web.table.facet_class import Facet, facet_entries


@dataclass(frozen=True, slots=True)
class _Statements:
    """SQL for ``value, count`` of one column, and for the ``numbers`` of each column that suggestions are made by."""

    results: Callable[[str, str, int], str]
    statistics: Callable[[list[str], str, int], str]
    numbers: int


class _BuiltInFacet(Facet):
    """What the three types share: one statement for results, one for suggestions."""

    parameter: ClassVar[str]
    filter_suffix: ClassVar[str]
    statements: ClassVar[_Statements]

    def is_suggested(self, numbers: tuple[int, ...], size: int) -> bool:
        """Whether a column with these numbers is worth offering."""
        raise NotImplementedError

    async def suggest(self) -> list[dict[str, Any]]:
        columns = await self.get_columns(self.sql, self.params)
        size = self.get_facet_size()
        taken = {config["config"].get("column") or config["config"]["simple"] for config in self.get_configs()}
        limit = self.ds.setting("facet_suggest_time_limit_ms")
        try:
            results = await self.ds.execute(
                self.database,
                self.statements.statistics(columns, self.sql, self.suggest_consider),
                self.params,
                custom_time_limit=limit,
                log_sql_errors=False,
            )
        except QueryInterrupted:
            return []
        numbers = tuple(results.first())
        step = self.statements.numbers
        offered: list[dict[str, Any]] = []
        for index, column in enumerate(columns):
            if column in taken or not self.is_suggested(numbers[index * step : (index + 1) * step], size):
                continue
            toggle = path_with_added_args(self.request, {self.parameter: column})
            entry = {"name": column, "toggle_url": self.ds.absolute_url(self.request, self.ds.urls.path(toggle))}
            offered.append(entry if self.type == "column" else {"name": column, "type": self.type, **entry})
        return offered

    async def facet_results(self) -> tuple[list[dict[str, Any]], list[str]]:
        size = self.get_facet_size()
        found, timed_out = [], []
        for each in self.get_configs():
            config = each["config"]
            column = config.get("column") or config["simple"]
            limit = self.ds.setting("facet_time_limit_ms")
            try:
                sql = self.statements.results(column, self.sql, size + 1)
                rows = (await self.ds.execute(self.database, sql, self.params, custom_time_limit=limit)).rows
            except QueryInterrupted:
                timed_out.append(column)
                continue
            found.append(
                {
                    "name": column,
                    "type": self.type,
                    "results": [self._value(column, row["value"], row["count"]) for row in rows[:size]],
                    "hideable": each["source"] != "metadata",
                    "toggle_url": path_with_removed_args(self.request, {self.parameter: column}),
                    "truncated": len(rows) > size,
                }
            )
        return found, timed_out

    def _value(self, column: str, value: Any, count: int) -> dict[str, Any]:
        key = f"{column}{self.filter_suffix}"
        selected = (key, str(value)) in self.get_querystring_pairs()
        change = path_with_removed_args if selected else path_with_added_args
        return {
            "value": value,
            "label": value,
            "count": count,
            "toggle_url": self.ds.absolute_url(self.request, change(self.request, {key: str(value)})),
            "selected": selected,
        }


class ColumnFacet(_BuiltInFacet):
    """The most frequent values of a column."""

    type = "column"
    parameter = "_facet"
    filter_suffix = ""
    statements = _Statements(column_facet, column_statistics, 2)

    def is_suggested(self, numbers: tuple[int, ...], size: int) -> bool:
        distinct, values = numbers
        return 1 < distinct <= size and distinct < values


class ArrayFacet(_BuiltInFacet):
    """The most frequent items of the JSON arrays in a column."""

    type = "array"
    parameter = "_facet_array"
    filter_suffix = "__arraycontains"
    statements = _Statements(partial(array_facet, rows_have_keys=False), array_statistics, 2)

    def is_suggested(self, numbers: tuple[int, ...], size: int) -> bool:
        values, arrays = numbers
        return 0 < arrays == values


class DateFacet(_BuiltInFacet):
    """The most frequent days of a column."""

    type = "date"
    parameter = "_facet_date"
    filter_suffix = "__date"
    statements = _Statements(date_facet, date_statistics, 1)

    def is_suggested(self, numbers: tuple[int, ...], size: int) -> bool:
        return numbers[0] > 0


def load_facet_configs(request: Any, table_config: Any) -> dict[str, list[dict[str, Any]]]:
    """Type → the facets of the configuration and of the request, as ``{source, config}``."""
    found: dict[str, list[dict[str, Any]]] = {}
    for kind, source, config in facet_entries(request, table_config):
        found.setdefault(kind, []).append({"source": source, "config": config})
    return found
