"""What is built in, under the names of the hooks that it would implement were it a plugin."""

from __future__ import annotations

import hashlib
import time
from typing import Any

from itsdangerous import BadSignature

from vitrina.access.actions import BUILT_IN_ACTIONS, Action
from vitrina.compat.facets import ArrayFacet, ColumnFacet, DateFacet
from vitrina.engine.sqlite import functions
from vitrina.errors import BadRequest
from vitrina.hooks.events import BUILT_IN_EVENTS, Event
from vitrina.http.errors import error_response, plain_error_page
from vitrina.http.response import Response
from vitrina.render.blob import CONTENT_TYPE, value_bytes
from vitrina.render.column_types import BUILT_IN as COLUMN_TYPES
from vitrina.render.column_types import EmailColumnType as EmailColumnType
from vitrina.render.column_types import JsonColumnType as JsonColumnType
from vitrina.render.column_types import TextareaColumnType as TextareaColumnType
from vitrina.render.column_types import UrlColumnType as UrlColumnType
from vitrina.render.css_class import to_css_class
from vitrina.tokens.cookies import NAMESPACE, actor_of_cookie
from vitrina.tokens.handlers import SignedTokenHandler
from vitrina.web.error_page import error_page_renderer


def register_actions() -> list[Action]:
    """The built-in actions."""
    return list(BUILT_IN_ACTIONS)


def register_column_types(datasette: Any) -> list[Any]:
    """The built-in column types."""
    return list(COLUMN_TYPES)


def register_facet_classes() -> list[Any]:
    """The built-in facets."""
    return [ColumnFacet, DateFacet, ArrayFacet]


def register_events() -> list[type[Event]]:
    """The built-in events."""
    return list(BUILT_IN_EVENTS)


def register_token_handler(datasette: Any) -> SignedTokenHandler:
    """The handler of signed tokens."""
    return SignedTokenHandler()


def prepare_connection(conn: Any) -> None:
    """Register the built-in SQL functions."""
    functions.register(conn)


def actor_from_cookie(datasette: Any, request: Any) -> Any:
    """The actor of the ``ds_actor`` cookie, None without a valid one."""
    value = request.cookies.get("ds_actor")
    if not value:
        return None
    try:
        return actor_of_cookie(datasette.unsign(value, NAMESPACE), now=time.time())
    except BadSignature:
        return None


def forbidden(datasette: Any, request: Any, message: str) -> Any:
    """The page for what is forbidden."""

    async def inner() -> Response:
        page = await error_page_renderer(datasette.site)(request, 403, {"error": message, "title": "Forbidden"})
        return Response.html(page, status=403)

    return inner


def handle_exception(datasette: Any, request: Any, exception: Exception) -> Any:
    """The answer for an exception."""

    async def inner() -> Response:
        render = error_page_renderer(datasette.site) if datasette is not None else plain_error_page
        response: Response = await error_response(request, exception, render)
        return response

    return inner


def register_blob_renderer() -> dict[str, Any]:
    """The format ``.blob``."""
    return {"extension": "blob", "render": render_blob, "can_render": lambda: False}


async def render_blob(
    datasette: Any, database: str, rows: Any, columns: Any, request: Any, table: str | None, view_name: str
) -> Response:
    """One value as a download. Raises BadRequest."""
    column = request.args.get("_blob_column")
    if not column:
        raise BadRequest("?_blob_column= is required")
    if column not in columns:
        raise BadRequest(f"{column} is not a valid column")
    wanted = request.args.get("_blob_hash")
    value = None
    if wanted:
        for row in rows:
            value = row[column]
            if hashlib.sha256(value_bytes(value)).hexdigest() == wanted:
                break
        else:
            raise BadRequest("Link has expired - the requested binary content has changed or could not be found.")
    else:
        value = rows[0][column]
    names = [to_css_class(table)] if table else []
    pks = request.url_vars.get("pks")
    names += [*([pks] if pks else []), to_css_class(column), *([wanted[:6]] if wanted else [])]
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": f'attachment; filename="{"-".join(names)}.blob"',
    }
    response = Response(None, 200, headers, CONTENT_TYPE)
    response.body = value_bytes(value)
    return response


def database_actions(datasette: Any, actor: Any, database: str, request: Any) -> None:
    """Nothing: pages add the built-in items themselves."""


def table_actions(datasette: Any, actor: Any, database: str, table: str, request: Any) -> None:
    """Nothing: pages add the built-in items themselves."""


def query_actions(
    datasette: Any, actor: Any, database: str, query_name: Any, request: Any, sql: Any, params: Any
) -> None:
    """Nothing: pages add the built-in items themselves."""


def jump_items_sql(datasette: Any, actor: Any, request: Any) -> None:
    """Nothing: the jump menu adds the built-in items itself."""


def publish_subcommand(publish: Any) -> None:
    """Nothing: the command line has these commands."""
