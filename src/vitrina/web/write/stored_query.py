"""Running a stored query by POST: on the write connection, answered with JSON or a redirect."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from vitrina.dialect.parameters import unique_parameters
from vitrina.engine.protocols import Reader
from vitrina.errors import BadRequest, Forbidden, InvalidSQL
from vitrina.execute.stored_write import run_stored_write
from vitrina.http.messages import ERROR, INFO, add_message
from vitrina.http.redirects import is_within_site
from vitrina.http.response import Response
from vitrina.web.magic_parameters import magic_values
from vitrina.web.write.sql import affected, checked_write

if TYPE_CHECKING:
    from vitrina.catalog.stored import StoredQuery
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.execute.permissions import Access
    from vitrina.http.request import Request
    from vitrina.web.site import Site

_NO_PARAMETERS = ("csrftoken", "_json")


async def run_posted(
    site: Site,
    request: Request,
    access: Access,
    database: SqliteDatabase,
    query: StoredQuery,
    headers: Mapping[str, str],
) -> Response:
    """Run ``query`` with the parameters in the body; ``headers`` are those of a successful page.

    Raises Forbidden where the database is immutable or the actor may not.
    """
    if query.is_write and not query.is_trusted and not access.allowed("execute-write-sql", database.name):
        raise Forbidden("execute-write-sql")
    if not database.is_mutable:
        raise Forbidden("Database is immutable", hint="The server was started with this file as immutable.")
    fields = parse_fields(await request.post_body())
    as_json = _wants_json(request, fields)
    params: dict[str, Any] = {name: value for name, value in fields.items() if name not in _NO_PARAMETERS}
    names = unique_parameters(query.sql)
    params.update(await magic_values(site, request, names))
    vacuum = query.is_trusted and query.sql.strip().lower().startswith("vacuum")
    try:
        if query.is_write and not query.is_trusted:
            await _check_untrusted(access, database, query.sql, {**dict.fromkeys(names, ""), **params})
        changed = await run_stored_write(
            site.writes, database, query.sql, params, transaction=not vacuum, request=request
        )
    except BadRequest as error:
        message, redirect = query.on_error_message or error.message, query.on_error_redirect
        if as_json:
            body = {"ok": False, "error": message, "errors": [message], "status": 400, "redirect": redirect}
            return Response.json(body, 400)
        return _redirect(request, query, message, ERROR, redirect)
    message, kind = await _success_message(database, query, params, changed)
    if as_json:
        body = {"ok": True, "message": message, "redirect": query.on_success_redirect}
        return Response.json(body, headers=headers)
    return _redirect(request, query, message, kind, query.on_success_redirect)


async def _check_untrusted(access: Access, database: SqliteDatabase, sql: str, params: Mapping[str, Any]) -> None:
    """Look at what the actor may change now, not at what its owner might when they stored it.

    Raises Forbidden, also for SQL that cannot be looked at, and InvalidBody for SQL that only reads.
    """
    try:
        await checked_write(access, database, sql, params)
    except InvalidSQL as error:
        raise Forbidden(error.message) from error


def parse_fields(body: bytes) -> dict[str, str]:
    """The fields of a JSON object, as text, or else of a form; the last of equal names wins."""
    text = body.decode("utf-8", "replace")
    if text.lstrip().startswith("{"):
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):
            parsed = None
        if isinstance(parsed, dict):
            return {name: str(value) for name, value in parsed.items()}
    return dict(parse_qsl(text, keep_blank_values=True))


def _wants_json(request: Request, fields: Mapping[str, str]) -> bool:
    return bool(request.headers.get("accept") == "application/json" or request.args.get("_json") or fields.get("_json"))


def _redirect(request: Request, query: StoredQuery, message: str, kind: int, target: str | None) -> Response:
    """To the place that the query names; one that a visitor stored leads nobody to another site."""
    add_message(request, message, kind)
    if not target or not (query.is_trusted or is_within_site(target)):
        target = request.path
    return Response.redirect(target)


async def _success_message(
    database: SqliteDatabase, query: StoredQuery, params: Mapping[str, Any], changed: int
) -> tuple[str, int]:
    """What to say, and the kind of message that it is."""
    message_sql = query.on_success_message_sql
    if message_sql:

        def first_cell(reader: Reader) -> Any:
            rows = reader.select(message_sql, params, max_rows=1).rows
            return rows[0][0] if rows else None

        try:
            said = await database.read(first_cell)
        except BadRequest as error:
            return f"Error running on_success_message_sql: {error.message}", ERROR
        if said:
            return str(said), INFO
    return query.on_success_message or affected(changed), INFO
