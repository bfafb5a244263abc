"""Which column types exist, and which columns have one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vitrina.catalog.affinity import SQLiteType
from vitrina.catalog.model import Column, Table
from vitrina.render.column_types import BUILT_IN, BuiltInColumnType, ColumnType

if TYPE_CHECKING:
    from vitrina.web.site import Site

#: key of ``site.state``: name → class, with what plugins registered at start-up
REGISTRY_KEY = "column_types"

_BUILT_IN: dict[str, type[ColumnType]] = {kind.name: kind for kind in BUILT_IN}


@dataclass(frozen=True, slots=True)
class TypedColumn:
    """A column type as assigned to one column; ``kind`` has the configuration."""

    name: str
    config: Any
    kind: ColumnType

    @property
    def built_in(self) -> BuiltInColumnType | None:
        """The type where it is one of ours, which renders without an event loop."""
        return self.kind if isinstance(self.kind, BuiltInColumnType) else None

    def as_json(self) -> dict[str, Any]:
        """As extras and forms have it."""
        return {"type": self.name, "config": self.config}


def column_type_classes(site: Site) -> Mapping[str, type[ColumnType]]:
    """Every registered column type by name."""
    registry: Mapping[str, type[ColumnType]] = site.state.get(REGISTRY_KEY) or _BUILT_IN
    return registry


def fits(kind: type[ColumnType], column: Column) -> bool:
    """Whether the type may be assigned to a column of this affinity."""
    allowed = kind.sqlite_types
    return allowed is None or SQLiteType.from_declared_type(column.type) in allowed


def assigned_types(site: Site, database: str, table: Table) -> dict[str, TypedColumn]:
    """Column → type for the columns of ``table`` that have one that still fits."""
    assignments = site.store.snapshot.types_of(database, table.name)
    if not assignments:
        return {}
    classes = column_type_classes(site)
    found: dict[str, TypedColumn] = {}
    for name, assigned in assignments.items():
        kind = classes.get(assigned.type)
        column = table.column_by_name.get(name)
        if kind is not None and column is not None and fits(kind, column):
            config = None if assigned.config is None else dict(assigned.config)
            found[name] = TypedColumn(assigned.type, config, kind(config))
    return found


def type_options(site: Site, column: Column) -> list[dict[str, str]]:
    """The types that could be assigned to ``column``, as menus list them."""
    return [
        {"name": name, "description": kind.description}
        for name, kind in sorted(column_type_classes(site).items())
        if fits(kind, column)
    ]
