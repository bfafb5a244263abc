"""From a file that was looked into, and what a person asks for, to the plan of its import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from vitrina.catalog.model import DatabaseCatalog
from vitrina.errors import InvalidBody
from vitrina.execute.imports.source import Source
from vitrina.plan.definitions import TYPES
from vitrina.plan.imports.model import ImportColumn, ImportPlan, Mode, plan_existing, plan_new
from vitrina.plan.imports.types import ColumnType


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is asked for beside the file. ``columns`` None: as they are found in it; ``types`` change some of them."""

    table: str
    mode: Mode = "append"
    keys: tuple[str, ...] = ()
    columns: Sequence[ImportColumn] | None = None
    types: Mapping[str, ColumnType] = field(default_factory=dict)
    nulls: frozenset[str] = frozenset()
    empty_is_null: bool = False
    batch_rows: int = 0
    strict: bool = False


def plan_import(catalog: DatabaseCatalog, source: Source, wishes: Wishes) -> ImportPlan:
    """The plan of an import into a table that is there, or else is created. Raises InvalidBody."""
    if wishes.batch_rows < 0:
        raise InvalidBody("A batch has at least one row")
    columns = source.columns(wishes.nulls) if wishes.columns is None else tuple(wishes.columns)
    unknown = sorted(wishes.types.keys() - {column.name for column in columns})
    if unknown:
        raise InvalidBody(f"The file has no column {', '.join(unknown)}")
    for name, kind in wishes.types.items():
        if kind not in TYPES:
            raise InvalidBody(f"Unsupported column type for {name}: {kind}")
    columns = tuple([replace(column, type=wishes.types.get(column.name, column.type)) for column in columns])
    if wishes.table in catalog.views:
        raise InvalidBody(f"{wishes.table} is a view")
    table = catalog.tables.get(wishes.table)
    if table is None:
        # SQLite's names of tables do not tell cases apart.
        table = next((each for name, each in catalog.tables.items() if name.lower() == wishes.table.lower()), None)
    if table is None:
        plan = plan_new(wishes.table, columns, width=source.width, keys=wishes.keys, mode=wishes.mode)
    else:
        plan = plan_existing(table, columns, width=source.width, keys=wishes.keys, mode=wishes.mode)
    return replace(
        plan,
        nulls=wishes.nulls,
        empty_is_null=wishes.empty_is_null,
        batch_rows=wishes.batch_rows,
        strict=wishes.strict,
    )
