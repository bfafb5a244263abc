"""The rows of a table page alone, for scripts that replace them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vitrina.errors import BadRequest
from vitrina.execute.table import run_table
from vitrina.http.paths import path_with_replaced_args
from vitrina.plan.columns import pk_columns_of
from vitrina.plan.redirects import form_redirect
from vitrina.tilde import tilde_decode
from vitrina.web.page import render_page
from vitrina.web.table import foreign
from vitrina.web.table.html_page import build_context
from vitrina.web.table.page import send_on
from vitrina.web.table.planning import find_table, open_view
from vitrina.web.target import database_of, named

if TYPE_CHECKING:
    from vitrina.catalog.model import Table
    from vitrina.http.request import Request
    from vitrina.web.site import Site


async def fragment_page(site: Site, request: Request) -> Any:
    """``/DB/TABLE/-/fragment``: the HTML of the table part; ``_row=PKS`` limits it to one row.

    Raises TableNotFound, Forbidden, and BadRequest for a key with the wrong
    number of parts.
    """
    database, name = database_of(site, request), named(request, "table")
    redirected = form_redirect(request.pairs)
    if redirected is not None:
        return await send_on(site, request, database, name, redirected)
    _, table = await find_table(database, name)
    view = await open_view(
        site, request, database, name, format="", pairs=_pairs(request, table), wanted=frozenset(("labels",))
    )
    view.outcome = await database.read(lambda reader: run_table(reader, view.plan), catalog=view.plan.catalog)
    if foreign.needs_cells(view):
        await foreign.add_cells(view, skip_link=True)
    context = build_context(view, None)
    del context["alternate_url_json"]
    page = site.urls.table(database.name, name)

    def sort_link(request: Request, args: Any, path: str | None = None) -> str:
        # Headings lead to the whole page, not to another fragment.
        return path_with_replaced_args(request, args, path or page)

    context["path_with_replaced_args"] = sort_link
    return await render_page(site, request, context["custom_table_templates"], context, view_name="table")


def _pairs(request: Request, table: Table) -> list[tuple[str, str]]:
    """The query string, with ``_row`` turned into filters on the key."""
    pairs = [pair for pair in request.pairs if pair[0] != "_row"]
    row_path = request.args.get("_row")
    if row_path:
        if table.is_view:
            raise BadRequest("_row is not supported for views")
        columns = pk_columns_of(table)
        values = [tilde_decode(part) for part in row_path.split(",")]
        if len(columns) != len(values):
            raise BadRequest("_row does not match the primary key for this table")
        pairs += [(f"{column}__exact", value) for column, value in zip(columns, values, strict=True)]
    return [*pairs, ("_nocount", "1"), ("_nofacet", "1"), ("_nosuggest", "1")]
