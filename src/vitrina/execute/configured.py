"""What the configuration and the metadata file say about databases, tables and queries, as a snapshot."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from vitrina.catalog.stored import QUERY_OPTIONS, AssignedType, StoredQuery, StoreSnapshot
from vitrina.config.model import Config

# Blocks inside metadata that are levels of their own, no keys.
_DATABASE_LEVELS = frozenset({"tables", "queries"})


def snapshot_of(config: Config) -> StoreSnapshot:
    """The snapshot that the configuration alone gives; its generation is 0."""
    databases: dict[str, dict[str, str]] = {}
    resources: dict[tuple[str, str], dict[str, str]] = {}
    columns: dict[tuple[str, str], dict[str, dict[str, str]]] = {}
    for database, block in _blocks(config.metadata, "databases"):
        values = _texts(block, _DATABASE_LEVELS)
        if values:
            databases[database] = values
        for table, table_block in _blocks(block, "tables"):
            key = (database, table)
            values = _texts(table_block, frozenset({"columns"}))
            if values:
                resources[key] = values
            described = table_block.get("columns")
            if isinstance(described, Mapping) and described:
                columns[key] = {str(name): {"description": _text(text)} for name, text in described.items()}
    return StoreSnapshot(
        instance=_texts(config.metadata, frozenset({"databases"})),
        databases=databases,
        resources=resources,
        columns=columns,
        column_types=_column_types(config),
        queries=_queries(config),
    )


def parse_query(database: str, name: str, block: Any) -> StoredQuery:
    """A query of the configuration: its SQL, or an object with ``sql`` and more."""
    if not isinstance(block, Mapping):
        return StoredQuery(database, name, str(block), is_trusted=True, source="config")
    options = {key: block[key] for key in QUERY_OPTIONS if block.get(key) is not None}
    options["hide_sql"] = bool(block.get("hide_sql"))
    return StoredQuery(
        database,
        name,
        str(block.get("sql") or ""),
        title=block.get("title"),
        description=block.get("description"),
        description_html=block.get("description_html"),
        parameters=tuple([str(parameter) for parameter in block.get("params") or ()]),
        is_write=bool(block.get("write")),
        is_trusted=block.get("is_trusted") is not False,
        source="config",
        **options,
    )


def _queries(config: Config) -> dict[str, dict[str, StoredQuery]]:
    queries: dict[str, dict[str, StoredQuery]] = {}
    for database, _ in _blocks(config.raw, "databases"):
        found = {str(name): parse_query(database, str(name), block) for name, block in config.queries(database).items()}
        if found:
            queries[database] = found
    return queries


def _column_types(config: Config) -> dict[tuple[str, str], dict[str, AssignedType]]:
    assigned: dict[tuple[str, str], dict[str, AssignedType]] = {}
    for database, block in _blocks(config.raw, "databases"):
        for table, table_block in _blocks(block, "tables"):
            types = table_block.get("column_types")
            if not isinstance(types, Mapping):
                continue
            found = {str(column): given for column, value in types.items() if (given := _assigned(value)) is not None}
            if found:
                assigned[database, table] = found
    return assigned


def _assigned(value: Any) -> AssignedType | None:
    if isinstance(value, str):
        return AssignedType(value)
    if isinstance(value, Mapping) and isinstance(value.get("type"), str):
        return AssignedType(value["type"], value.get("config") or None)
    return None


def _blocks(parent: Mapping[str, Any], key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    children = parent.get(key)
    if isinstance(children, Mapping):
        for name, block in children.items():
            if isinstance(block, Mapping):
                yield str(name), block


def _texts(block: Mapping[str, Any], levels: frozenset[str]) -> dict[str, str]:
    return {str(key): _text(value) for key, value in block.items() if key not in levels}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
