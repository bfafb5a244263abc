"""What the internal database stores about databases, tables and queries, as immutable data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

_EMPTY: Mapping[str, Any] = MappingProxyType({})

#: fields of a stored query that the table keeps together in its ``options``
QUERY_OPTIONS = (
    "hide_sql",
    "fragment",
    "on_success_message",
    "on_success_message_sql",
    "on_success_redirect",
    "on_error_message",
    "on_error_redirect",
)


@dataclass(frozen=True, slots=True)
class StoredQuery:
    """One stored query; ``owner_id`` is an actor's id, ``source`` "config", "user", "plugin" or another text."""

    database: str
    name: str
    sql: str
    title: str | None = None
    description: str | None = None
    description_html: str | None = None
    hide_sql: bool = False
    fragment: str | None = None
    parameters: tuple[str, ...] = ()
    is_write: bool = False
    is_private: bool = False
    is_trusted: bool = False
    source: str = "user"
    owner_id: str | None = None
    on_success_message: str | None = None
    on_success_message_sql: str | None = None
    on_success_redirect: str | None = None
    on_error_message: str | None = None
    on_error_redirect: str | None = None

    def options(self) -> dict[str, Any]:
        """Those of :data:`QUERY_OPTIONS` that are set; an empty text is set, None and False are not."""
        values = {name: getattr(self, name) for name in QUERY_OPTIONS}
        return {name: value for name, value in values.items() if value is not None and value is not False}

    def as_dict(self) -> dict[str, Any]:
        """Field → value in the order of the fields, ``parameters`` as a list."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        values["parameters"] = list(self.parameters)
        return values


@dataclass(frozen=True, slots=True)
class AssignedType:
    """A column type assigned to a column: its name, and its configuration or None."""

    type: str
    config: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class StoreSnapshot:
    """Metadata, column types and stored queries at one moment.

    ``generation`` rises with every snapshot published in this process.
    Metadata values are text: what was not text is its JSON. Keys of
    ``resources``, ``columns`` and ``column_types`` are (database, table).
    """

    generation: int = 0
    instance: Mapping[str, str] = field(default_factory=dict)
    databases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    resources: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    columns: Mapping[tuple[str, str], Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    column_types: Mapping[tuple[str, str], Mapping[str, AssignedType]] = field(default_factory=dict)
    queries: Mapping[str, Mapping[str, StoredQuery]] = field(default_factory=dict)

    def instance_metadata(self) -> dict[str, str]:
        """Key → value of the instance, a copy."""
        return dict(self.instance)

    def database_metadata(self, database: str) -> dict[str, str]:
        """Key → value of one database, a copy."""
        return dict(self.databases.get(database, _EMPTY))

    def resource_metadata(self, database: str, resource: str) -> dict[str, str]:
        """Key → value of one table, view or query, a copy."""
        return dict(self.resources.get((database, resource), _EMPTY))

    def column_metadata(self, database: str, resource: str) -> dict[str, dict[str, str]]:
        """Column → key → value of one table or view, a copy."""
        found = self.columns.get((database, resource), _EMPTY)
        return {column: dict(values) for column, values in found.items()}

    def column_descriptions(self, database: str, resource: str) -> dict[str, str]:
        """Column → description, of the columns that have one."""
        found = self.columns.get((database, resource), _EMPTY)
        return {column: values["description"] for column, values in found.items() if "description" in values}

    def types_of(self, database: str, resource: str) -> Mapping[str, AssignedType]:
        """Column → assigned type of one table or view."""
        return self.column_types.get((database, resource), _EMPTY)

    def query(self, database: str, name: str) -> StoredQuery | None:
        """The stored query of that name, or None."""
        return self.queries.get(database, _EMPTY).get(name)

    def queries_of(self, database: str) -> list[StoredQuery]:
        """The stored queries of one database, in the order they were stored."""
        return list(self.queries.get(database, _EMPTY).values())
