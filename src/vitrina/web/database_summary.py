"""One database as the home page shows it: totals, and its first tables and views."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vitrina.catalog.model import DatabaseCatalog, ForeignKey, Table
from vitrina.execute.counts import COUNT_LIMIT, home_counts

if TYPE_CHECKING:
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.execute.permissions import Access
    from vitrina.web.site import Site

SHOWN = 5


def is_hidden(site: Site, database: str, table: Table) -> bool:
    """True for tables that lists leave out: by their nature, or because the configuration says so."""
    return table.hidden or bool(site.config.table(database, table.name).get("hidden"))


def known_tables(catalog: DatabaseCatalog) -> frozenset[str]:
    """The names of all tables as they were created; the contract leaves out keys that spell one otherwise."""
    return frozenset(catalog.tables)


def reachable_keys(known: frozenset[str], table: Table) -> list[ForeignKey]:
    """The foreign keys of ``table`` whose target is among the ``known_tables``."""
    return [key for key in table.single_foreign_keys if key.other_table in known]


def relationships(known: frozenset[str], table: Table) -> int:
    """How many foreign keys lead from and to ``table``."""
    return len(reachable_keys(known, table)) + len(table.incoming)


async def summarize(
    site: Site, access: Access, database: SqliteDatabase, *, by_relationships: bool = False
) -> dict[str, Any]:
    """The home page's item for ``database`` (one hop).

    Counts are all there or all left out. Without them, or with
    ``by_relationships``, tables with many foreign keys come first.
    """
    catalog, counts = await home_counts(database)
    return _item(site, access, database, catalog, counts, by_relationships)


def summarize_unread(site: Site, access: Access, database: SqliteDatabase) -> dict[str, Any]:
    """The home page's item for a database that cannot be read now: what was last seen in it, without counts."""
    catalog = database.catalog or DatabaseCatalog(database.name, 0, 0, {}, {})
    return _item(site, access, database, catalog, {}, False)


def _item(
    site: Site,
    access: Access,
    database: SqliteDatabase,
    catalog: DatabaseCatalog,
    counts: Mapping[str, int],
    by_relationships: bool,
) -> dict[str, Any]:
    name = database.name
    if database.known_counts is None and any(count > COUNT_LIMIT for count in counts.values()):
        # "More than 10,000" is no number to add up.
        counts = {}
    visible = access.children("view-table", name, catalog.tables)
    hidden = {table for table in visible if is_hidden(site, name, catalog.tables[table])}
    views = [{"name": view, "private": access.private("view-table", name, view)} for view in _views(access, catalog)]
    ranked = by_relationships or not counts
    tables = _first_tables(access, catalog, [table for table in visible if table not in hidden], counts, ranked)
    shown: list[dict[str, Any]] = [*tables, *views[: SHOWN - len(tables)]]
    return {
        "name": name,
        "hash": database.hash,
        "color": database.color,
        "path": site.urls.database(database.name),
        "tables_and_views_truncated": shown,
        "tables_and_views_more": len(visible) - len(hidden) + len(views) > len(shown),
        "tables_count": len(visible) - len(hidden),
        "table_rows_sum": sum(counts.get(table) or 0 for table in visible if table not in hidden),
        "show_table_row_counts": bool(counts),
        "hidden_table_rows_sum": sum(counts.get(table) or 0 for table in hidden),
        "hidden_tables_count": len(hidden),
        "views_count": len(views),
        "private": access.private("view-database", name),
    }


def _views(access: Access, catalog: DatabaseCatalog) -> list[str]:
    return access.children("view-table", catalog.name, sorted(catalog.views))


def _first_tables(
    access: Access, catalog: DatabaseCatalog, names: list[str], counts: Mapping[str, int | None], ranked: bool
) -> list[dict[str, Any]]:
    known: frozenset[str] = known_tables(catalog) if ranked else frozenset()
    links = {name: relationships(known, catalog.tables[name]) if ranked else 0 for name in names}
    first = sorted(names, key=lambda name: (links[name], counts.get(name) or 0, name), reverse=True)[:SHOWN]
    return [
        {
            "name": name,
            "columns": list(catalog.tables[name].column_names),
            "primary_keys": list(catalog.tables[name].primary_keys),
            "count": counts.get(name),
            "hidden": False,
            "fts_table": catalog.tables[name].fts_table,
            "num_relationships_for_sorting": links[name],
            "private": access.private("view-table", catalog.name, name),
        }
        for name in first
    ]
