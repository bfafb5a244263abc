"""What follows from a schema: hidden tables, full-text tables, label columns, derived tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from vitrina.catalog.model import Column, Index

_STATISTICS = frozenset({"sqlite_stat1", "sqlite_stat2", "sqlite_stat3", "sqlite_stat4"})
_SPATIALITE = frozenset(
    {
        "ElementaryGeometries",
        "SpatialIndex",
        "geometry_columns",
        "spatial_ref_sys",
        "spatialite_history",
        "sql_statements_log",
        "sqlite_sequence",
        "views_geometry_columns",
        "virts_geometry_columns",
        "data_licenses",
        "KNN",
        "KNN2",
    }
)
_LABEL_NAMES = frozenset({"name", "title"})
_KEY_NAMES = frozenset({"id", "pk"})

_NAME = r"""(?:"((?:[^"]|"")*)"|'((?:[^']|'')*)'|\[([^\]]*)\]|`((?:[^`]|``)*)`|([^\s"'\[\]`(),]+))"""
_MODULE = re.compile(r"\bUSING\s+" + _NAME, re.IGNORECASE)
_CONTENT = re.compile(r"[(,]\s*content\s*=\s*" + _NAME, re.IGNORECASE)
_VOCABULARY = re.compile(r"\bUSING\s+(?:fts5vocab|fts4aux)\s*\(([^)]*)\)", re.IGNORECASE)

# Endings of the tables in which each module keeps its data.
_FTS5_SHADOWS = ("_data", "_idx", "_content", "_docsize", "_config")
_FTS4_SHADOWS = ("_content", "_segments", "_segdir", "_docsize", "_stat")
_RTREE_SHADOWS = ("_node", "_parent", "_rowid")


def _unquoted(match: re.Match[str]) -> str:
    double, single, bracket, backtick, bare = match.groups()[-5:]
    if double is not None:
        return double.replace('""', '"')
    if single is not None:
        return single.replace("''", "'")
    if backtick is not None:
        return backtick.replace("``", "`")
    return bracket if bracket is not None else bare or ""


def virtual_module(sql: str | None) -> str | None:
    """Lower-case module name of a ``CREATE VIRTUAL TABLE`` statement, None for other SQL."""
    if not sql or not sql.lstrip()[:30].lower().startswith("create virtual table"):
        return None
    match = _MODULE.search(sql)
    return _unquoted(match).lower() if match else None


def content_table(sql: str) -> str | None:
    """The table that a full-text table takes its content from; "" for a contentless one, None without the option."""
    match = _CONTENT.search(sql)
    return _unquoted(match) if match else None


def shadow_names(name: str, module: str) -> tuple[str, ...]:
    """Names of the tables in which the virtual table ``name`` keeps its data."""
    if module == "fts5":
        endings: tuple[str, ...] = _FTS5_SHADOWS
    elif module in ("fts3", "fts4"):
        endings = _FTS4_SHADOWS
    elif module.startswith(("rtree", "geopoly")):
        endings = _RTREE_SHADOWS
    else:
        return ()
    return tuple([name + ending for ending in endings])


def hidden_tables(tables: Mapping[str, str | None], shadows: Iterable[str] = ()) -> set[str]:
    """Names of the tables that lists do not show.

    ``tables`` maps table name → SQL, ``shadows`` are those that SQLite itself
    calls shadow tables.
    """
    hidden = {name for name in tables if name in _STATISTICS or name.startswith("_")}
    hidden.update(shadows)
    spatialite = "geometry_columns" in tables
    for name, sql in tables.items():
        if spatialite and (name in _SPATIALITE or name.startswith("idx_")):
            hidden.add(name)
        module = virtual_module(sql)
        if module is None:
            continue
        hidden.update(shadow for shadow in shadow_names(name, module) if shadow in tables)
        if module.startswith("fts") and sql is not None and _CONTENT.search(sql):
            hidden.add(name)
    return hidden


def fts_tables(tables: Mapping[str, str | None]) -> dict[str, str]:
    """For each table the full-text table that searches it, where there is one."""
    found: dict[str, str] = {}
    for name, sql in tables.items():
        module = virtual_module(sql)
        if module is None or not module.startswith("fts") or sql is None:
            continue
        found.setdefault(name, name)
        match = _CONTENT.search(sql)
        # Only these two spellings count: the contract's rule.
        if match and (match.group(1) is not None or match.group(3) is not None):
            target = _unquoted(match)
            if target:
                found.setdefault(target, name)
    return found


def source_tables(tables: Mapping[str, str | None]) -> dict[str, str]:
    """For each derived table the table whose permission decides; "" where that is unknown or itself derived."""
    sources = direct_sources(tables)
    return {name: "" if source in sources else source for name, source in sources.items()}


def direct_sources(tables: Mapping[str, str | None]) -> dict[str, str]:
    """For each derived table the one it was made for, which may be derived too; "" where that is unknown."""
    by_lower = {name.lower(): name for name in tables}
    sources: dict[str, str] = {}
    for name, sql in tables.items():
        module = virtual_module(sql)
        if module is None or sql is None:
            continue
        if module.startswith("fts") and module not in ("fts5vocab", "fts4aux", "fts3tokenize"):
            content = content_table(sql)
            if content:
                sources[name] = by_lower.get(content.lower(), content)  # a view, or a table that is gone
        elif module in ("fts5vocab", "fts4aux"):
            sources[name] = _vocabulary_source(sql, by_lower)
        for shadow in shadow_names(name, module):
            if shadow in tables:
                sources[shadow] = name
    return sources


def _vocabulary_source(sql: str, by_lower: Mapping[str, str]) -> str:
    match = _VOCABULARY.search(sql)
    if match is None:
        return ""
    arguments = [_unquoted(found) for found in re.finditer(_NAME, match.group(1))]
    # fts5vocab(table, type) or (schema, table, type); fts4aux(table) or (schema, table)
    is_fts5 = "fts5vocab" in match.group(0).lower()
    position = len(arguments) - 2 if is_fts5 else len(arguments) - 1
    if position < 0:
        return ""
    return by_lower.get(arguments[position].lower(), "")


def label_column(columns: Sequence[Column], indexes: Sequence[Index]) -> str | None:
    """The column whose text stands for a row: detected as the contract says, None where nothing fits.

    Generated and hidden columns do not count; a unique index may be partial,
    and its column may have no declared type.
    """
    columns = [column for column in columns if not column.hidden]
    by_name = {column.name: column for column in columns}
    unique = []
    for index in indexes:
        if index.unique and len(index.columns) == 1:
            name = index.columns[0]
            if name in by_name and holds_text(by_name[name].type) and name not in unique:
                unique.append(name)
    if len(unique) == 1:
        return unique[0]
    for column in columns:
        if column.name.lower() in _LABEL_NAMES:
            return column.name
    if len(columns) == 2:
        names = [column.name for column in columns]
        keys = [name for name in names if name in _KEY_NAMES]
        if len(keys) == 1:
            return next(name for name in names if name != keys[0])
    return None


def holds_text(declared: str) -> bool:
    """True when a declared column type has SQLite's TEXT affinity, or there is none."""
    upper = declared.upper()
    return not upper or ("INT" not in upper and any(word in upper for word in ("CHAR", "CLOB", "TEXT")))
