"""Full-text search: ``_search``, ``_search_COLUMN``, ``_searchmode``, ``_fts_table``, ``_fts_pk``."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import Any

from vitrina.catalog.model import DatabaseCatalog, Table
from vitrina.dialect.select import escape
from vitrina.errors import BadRequest, Forbidden
from vitrina.plan.model import TableArguments, Where

_COLUMN_PREFIX = "_search_"


def fts_table_of(table: Table, table_config: Mapping[str, Any]) -> str | None:
    """The full-text table of ``table``: configured, else detected."""
    return table_config.get("fts_table") or table.fts_table


def plan_search(
    catalog: DatabaseCatalog,
    table: Table,
    arguments: TableArguments,
    table_config: Mapping[str, Any],
    visible: Callable[[str], bool],
) -> list[Where]:
    """Conditions of a search; empty without a search or a full-text table.

    Raises BadRequest for a mapping other than the table's own or a column that
    is not in the full-text table, Forbidden when the actor may not view that table.
    """
    special = arguments.special
    by_column = _by_column(arguments)
    # the common page has no such argument
    if not by_column and not any(key.startswith(("_search", "_fts_")) for key in special):
        return []
    fts_table = fts_table_of(table, table_config)
    fts_pk = str(table_config.get("fts_pk") or "rowid")
    _check_mapping(arguments, fts_table, fts_pk)
    if not fts_table or not ("_search" in special or by_column):
        return []
    if not visible(fts_table):
        raise Forbidden("view-table", hint=f"Searching needs permission to view {fts_table} too.")
    asked = arguments.first("_searchmode")
    raw = asked == "raw" or (table_config.get("searchmode") == "raw" and asked != "escaped")
    pattern = "{}" if raw else "escape_fts({})"
    if "_search" in special:
        return [_search_all(fts_table, fts_pk, special["_search"][0], pattern.format(":search"))]
    indexed = catalog.tables.get(fts_table)
    known = indexed.column_by_name if indexed else {}
    # What reads as an operator on a column called "_search" is left to the filters.
    asked_for = {column: text for column, text in by_column.items() if column in known or "__" not in f"_{column}"}
    return [
        _search_column(known, fts_table, column, text, position, pattern)
        for position, (column, text) in enumerate(asked_for.items())
    ]


def _by_column(arguments: TableArguments) -> dict[str, str]:
    """Column → text of each ``_search_COLUMN``; one with ``__`` was taken for a filter and follows the others."""
    keys = {key: values[0] for key, values in arguments.special.items()}
    for each in arguments.filters:
        keys.setdefault(f"{each.column}__{each.operator}", each.value)
    return {key.removeprefix(_COLUMN_PREFIX): text for key, text in keys.items() if key.startswith(_COLUMN_PREFIX)}


def _check_mapping(arguments: TableArguments, fts_table: str | None, fts_pk: str) -> None:
    given_table, given_pk = arguments.first("_fts_table"), arguments.first("_fts_pk")
    if (given_table and given_table != fts_table) or (given_pk and given_pk != fts_pk):
        raise BadRequest(
            "Invalid _fts_table or _fts_pk", hint="They must name the full-text table that belongs to this table."
        )


def _search_all(fts_table: str, fts_pk: str, text: str, match: str) -> Where:
    fts = escape(fts_table)
    return Where(
        f"{escape(fts_pk)} in (select rowid from {fts} where {fts} match {match})",
        {"search": text},
        f'search matches "{text}"',
    )


def _search_column(known: Container[str], fts_table: str, column: str, text: str, position: int, pattern: str) -> Where:
    if column not in known:
        raise BadRequest("Cannot search by that column")
    match = pattern.format(f":search_{position}")
    return Where(
        f"rowid in (select rowid from {escape(fts_table)} where {escape(column)} match {match})",
        {f"search_{position}": text},
        f'search column "{column}" matches "{text}"',
    )
