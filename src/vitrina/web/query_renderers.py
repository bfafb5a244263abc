"""A query page in a format that a plugin added."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vitrina.errors import NotFound
from vitrina.http.response import Response
from vitrina.web.output_renderers import Rendered, linkable_renderers, output_renderers, run_renderer, sqlite_rows
from vitrina.web.query_json import extra_blocks

if TYPE_CHECKING:
    from vitrina.web.query_run import QueryView


def _rendered(view: QueryView) -> Rendered:
    return Rendered(
        columns=list(view.columns),
        rows=list(sqlite_rows(view.columns, view.rows)),
        sql=view.sql,
        query_name=view.name,
        database=view.database.name,
        table=None,
        # What plugins are told on every page of rows.
        view_name="table",
    )


async def foreign_response(view: QueryView, headers: dict[str, str]) -> Response:
    """The answer of the plugin's renderer.

    Raises NotFound for a format that nobody registered.
    """
    if view.format not in output_renderers(view.site):
        raise NotFound(f"Invalid format: {view.format}", hint="Queries come as HTML, .json and .csv.")
    rendered = _rendered(view)
    data = {"ok": True, "rows": rendered.rows, "columns": rendered.columns, **await extra_blocks(view)}
    response = await run_renderer(
        view.site, view.request, view.format, rendered, data, truncated=view.result.truncated, error=view.error
    )
    if response.status == 200:
        response.headers.update(headers)
    return response


async def foreign_formats(view: QueryView) -> list[str]:
    """Formats of plugins whose links belong on the page."""
    if not output_renderers(view.site):
        return []
    return await linkable_renderers(view.site, view.request, _rendered(view))
