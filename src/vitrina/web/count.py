"""The exact number of rows that match a table page's filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vitrina.execute.table import run_exact_count
from vitrina.http.response import Response
from vitrina.web.table.planning import open_view
from vitrina.web.target import database_of, named

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site


#: what a page is arranged by; the number of its rows does not depend on it, so nobody is told about mistakes in it
_ARRANGING = frozenset(("_col", "_nocol", "_sort", "_sort_desc", "_size", "_next", "_timelimit"))


async def count_page(site: Site, request: Request) -> Any:
    """POST ``/DB/TABLE/-/count``: the filters stand in the query string."""
    database = database_of(site, request)
    pairs = [pair for pair in request.pairs if pair[0] not in _ARRANGING and not pair[0].startswith("_facet")]
    view = await open_view(site, request, database, named(request, "table"), format="json", pairs=pairs)
    plan = view.plan
    count = plan.known_count
    if count is None:
        count = await database.read(lambda reader: run_exact_count(reader, plan), catalog=plan.catalog)
    return Response.json({"ok": True, "count": count}, headers={"Cache-Control": "no-store"})
