"""Helps for people who define foreign keys: what can be pointed at, and what a column seems to point at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vitrina.catalog.affinity import SQLiteType
from vitrina.catalog.model import DatabaseCatalog
from vitrina.errors import NotFound
from vitrina.execute.foreign_key_guess import Option, guess_foreign_keys
from vitrina.http.response import Response
from vitrina.web.target import current_catalog, database_of, named, table_in

if TYPE_CHECKING:
    from vitrina.execute.permissions import Access
    from vitrina.http.request import Request
    from vitrina.web.site import Site


def _options(access: Access, catalog: DatabaseCatalog) -> list[Option]:
    """Visible tables with exactly one primary key column, by name."""
    options = []
    for name in sorted(access.children("view-table", catalog.name, catalog.tables)):
        table = catalog.tables[name]
        # Tables that only the configuration hides from lists are still there to be pointed at.
        if len(table.primary_keys) == 1 and not table.hidden:
            column = table.column_by_name[table.primary_keys[0]]
            options.append(Option(name, column.name, column.type, SQLiteType.from_declared_type(column.type)))
    return options


async def foreign_key_targets(site: Site, request: Request) -> Response:
    """``/DB/-/foreign-key-targets``: for who may create tables, or alter the one that ``?table=`` names."""
    database = database_of(site, request)
    catalog = await current_catalog(database)
    access = await site.permissions.load(request.actor, ("create-table", "alter-table", "view-table"))
    table = request.args.get("table")
    may_alter = table in catalog.tables and access.allowed("alter-table", database.name, table)
    if not may_alter and not access.allowed("create-table", database.name):
        return Response.error(["Permission denied: need create-table"], 403)
    targets = [
        {"fk_table": option.table, "fk_column": option.column, "type": option.affinity.value.lower()}
        for option in _options(access, catalog)
    ]
    return Response.json({"ok": True, "database": database.name, "targets": targets})


async def foreign_key_suggestions(site: Site, request: Request) -> Response:
    """``/DB/TABLE/-/foreign-key-suggestions``: for each column what it may and seems to point at."""
    try:
        database = database_of(site, request)
        name = named(request, "table")
        catalog = await current_catalog(database)
        table = table_in(catalog, name)
    except NotFound as error:
        return Response.error(error.messages, 404)
    access = await site.permissions.load(request.actor, ("alter-table", "view-table"))
    if name in catalog.views:
        return Response.error(["Cannot suggest foreign keys for a view"], 400)
    if not access.allowed("alter-table", database.name, name):
        return Response.error(["Permission denied: need alter-table"], 403)
    options = _options(access, catalog)
    found = await database.read(lambda reader: guess_foreign_keys(reader, table, options))
    body: dict[str, Any] = {"ok": True, "database": database.name, "table": name, **found}
    return Response.json(body)
