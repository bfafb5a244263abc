"""The part of the plugin-facing instance that finds what a URL or a foreign key names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from vitrina.dialect.quoting import escape_sqlite, quote_identifier
from vitrina.errors import BadRequest, DatabaseNotFound, RowNotFound, TableNotFound
from vitrina.tilde import tilde_decode

if TYPE_CHECKING:
    from vitrina.facade.database import Database
    from vitrina.http.request import Request
    from vitrina.web.site import Site


class ResolvedTable(NamedTuple):
    """A table or view that exists."""

    db: Any
    table: str
    is_view: bool


class ResolvedRow(NamedTuple):
    """A row that exists, and the SQL that found it."""

    db: Any
    table: str
    sql: str
    params: dict[str, Any]
    pks: list[str]
    pk_values: list[str]
    row: Any


class ResolvingMethods:
    """Reads the named parts of a route, and labels of foreign keys."""

    site: Site

    def get_database(self, name: str | None = None, route: str | None = None) -> Database:
        raise NotImplementedError

    async def resolve_database(self, request: Request) -> Database:
        """The database that the route's ``database`` names. Raises DatabaseNotFound."""
        route = tilde_decode(request.url_vars["database"])
        try:
            return self.get_database(route=route)
        except KeyError:
            raise DatabaseNotFound(route) from None

    async def resolve_table(self, request: Request) -> ResolvedTable:
        """The table or view that the route's ``table`` names. Raises DatabaseNotFound, TableNotFound."""
        db = await self.resolve_database(request)
        name = tilde_decode(request.url_vars["table"])
        if await db.table_exists(name):
            return ResolvedTable(db, name, False)
        if await db.view_exists(name):
            return ResolvedTable(db, name, True)
        raise TableNotFound(db.name or "", name)

    async def resolve_row(self, request: Request) -> ResolvedRow:
        """The row that the route's ``pks`` name. Raises DatabaseNotFound, TableNotFound, RowNotFound, BadRequest."""
        db, table, _ = await self.resolve_table(request)
        values = [tilde_decode(part) for part in request.url_vars["pks"].split(",")]
        pks = await db.primary_keys(table)
        columns = "*" if pks else "rowid, *"
        pks = pks or ["rowid"]
        if len(values) != len(pks):
            raise BadRequest("URL row identifier does not match the primary key for this table")
        where = " AND ".join(f"{quote_identifier(pk)}=:p{number}" for number, pk in enumerate(pks))
        params = {f"p{number}": value for number, value in enumerate(values)}
        sql = f"select {columns} from {escape_sqlite(table)} where {where}"
        row = (await db.execute(sql, params)).first()
        if row is None:
            raise RowNotFound(db.name, table, values)
        return ResolvedRow(db, table, sql, params, pks, values, row)

    async def expand_foreign_keys(
        self, actor: Any, database: str, table: str, column: str, values: Iterable[Any]
    ) -> dict[tuple[str, Any], str]:
        """(column, value) → label, where the actor may see the table that the column leads to."""
        db = self.get_database(database)
        keys = [key for key in await db.foreign_keys_for_table(table) if key["column"] == column]
        if not keys:
            return {}
        other, other_column = keys[0]["other_table"], keys[0]["other_column"]
        visible, _ = await self.site.permissions.visibility(actor, "view-table", database, other)
        wanted = list(dict.fromkeys(values))
        if not visible or not wanted:
            return {}
        label = await db.label_column_for_table(other)
        if not label:
            return {(column, value): str(value) for value in wanted}
        marks = ", ".join("?" * len(wanted))
        key = escape_sqlite(other_column)
        sql = f"select {key}, {escape_sqlite(label)} from {escape_sqlite(other)} where {key} in ({marks})"
        return {(column, row[0]): row[1] for row in await db.execute(sql, wanted)}
