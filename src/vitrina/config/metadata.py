"""Keys of old metadata files that are configuration by now, and their way there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vitrina.config.merge import merge

#: moved from wherever they stand
MOVED_EVERYWHERE = ("plugins", "allow")
#: moved from a table's block
MOVED_OF_A_TABLE = (
    "hidden",
    "sort",
    "sort_desc",
    "size",
    "sortable_columns",
    "label_column",
    "facets",
    "fts_table",
    "fts_pk",
    "searchmode",
)
# Configuration that is not moved: in a metadata file it does nothing.
_WITHOUT_EFFECT = ("allow_sql", "permissions", "settings", "extra_css_urls", "extra_js_urls")


def move_configuration(
    config: Mapping[str, Any], metadata: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """Configuration and metadata after the move, and a warning for each key that has no effect where it stands.

    A moved value replaces the configuration's own value of that key.
    """
    moved: dict[str, Any] = {}
    kept = _split(metadata, (), moved)
    return _graft(config, moved), kept, _warnings(metadata)


def _split(node: Mapping[str, Any], path: tuple[str, ...], moved: dict[str, Any]) -> dict[str, Any]:
    """The node without what is moved; that is put into ``moved`` under the same path."""
    is_table = len(path) == 4 and path[0] == "databases" and path[2] == "tables"
    kept: dict[str, Any] = {}
    for key, value in node.items():
        if key in MOVED_EVERYWHERE or (is_table and key in MOVED_OF_A_TABLE):
            _put(moved, (*path, key), value)
        elif isinstance(value, Mapping) and not _is_queries(path, key):
            kept[key] = _split(value, (*path, key), moved)
        else:
            kept[key] = value
    return kept


def _is_queries(path: tuple[str, ...], key: str) -> bool:
    # An allow block moved out of a query would leave a query without SQL in the configuration.
    return key == "queries" and len(path) == 2 and path[0] == "databases"


def _put(tree: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for part in path[:-1]:
        tree = tree.setdefault(part, {})
    tree[path[-1]] = value


def _graft(config: Mapping[str, Any], moved: Mapping[str, Any]) -> dict[str, Any]:
    """``moved`` laid over ``config``; the moved keys themselves replace, they are not merged."""
    result = dict(config)
    for key, value in moved.items():
        under = result.get(key)
        if isinstance(value, Mapping) and isinstance(under, Mapping) and key not in MOVED_EVERYWHERE:
            result[key] = _graft(under, value)
        elif isinstance(value, Mapping):
            result[key] = merge({}, value)
        else:
            result[key] = value
    return result


def _warnings(metadata: Mapping[str, Any]) -> list[str]:
    warnings = []
    places = [("", metadata)]
    databases = metadata.get("databases")
    if isinstance(databases, Mapping):
        places += [(f"databases.{name}.", block) for name, block in databases.items() if isinstance(block, Mapping)]
    for prefix, block in places:
        names = _WITHOUT_EFFECT if not prefix else ("allow_sql", "permissions", "queries")
        warnings += [
            f"metadata: {prefix}{name} has no effect here: it belongs in the configuration file"
            for name in names
            if block.get(name)
        ]
    return warnings
