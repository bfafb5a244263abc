"""A query page in the format asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vitrina.errors import BadRequest
from vitrina.http.response import Response
from vitrina.web.extras import QUERY, refuse_unknown_extras
from vitrina.web.query_files import query_blob, query_csv
from vitrina.web.query_html import html_response
from vitrina.web.query_json import json_response
from vitrina.web.query_renderers import foreign_response

if TYPE_CHECKING:
    from vitrina.web.query_run import QueryView


async def respond(view: QueryView, headers: Mapping[str, str] | None = None) -> Any:
    """The response; ``headers`` are those of a successful page.

    Raises BadRequest for extras that a query does not have, and where the SQL
    failed and the format has no place for the message, NotFound for a format that does not exist.
    """
    sent = dict(headers or {})
    if view.format == "":
        return await html_response(view, sent)
    if view.format != "csv":
        refuse_unknown_extras(view.request, QUERY)
    if view.error is not None:
        sent.pop("Cache-Control", None)
    match view.format:
        case "json":
            return await json_response(view, sent)
        case "blob":
            # The contract: of SQL that failed, only the column is missed.
            return query_blob(view, sent)
    if view.format == "csv":
        if view.error is not None:
            raise BadRequest(view.error, title="Invalid SQL")
        return await query_csv(view, sent)
    response: Response = await foreign_response(view, sent)
    return response
