"""Creating, altering and dropping tables: who may, and what is answered before anything changes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from vitrina.dialect.quoting import quote_identifier
from vitrina.errors import Forbidden, InvalidBody, NotFound
from vitrina.http.response import Response
from vitrina.web.target import current_catalog, database_of, named
from vitrina.web.write.refusals import (
    database_or_404,
    json_body,
    refuse_immutable,
    refusing_in_json,
)

if TYPE_CHECKING:
    from vitrina.engine.protocols import Reader
    from vitrina.http.request import Request
    from vitrina.web.site import Site

_CREATE_KEYS = frozenset(("table", "columns", "row", "rows", "pk", "pks", "ignore", "replace", "alter"))


async def create_table(site: Site, request: Request) -> Response:
    """``/DB/-/create``."""
    # An unknown database is the one failure of this endpoint that people see as a page.
    database_of(site, request)
    return await _create_table(site, request)


@refusing_in_json
async def _create_table(site: Site, request: Request) -> Response:
    database = database_of(site, request)
    access = await site.permissions.load(request.actor, ("create-table",))
    if not access.allowed("create-table", database.name):
        raise Forbidden("Permission denied")
    body = await json_body(request)
    if not isinstance(body, dict):
        raise InvalidBody("JSON must be an object")
    unknown = ", ".join(sorted(set(body) - _CREATE_KEYS))
    if unknown:
        raise InvalidBody(f"Invalid keys: {unknown}")
    if not body.get("table"):
        raise InvalidBody("Table is required")
    # The contract has no words for an immutable database here.
    return (
        Response.error(["This is not available in this version"], 501)
        if database.is_mutable
        else Response.error([""], 400)
    )


@refusing_in_json
async def alter_table(site: Site, request: Request) -> Response:
    """``/DB/TABLE/-/alter``."""
    database = database_or_404(site, request)
    name = named(request, "table")
    catalog = await current_catalog(database)
    if catalog.get(name) is None:
        raise NotFound("Table not found")
    access = await site.permissions.load(request.actor, ("alter-table",))
    if not access.allowed("alter-table", database.name, name):
        raise Forbidden("Permission denied: need alter-table")
    refuse_immutable(database)
    await json_body(request)
    return Response.error(["This is not available in this version"], 501)


@refusing_in_json
async def drop_table(site: Site, request: Request) -> Response:
    """``/DB/TABLE/-/drop``: without ``confirm`` it only says what would be lost."""
    database = database_or_404(site, request)
    name = named(request, "table")
    catalog = await current_catalog(database)
    if name not in catalog.tables:
        raise NotFound(f"Table not found: {name}" if name in catalog.views else "Table not found")
    access = await site.permissions.load(request.actor, ("drop-table",))
    if not access.allowed("drop-table", database.name, name):
        raise Forbidden("Permission denied")
    refuse_immutable(database)
    if _confirmed(await request.post_body()):
        return Response.error(["This is not available in this version"], 501)
    count = await database.read(lambda reader: _count(reader, name))
    body = {
        "ok": True,
        "database": database.name,
        "table": name,
        "row_count": count,
        "message": 'Pass "confirm": true to confirm',
    }
    return Response.json(body)


def _confirmed(body: bytes) -> bool:
    try:
        parsed = json.loads(body)
    except ValueError:
        return False
    if not isinstance(parsed, dict):
        raise InvalidBody("JSON must be a dictionary")
    return bool(parsed.get("confirm"))


def _count(reader: Reader, name: str) -> Any:
    return reader.select(f"SELECT count(*) FROM {quote_identifier(name)}").rows[0][0]
