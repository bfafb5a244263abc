"""Which columns a table page selects: ``_col`` and ``_nocol``."""

from __future__ import annotations

from collections.abc import Sequence

from vitrina.catalog.model import Table
from vitrina.errors import BadRequest


def pk_columns_of(table: Table) -> tuple[str, ...]:
    """The columns that address a row: the primary key, ``rowid``, or nothing for a view."""
    if table.primary_keys:
        return table.primary_keys
    return () if table.is_view else ("rowid",)


def plan_columns(table: Table, only: Sequence[str], without: Sequence[str]) -> tuple[str, ...]:
    """Names of the selected columns in order; primary keys are always among them, an added ``rowid`` first.

    Nothing at all where every column was left out: the engine refuses that.
    Raises BadRequest naming the columns that do not exist or may not be left out.
    """
    chosen: tuple[str, ...] = table.column_names
    known = table.column_by_name
    if only:
        _refuse("_col", [name for name in only if name not in known])
        chosen = tuple(dict.fromkeys((*table.primary_keys, *only)))
    if without:
        _refuse("_nocol", [name for name in without if name not in known or name in table.primary_keys])
        chosen = tuple([name for name in chosen if name not in without])
    return ("rowid", *chosen) if table.uses_rowid and chosen else chosen


def all_columns(table: Table) -> tuple[str, ...]:
    """What is selected when nothing is left out."""
    return ("rowid", *table.column_names) if table.uses_rowid else table.column_names


def _refuse(argument: str, names: Sequence[str]) -> None:
    if names:
        raise BadRequest(f"{argument}={', '.join(names)} - invalid columns")
