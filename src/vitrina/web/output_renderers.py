"""Output formats that plugins add."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vitrina.errors import NotFound, PluginError
from vitrina.hooks.blame import blaming
from vitrina.hooks.call import await_me_maybe, call_with_supported_arguments
from vitrina.hooks.calling import watched
from vitrina.hooks.manager import items_of
from vitrina.http.response import Response

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site

_KEY = "output_renderers"
_HOOK = "register_output_renderer"


@dataclass(frozen=True, slots=True)
class OutputRenderer:
    """One format: ``render`` makes the answer, ``can_render`` (or None) whether links to it are shown."""

    extension: str
    render: Callable[..., Any]
    can_render: Callable[..., Any] | None
    plugin: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a renderer may see of a page; its fields are the arguments that it can name."""

    columns: list[str]
    rows: list[Any]
    sql: str | None
    query_name: str | None
    database: str
    table: str | None
    view_name: str


def output_renderers(site: Site) -> Mapping[str, OutputRenderer]:
    """Extension → renderer for every format that a plugin registered."""
    found: dict[str, OutputRenderer] | None = site.state.get(_KEY)
    if found is None:
        found = {}
        for plugin, answer in site.hooks.call_named(_HOOK, datasette=site.facade):
            for each in items_of(answer):
                extension, render = each["extension"], each.get("render") or each.get("callback")
                found[extension] = OutputRenderer(extension, render, each.get("can_render"), plugin)
        site.state[_KEY] = found
    return found


async def linkable_renderers(site: Site, request: Request, page: Rendered) -> list[str]:
    """Extensions whose links belong on the page."""
    names = []
    arguments = {**_arguments(site, request, page), "sql": page.sql or None}
    if page.table is None:
        # Pages of queries go by this name in hooks; formats of them go by that of tables.
        arguments["view_name"] = "database"
    for name, renderer in output_renderers(site).items():
        answer: Any = True
        if renderer.can_render is not None:
            with blaming(renderer.plugin, _HOOK):
                called = _called(renderer.can_render, arguments)
                answer = await watched(_HOOK, renderer.plugin, called)
        if answer:
            names.append(name)
    return names


async def run_renderer(
    site: Site,
    request: Request,
    name: str,
    page: Rendered,
    data: Mapping[str, Any],
    *,
    truncated: bool = False,
    error: str | None = None,
) -> Response:
    """The answer in a plugin's format.

    Raises NotFound when the renderer gives nothing, PluginError when it gives
    something that is no answer.
    """
    renderer = output_renderers(site)[name]
    given = {**_arguments(site, request, page), "truncated": truncated, "error": error, "args": request.args}
    with blaming(renderer.plugin, _HOOK):
        result = await watched(_HOOK, renderer.plugin, _called(renderer.render, {**given, "data": dict(data)}))
    if result is None:
        raise NotFound("No data")
    if isinstance(result, Response):
        return result
    if not isinstance(result, Mapping):
        raise PluginError(
            f"The renderer of .{name} of the plugin {renderer.plugin} returned {type(result).__name__},"
            " not a response or an object"
        )
    return Response(
        result.get("body"),
        status=result.get("status_code") or 200,
        headers=result.get("headers"),
        content_type=result.get("content_type") or "text/plain",
    )


async def _called(function: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    return await await_me_maybe(call_with_supported_arguments(function, **arguments))


def _arguments(site: Site, request: Request, page: Rendered) -> dict[str, Any]:
    return {
        "datasette": site.facade,
        "columns": page.columns,
        "rows": page.rows,
        "sql": page.sql,
        "query_name": page.query_name,
        "database": page.database,
        "table": page.table,
        "request": request,
        "view_name": page.view_name,
    }


def sqlite_rows(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[sqlite3.Row]:
    """``rows`` as the row objects of the driver, which plugins expect."""
    names = ", ".join(['NULL AS "' + name.replace('"', '""') + '"' for name in columns]) or "NULL"
    conn = sqlite3.connect(":memory:", check_same_thread=False)
    try:
        cursor = conn.execute(f"SELECT {names}")
        return [sqlite3.Row(cursor, tuple(row)) for row in rows]
    finally:
        conn.close()
