"""Moving configuration out of metadata, as plugins that read both do it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vitrina.config.metadata import MOVED_EVERYWHERE, MOVED_OF_A_TABLE


def move_plugins_and_allow(
    source: Mapping[str, Any], destination: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both objects, with ``plugins`` and ``allow`` of every level moved to the second."""
    return _move(source, destination, lambda path, key: key in MOVED_EVERYWHERE)


def move_table_config(metadata: Mapping[str, Any], config: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both objects, with what is configuration in tables' metadata moved to the second."""
    return _move(
        metadata,
        config,
        lambda path, key: len(path) == 4 and path[0] == "databases" and path[2] == "tables" and key in MOVED_OF_A_TABLE,
    )


def _move(source: Mapping[str, Any], destination: Mapping[str, Any], moves: Any) -> tuple[Any, Any]:
    target = _copied(destination)

    def split(node: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for key, value in node.items():
            if moves(path, key):
                level = target
                for part in path:
                    level = level.setdefault(part, {})
                level[key] = value
                continue
            if not isinstance(value, Mapping):
                kept[key] = value
                continue
            inner = split(value, (*path, key))
            if inner:
                kept[key] = inner
        return kept

    return split(source, ()), target


def _copied(node: Any) -> Any:
    return {key: _copied(value) for key, value in node.items()} if isinstance(node, Mapping) else node
