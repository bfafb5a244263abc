"""One binary value of a table or view page as a download."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vitrina.errors import BadRequest
from vitrina.execute.table import run_table
from vitrina.http.response import Response
from vitrina.web.blob import blob_answer, wanted_column
from vitrina.web.extras import TABLE, refuse_unknown_extras
from vitrina.web.page_headers import page_headers
from vitrina.web.table.planning import open_view

if TYPE_CHECKING:
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.http.request import Request
    from vitrina.web.site import Site

_SPECIAL = ("_blob_column", "_blob_hash", "_shape", "_extra")


async def table_blob(site: Site, request: Request, database: SqliteDatabase, name: str) -> Response:
    """The value of ``_blob_column`` in the first row of the page, or in that with the digest ``_blob_hash``.

    Raises BadRequest where there is no such column or value.
    """
    pairs = [pair for pair in request.pairs if pair[0] not in _SPECIAL]
    view = await open_view(site, request, database, name, format="blob", pairs=pairs)
    view.outcome = await database.read(lambda reader: run_table(reader, view.plan), catalog=view.plan.catalog)
    refuse_unknown_extras(request, TABLE)
    column = wanted_column(request, view.columns)
    at = view.columns.index(column)
    values = [row[at] for row in view.outcome.rows]
    if not values:
        raise BadRequest("There is no row to take the value from")
    headers = page_headers(site, request, private=view.private, next_url=view.next_url())
    return blob_answer(request, values, [name, column], headers)
