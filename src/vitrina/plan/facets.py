"""The facets of a table page: those configured and those asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from vitrina.catalog.model import DatabaseCatalog, Table
from vitrina.config.settings import Settings
from vitrina.dialect.facets import array_facet, column_facet, date_facet
from vitrina.errors import BadRequest, VitrinaError
from vitrina.plan.labels import usable
from vitrina.plan.model import FacetPlan, FacetType, LabelPlan, TableArguments

#: The built-in types in the order of pages, with the argument that asks for one.
FACET_ARGUMENTS: Mapping[FacetType, str] = {
    "column": "_facet",
    "date": "_facet_date",
    "array": "_facet_array",
}


@dataclass(frozen=True, slots=True)
class Facet:
    """One facet that is active on a page."""

    type: FacetType
    column: str
    source: Literal["metadata", "request"]


def facets_requested(arguments: TableArguments) -> bool:
    """Whether the query string has any ``_facet…`` argument."""
    return any(key.startswith("_facet") for key in arguments.special)


def active_facets(arguments: TableArguments, table_config: Mapping[str, Any], settings: Settings) -> list[Facet]:
    """Facets of the built-in types: by type, configured ones before requested ones.

    Raises BadRequest for any ``_facet…`` argument where facets are switched off.
    """
    if not settings.allow_facet and facets_requested(arguments):
        raise BadRequest("_facet= is not allowed", hint="The setting allow_facet is off.")
    configured = [_configured(entry) for entry in table_config.get("facets") or ()]
    active: list[Facet] = []
    for facet_type, argument in FACET_ARGUMENTS.items():
        active.extend([Facet(facet_type, column, "metadata") for kind, column in configured if kind == facet_type])
        active.extend([Facet(facet_type, requested_column(value), "request") for value in arguments.all(argument)])
    return active


def _configured(entry: Any) -> tuple[str, str]:
    """(type, column) of one entry of the configuration's ``facets``."""
    if isinstance(entry, str):
        return "column", entry
    if not isinstance(entry, Mapping) or len(entry) != 1:
        raise VitrinaError("Metadata config dicts should be {type: config}")
    ((kind, value),) = entry.items()
    if isinstance(value, Mapping):
        value = value.get("column", value.get("simple", ""))
    return str(kind), str(value)


def requested_column(value: str) -> str:
    """The column that a ``_facet=`` value names: itself, or ``column`` (or ``simple``) of a JSON object."""
    if not value.startswith("{"):
        return value
    try:
        config = json.loads(value)
    except (ValueError, RecursionError) as error:
        raise BadRequest(str(error), hint="A facet is a column name or a JSON object with the key column.") from error
    column = config.get("column", config.get("simple"))
    if not isinstance(column, str):
        raise BadRequest("A facet given as a JSON object needs the key column")
    return column


def facet_size(arguments: TableArguments, table_config: Mapping[str, Any], settings: Settings) -> int:
    """Values shown of each facet: from the query string, the table's configuration (0: none), or the setting."""
    for given in (arguments.first("_facet_size"), table_config.get("facet_size") or None):
        if given == "max":
            return settings.max_returned_rows
        text = str(given) if given is not None else ""
        if text.isdecimal():
            return min(int(text), settings.max_returned_rows)
    return min(settings.default_facet_size, settings.max_returned_rows)


def plan_facets(
    catalog: DatabaseCatalog,
    table: Table,
    active: Sequence[Facet],
    *,
    unordered_sql: str,
    params: Mapping[str, Any],
    size: int,
    settings: Settings,
    labels: Sequence[LabelPlan],
    visible: Callable[[str], bool],
) -> tuple[FacetPlan, ...]:
    """The statements of the active facets. ``unordered_sql`` selects every row that the page's conditions meet."""
    label_of = {label.column: label for label in labels}
    keys: set[str] = set()
    plans: list[FacetPlan] = []
    for facet in active:
        label = label_of.get(facet.column) if facet.type == "column" else None
        plans.append(
            FacetPlan(
                type=facet.type,
                column=facet.column,
                name=facet.column,
                key=_unique_key(facet.column, keys),
                source=facet.source,
                sql=_facet_sql(table, facet, unordered_sql, size + 1),
                params=params,
                size=size,
                time_limit_ms=settings.facet_time_limit_ms,
                label=label if label is not None and usable(catalog, label, visible) else None,
            )
        )
    return tuple(plans)


def _facet_sql(table: Table, facet: Facet, unordered_sql: str, limit: int) -> str:
    if facet.type == "array":
        return array_facet(facet.column, unordered_sql, limit, rows_have_keys=not table.is_view)
    if facet.type == "date":
        return date_facet(facet.column, unordered_sql, limit)
    return column_facet(facet.column, unordered_sql, limit)


def _unique_key(name: str, taken: set[str]) -> str:
    """``name``, with ``_2``, ``_3`` … behind it where it is taken."""
    key, number = name, 1
    while key in taken:
        number += 1
        key = f"{name}_{number}"
    taken.add(key)
    return key
