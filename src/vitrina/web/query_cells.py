"""Cells of a query's rows as HTML, the plugins' word first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from markupsafe import Markup, escape

from vitrina.http.paths import own_path
from vitrina.render.blob import blob_hash
from vitrina.render.cells import bytes_html, compile_cell
from vitrina.render.rows import query_rows
from vitrina.web.contributions import is_markup, note_markup
from vitrina.web.loop_turns import LoopTurns
from vitrina.web.output_renderers import sqlite_rows

if TYPE_CHECKING:
    from vitrina.web.query_run import QueryView


async def display_rows(view: QueryView) -> Sequence[Sequence[Any]]:
    """Rows of trusted HTML for the page."""
    length = view.site.settings.truncate_cells_html
    plain = query_rows(view.rows, compile_cell(length=length))
    if any(type(value) is bytes for row in view.rows for value in row):
        _link_blobs(view, plain)
    for position, row in enumerate(await rendered_by_plugins(view) if view.site.hooks.has("render_cell") else ()):
        for at, column in enumerate(view.columns):
            if column in row:
                plain[position][at] = Markup(row[column])
    return plain


def _link_blobs(view: QueryView, rows: list[list[Markup]]) -> None:
    for position, row in enumerate(view.rows):
        for at, value in enumerate(row):
            if type(value) is bytes:
                rows[position][at] = Markup(bytes_html(value, blob_path(view, view.columns[at], value)))


def blob_path(view: QueryView, column: str, value: bytes) -> str:
    """The path that downloads ``value`` of ``column`` as long as the query still returns it."""
    path = str(own_path(view.request))
    if view.format and path.endswith(f".{view.format}"):
        path = path.removesuffix(f".{view.format}")
    wanted = urlencode({"_blob_column": column, "_blob_hash": blob_hash(value)})
    # Exports carry this argument where they have no other; exported addresses are compared to the letter.
    query_string = view.request.query_string or ("_nofacet=1" if view.format == "csv" else "")
    return f"{path}.blob?{query_string}&{wanted}" if query_string else f"{path}.blob?{wanted}"


async def rendered_by_plugins(view: QueryView) -> list[dict[str, str]]:
    """For each row the HTML of those columns that a plugin renders."""
    hooks = view.site.hooks
    if not hooks.has("render_cell"):
        return [{} for _ in view.rows]
    rendered = []
    turns = LoopTurns()
    for row, driver_row in zip(view.rows, sqlite_rows(view.columns, view.rows), strict=True):
        await turns.give()
        cells: dict[str, str] = {}
        for column, value in zip(view.columns, row, strict=True):
            found = await hooks.gather_named(
                "render_cell",
                row=driver_row,
                value=value,
                column=column,
                table=None,
                pks=[],
                database=view.database.name,
                datasette=view.site.facade,
                request=view.request,
                column_type=None,
            )
            if found:
                plugin, html = found[0]
                if is_markup(html):
                    note_markup(view.request, plugin, "render_cell")
                cells[column] = str(escape(html))
        rendered.append(cells)
    return rendered
