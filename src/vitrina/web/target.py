"""What the parts of a URL name: the database, a table or query, the format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vitrina.catalog.model import DatabaseCatalog, Table
from vitrina.errors import DatabaseNotFound, TableNotFound
from vitrina.tilde import tilde_decode

if TYPE_CHECKING:
    from vitrina.engine.protocols import Reader
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.http.request import Request
    from vitrina.web.site import Site

_DATABASE_HINT = "The home page lists every database."
_TABLE_HINT = "The database page lists its tables, views and queries; names are case-sensitive."


def named(request: Request, variable: str) -> str:
    """The decoded text of a URL variable."""
    return tilde_decode(request.url_vars[variable])


def format_of(request: Request) -> str:
    """The extension of the URL without its dot, "" where there is none or where it is .html (the HTML page)."""
    extension = request.url_vars.get("format") or ""
    return "" if extension == "html" else extension


def database_of(site: Site, request: Request) -> SqliteDatabase:
    """The database that the URL names by its route.

    Raises DatabaseNotFound.
    """
    route = named(request, "database")
    for database in site.databases.values():
        if database.route == route:
            return database
    raise DatabaseNotFound(route, hint=_DATABASE_HINT)


async def current_catalog(database: SqliteDatabase) -> DatabaseCatalog:
    """The catalog as the file is now: one hop, none for an immutable database that was seen before."""
    if not database.is_mutable:
        return await database.ready()
    return await database.read(_catalog_of)


def _catalog_of(reader: Reader) -> DatabaseCatalog:
    return reader.catalog


def table_in(catalog: DatabaseCatalog, name: str) -> Table:
    """The table or view of that name.

    Raises TableNotFound.
    """
    table = catalog.get(name)
    if table is None:
        raise TableNotFound(catalog.name, name, hint=_TABLE_HINT)
    return table
