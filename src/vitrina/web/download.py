"""Download of an immutable database file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from vitrina.errors import DatabaseNotFound, Forbidden, NotFound
from vitrina.http.static import FileResponse
from vitrina.web.target import named

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site


async def database_download(site: Site, request: Request) -> Any:
    """``/DB.db``: the file itself, only for immutable databases on disk."""
    route = named(request, "database")
    database = next((each for each in site.databases.values() if each.route == route), None)
    # Who may not download learns nothing about what there is.
    await site.permissions.ensure(request.actor, "view-database-download", database.name if database else route)
    if database is None:
        raise DatabaseNotFound(route, "Invalid database", hint="The home page lists every database.")
    if database.is_memory:
        raise NotFound("Cannot download in-memory databases")
    if not site.settings.allow_download or database.is_mutable or database.path is None:
        raise Forbidden("Database download is forbidden", hint="Only immutable databases can be downloaded.")
    await database.ready()
    return FileResponse(
        database.path,
        filename=os.path.basename(database.path),
        content_type="application/octet-stream",
        etag=database.hash,
    )
