"""A query page as JSON: its shapes and extra blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vitrina.errors import BadRequest
from vitrina.http.response import Response
from vitrina.render.json import encode
from vitrina.web.extras import QUERY, describe_debug, describe_extras, describe_request
from vitrina.web.page_headers import NO_REFERRER
from vitrina.web.query_cells import rendered_by_plugins
from vitrina.web.shapes import BARE, JSON_TYPE, encode_page, parse_shape, shape_response

if TYPE_CHECKING:
    from vitrina.web.query_run import QueryView


async def json_response(view: QueryView, headers: dict[str, str]) -> Response:
    """The rows in the shape that ``_shape=`` asks for; an error has one shape, with the extra blocks.

    Raises BadRequest for an unknown shape.
    """
    if view.error is not None:
        failed = {"ok": False, "rows": [], **await extra_blocks(view)}
        failed |= {"error": view.error, "errors": [view.error], "status": 400, "truncated": False}
        return Response(encode(failed), 400, headers, JSON_TYPE)
    refused_with = NO_REFERRER if view.stored else {}
    shape = parse_shape(view.request, headers=refused_with)
    if shape.name == "object":
        message = "_shape=object is only available on tables"
        raise BadRequest(message, hint="The rows of a query have no key.", headers=refused_with)
    extras = {} if shape.name in BARE else await extra_blocks(view)
    ending = {**extras, "truncated": view.result.truncated}
    body = encode_page(shape, {"ok": True}, view.columns, view.rows, ending=ending)
    return shape_response(shape, body, headers)


async def extra_blocks(view: QueryView) -> dict[str, Any]:
    """The blocks that ``_extra=`` asked for, in its order."""
    return {name: await _extra(view, name) for name in view.extras}


async def _extra(view: QueryView, name: str) -> Any:
    match name:
        case "columns":
            return list(view.columns)
        case "render_cell":
            return await rendered_by_plugins(view)
        case "query":
            return {"sql": view.sql, "params": view.values}
        case "metadata":
            return metadata(view)
        case "database":
            return view.database.name
        case "database_color":
            return view.database.color
        case "private":
            return view.private
        case "request":
            return describe_request(view.request)
        case "extras":
            return describe_extras(view.site, view.request, QUERY, view.extras)
    return describe_debug(view.request)


def metadata(view: QueryView) -> dict[str, Any]:
    """What describes the page: the stored query without its source, or the database's metadata."""
    if view.stored is None:
        return dict(view.site.store.snapshot.database_metadata(view.database.name))
    described = view.stored.as_dict()
    del described["source"]
    return described
