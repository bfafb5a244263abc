"""Tables and views as the database page lists them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vitrina.catalog.model import DatabaseCatalog, Table
from vitrina.execute.counts import TableCount
from vitrina.web.concealment import hides_existence
from vitrina.web.database_summary import is_hidden, known_tables, reachable_keys

if TYPE_CHECKING:
    from vitrina.execute.permissions import Access
    from vitrina.web.site import Site


def table_items(
    site: Site, access: Access, catalog: DatabaseCatalog, counts: Mapping[str, TableCount]
) -> list[dict[str, Any]]:
    """The tables that may be viewed, hidden ones last, then by name. A missing count ran out of time."""
    items = []
    known = known_tables(catalog)
    viewed = access.children("view-table", catalog.name, catalog.tables)
    shown = frozenset(viewed) if hides_existence(site) else None
    for name in viewed:
        table = catalog.tables[name]
        count = counts.get(name)
        items.append(
            {
                "name": name,
                "columns": list(table.column_names),
                "primary_keys": list(table.primary_keys),
                "count": count.count if count else None,
                "count_truncated": count.truncated if count else False,
                "hidden": is_hidden(site, catalog.name, table),
                "fts_table": table.fts_table,
                "foreign_keys": _foreign_keys(known, table, shown),
                "private": access.private("view-table", catalog.name, name),
            }
        )
    items.sort(key=lambda item: (item["hidden"], item["name"]))
    return items


def _foreign_keys(known: frozenset[str], table: Table, shown: frozenset[str] | None) -> dict[str, list[dict[str, Any]]]:
    """Keys from and to other tables, of which only those in ``shown`` are named where that is not None."""
    incoming = [
        {"other_table": key.other_table, "column": key.declared_column, "other_column": key.other_column}
        for key in table.incoming
        if shown is None or key.other_table in shown
    ]
    outgoing = [
        {"other_table": key.other_table, "column": key.column, "other_column": key.declared_column}
        for key in reachable_keys(known, table)
        if shown is None or key.other_table in shown
    ]

    def order(item: dict[str, Any]) -> tuple[str, str, str]:
        return item["other_table"], item["column"] or "", item["other_column"] or ""

    return {"incoming": sorted(incoming, key=order), "outgoing": sorted(outgoing, key=order)}


def view_items(access: Access, catalog: DatabaseCatalog) -> list[dict[str, Any]]:
    """The views that may be viewed, by name."""
    return [
        {"name": name, "private": access.private("view-table", catalog.name, name)}
        for name in access.children("view-table", catalog.name, sorted(catalog.views))
    ]


def table_columns(catalog: DatabaseCatalog) -> dict[str, list[str]]:
    """Table → column names for completion in the SQL editor; whoever may run SQL can read these anyway."""
    columns = {name: sorted(table.column_names) for name, table in sorted(catalog.tables.items())}
    columns.update({name: [] for name in catalog.views})
    return columns
