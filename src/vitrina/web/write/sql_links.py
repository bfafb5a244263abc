"""Where the form for SQL that writes leads on: to the row that was inserted, and to storing the statement."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from vitrina.catalog.model import Table
from vitrina.dialect.quoting import quote_identifier
from vitrina.tilde import tilde_encode
from vitrina.web.target import current_catalog

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vitrina.engine.protocols import Reader
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.execute.write_sql import WrittenSQL
    from vitrina.http.request import Request
    from vitrina.plan.write_sql import Needed
    from vitrina.web.site import Site


async def inserted_row_url(
    site: Site, request: Request, database: SqliteDatabase, needed: Iterable[Needed], written: WrittenSQL
) -> str | None:
    """The page of the one row that a statement inserted; None where it did not insert one that the actor may see."""
    tables = {each.operation.table for each in needed if each.operation.operation == "insert" and each.on_table}
    name = tables.pop() if len(tables) == 1 else None
    if name is None or written.rowcount != 1 or not written.rowid:
        return None
    if not await site.permissions.allowed(request.actor, "view-table", database.name, name):
        return None
    table = (await current_catalog(database)).tables.get(name)
    if table is None or table.kind != "table" or "rowid" in {column.lower() for column in table.column_names}:
        return None
    if "without rowid" in " ".join((table.sql or "").lower().split()):
        return None
    key = await database.read(lambda reader: _key_of(reader, table, written.rowid))
    return None if key is None else str(site.urls.row(database.name, name, key))


def _key_of(reader: Reader, table: Table, rowid: int | None) -> str | None:
    """The part of the address that names the row."""
    columns = ", ".join([quote_identifier(name) for name in table.primary_keys]) or "rowid"
    rows = reader.select(
        f"SELECT {columns} FROM {quote_identifier(table.name)} WHERE rowid = :rowid", {"rowid": rowid}
    ).rows
    return ",".join([tilde_encode(str(value)) for value in rows[0]]) if rows else None


async def save_url(site: Site, request: Request, database: SqliteDatabase, sql: str) -> str | None:
    """The form that stores the statement; None for whoever may not."""
    access = await site.permissions.load(request.actor, ("execute-sql", "store-query"))
    if not all(access.allowed(action, database.name) for action in ("execute-sql", "store-query")):
        return None
    return str(site.urls.database(database.name)) + f"/-/queries/store?{urlencode({'sql': sql})}"
