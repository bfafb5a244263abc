"""Which foreign keys of a table get labels, and where these come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from vitrina.catalog.model import DatabaseCatalog, ForeignKey, Table
from vitrina.plan.arguments import parse_bool
from vitrina.plan.model import LabelPlan, TableArguments

_EMPTY: Mapping[str, Any] = {}


def table_block(database_config: Mapping[str, Any] | None, table: str) -> Mapping[str, Any]:
    """The block ``tables.TABLE`` of a database's configuration, or an empty mapping."""
    block = ((database_config or _EMPTY).get("tables") or _EMPTY).get(table)
    return block if isinstance(block, Mapping) else _EMPTY


def label_column_of(table: Table, table_config: Mapping[str, Any]) -> str | None:
    """The column that stands for a row of ``table``: configured, else detected."""
    return table_config.get("label_column") or table.label_column


def plan_label(catalog: DatabaseCatalog, key: ForeignKey, database_config: Mapping[str, Any] | None) -> LabelPlan:
    """How the values of ``key`` get their labels; the target may be missing (see :func:`usable`)."""
    other = find_table(catalog, key.other_table)
    label_column = None
    if other is not None:
        label_column = label_column_of(other, table_block(database_config, other.name))
    return LabelPlan(
        column=key.column,
        other_table=key.other_table if other is None else other.name,
        other_column=key.other_column or "",
        label_column=label_column,
        declared_table=key.other_table,
        declared_column=key.declared_column,
    )


def plan_expandable(
    catalog: DatabaseCatalog, table: Table, database_config: Mapping[str, Any] | None
) -> tuple[LabelPlan, ...]:
    """One plan per single-column foreign key, in the engine's order."""
    return tuple([plan_label(catalog, key, database_config) for key in table.single_foreign_keys])


def usable(catalog: DatabaseCatalog, plan: LabelPlan, visible: Callable[[str], bool]) -> bool:
    """Whether labels can be shown: the target exists, has a known column, and the actor may view it."""
    return bool(plan.other_column) and plan.other_table in catalog.tables and visible(plan.other_table)


def asked_labels(
    expandable: Iterable[LabelPlan], columns: Iterable[str], arguments: TableArguments, *, default: bool
) -> tuple[LabelPlan, ...]:
    """The foreign keys to expand on this page, usable or not. ``default`` is what a page does without ``_labels``."""
    asked = parse_bool(arguments.first("_labels") or "")
    single = arguments.all("_label")
    everything = not single and (default if asked is None else asked)
    if not everything and not single:
        return ()
    selected = set(columns)
    return tuple([plan for plan in expandable if plan.column in selected and (everything or plan.column in single)])


def find_table(catalog: DatabaseCatalog, name: str) -> Table | None:
    """A table by the name a foreign key gives, which may differ in case."""
    table = catalog.tables.get(name)
    if table is not None:
        return table
    lowered = name.lower()
    return next((each for each in catalog.tables.values() if each.name.lower() == lowered), None)
