"""Updating and deleting one row: who may, and which requests are valid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vitrina.catalog.model import Table
from vitrina.dialect.quoting import quote_identifier
from vitrina.errors import BadRequest, Forbidden, NotFound
from vitrina.http.response import Response
from vitrina.tilde import tilde_decode
from vitrina.web.target import named
from vitrina.web.write.refusals import (
    BadBody,
    database_or_404,
    invalid_keys,
    json_body,
    not_available,
    refusing_in_json,
)

if TYPE_CHECKING:
    from vitrina.engine.protocols import Reader
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.http.request import Request
    from vitrina.web.site import Site

_UPDATE_KEYS = frozenset(("update", "return", "alter"))


@refusing_in_json
async def update_row(site: Site, request: Request) -> Response:
    """``/DB/TABLE/PKS/-/update``."""
    database = await _allowed_row(site, request, "update-row")
    body = await json_body(request)
    if not isinstance(body, dict):
        raise BadBody("JSON must be a dictionary")
    if not isinstance(body.get("update"), dict):
        raise BadBody("JSON must contain an update dictionary")
    unknown = invalid_keys(body, _UPDATE_KEYS)
    if unknown:
        raise BadBody(f"Invalid keys: {unknown}")
    table = named(request, "table")
    if body.get("alter"):
        access = await site.permissions.load(request.actor, ("alter-table",))
        if not access.allowed("alter-table", database.name, table):
            raise Forbidden("Permission denied for alter-table")
    return not_available() if database.is_mutable else _immutable()


@refusing_in_json
async def delete_row(site: Site, request: Request) -> Response:
    """``/DB/TABLE/PKS/-/delete``."""
    database = await _allowed_row(site, request, "delete-row")
    return not_available() if database.is_mutable else _immutable()


def _immutable() -> Response:
    # The contract has no words here.
    return Response.error([""], 400)


async def _allowed_row(site: Site, request: Request, action: str) -> SqliteDatabase:
    """The database of the row, once the actor may and the row exists; permission first, against probing."""
    database = database_or_404(site, request, named_in_message=True)
    name = named(request, "table")
    access = await site.permissions.load(request.actor, (action,))
    if not access.allowed(action, database.name, name):
        raise Forbidden("Permission denied")
    values = [tilde_decode(part) for part in request.url_vars["pks"].split(",")]
    exists = await database.read(lambda reader: _row_exists(reader, name, values))
    if not exists:
        raise NotFound(f"Record not found: {values}")
    return database


def _row_exists(reader: Reader, name: str, values: list[str]) -> bool:
    table: Table | None = reader.catalog.get(name)
    if table is None:
        raise NotFound(f"Table not found: {name}")
    keys = table.primary_keys or ("rowid",)
    if len(keys) != len(values):
        raise BadRequest("URL row identifier does not match the primary key for this table")
    if table.is_view:
        return False
    condition = " AND ".join(f"{quote_identifier(key)} = :p{at}" for at, key in enumerate(keys))
    params: dict[str, Any] = {f"p{at}": value for at, value in enumerate(values)}
    return bool(reader.select(f"SELECT 1 FROM {quote_identifier(name)} WHERE {condition}", params, max_rows=1).rows)
