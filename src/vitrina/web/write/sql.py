"""SQL of a person that changes data: the form, and who may use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vitrina.errors import Forbidden
from vitrina.http.response import Response
from vitrina.web.database_tables import table_columns
from vitrina.web.page import render_page
from vitrina.web.target import current_catalog, database_of
from vitrina.web.unframed import UNFRAMED

if TYPE_CHECKING:
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.http.request import Request
    from vitrina.web.site import Site


async def execute_write_page(site: Site, request: Request) -> Response:
    """``/DB/-/execute-write``: GET shows the form, POST runs the statement."""
    database = database_of(site, request)
    refused = await _refuse(site, request, database)
    if refused is not None:
        return refused
    if request.method == "POST":
        await request.post_body()
        return Response.error(["This is not available in this version"], 501)
    catalog = await current_catalog(database)
    context = {
        "database": database.name,
        "database_color": database.color,
        "sql": request.args.get("sql") or "",
        "table_columns": table_columns(catalog),
    }
    return await render_page(
        site, request, ["execute_write.html"], context, view_name="execute-write", headers=UNFRAMED
    )


async def analyze_write(site: Site, request: Request) -> Response:
    """``/DB/-/execute-write/analyze``: what a statement would touch."""
    database = database_of(site, request)
    return await _refuse(site, request, database) or Response.error(["This is not available in this version"], 501)


async def _refuse(site: Site, request: Request, database: SqliteDatabase) -> Response | None:
    access = await site.permissions.load(request.actor, ("execute-write-sql",))
    as_page = request.method in ("GET", "HEAD") and not request.path.endswith("/analyze")
    if not access.allowed("execute-write-sql", database.name):
        if as_page:
            raise Forbidden("execute-write-sql")
        return Response.error(["Permission denied: need execute-write-sql"], 403, UNFRAMED)
    if not database.is_mutable:
        words = "Cannot execute write SQL because this database is immutable." if as_page else "Database is immutable"
        return Response.error([words], 403, UNFRAMED)
    return None
