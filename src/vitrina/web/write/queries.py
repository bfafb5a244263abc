"""Storing, changing and deleting stored queries: JSON and forms."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from vitrina.catalog.stored import StoredQuery
from vitrina.errors import Forbidden, InvalidBody, InvalidSQL, PayloadTooLarge, VitrinaError
from vitrina.execute.write_sql import analyzed
from vitrina.http.messages import INFO, add_message, show_message
from vitrina.http.response import Response
from vitrina.plan.stored_query import changes, check_keys, checked_name, checked_sql
from vitrina.plan.write_sql import ACTIONS, checked_parameters, needed_for, refusal, writes
from vitrina.web.page import render_page
from vitrina.web.target import current_catalog, database_of, named
from vitrina.web.unframed import UNFRAMED
from vitrina.web.unstable import UNSTABLE
from vitrina.web.write.sql import WRITE_SQL_ACTIONS, analysis_of

if TYPE_CHECKING:
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.execute.permissions import Access
    from vitrina.http.request import Request
    from vitrina.web.site import Site

# The form calls a query's name its URL.
_IN_THE_FORM = {
    "Query name is required": "URL is required",
    "Invalid query name": "Invalid URL",
    "Query already exists": "A query already exists at that URL",
    "Query name conflicts with a table or view": "URL conflicts with an existing table or view",
}
_STORE_ACTIONS = ("execute-sql", "store-query", *WRITE_SQL_ACTIONS)


@dataclass(frozen=True, slots=True)
class _Sent:
    """The body of a request: an object of JSON, or the fields of a form."""

    fields: Any
    is_json: bool


async def _sent(request: Request) -> _Sent:
    """The body, read as the content type says. Raises InvalidBody for what is not JSON, and PayloadTooLarge."""
    body = await request.post_body()
    if not (request.header(b"content-type") or "").startswith("application/json"):
        return _Sent(dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)), False)
    try:
        return _Sent(json.loads(body) if body.strip() else {}, True)
    except (ValueError, RecursionError) as error:
        raise InvalidBody(f"Invalid JSON: {error}") from error


# Storing


async def store_query(site: Site, request: Request) -> Response:
    """``/DB/-/queries/store``: the form, and where it is sent to."""
    database = database_of(site, request)
    access = await site.permissions.load(request.actor, _STORE_ACTIONS)
    missing = _missing_action(access, database.name)
    if request.method != "POST":
        if missing:
            raise Forbidden(missing)
        return await _create_form(site, request, database, {"sql": request.args.get("sql") or "", "is_private": True})
    if missing:
        return Response.error([f"Permission denied: need {missing}"], 403)
    sent = _Sent({}, False)
    try:
        sent = await _sent(request)
        query = await _new_query(site, request, access, database, sent)
    except (InvalidBody, InvalidSQL, Forbidden, PayloadTooLarge) as error:
        if sent.is_json:
            return Response.error(error.messages, error.status)
        show_message(request, _IN_THE_FORM.get(error.message, error.message))
        return _failed(await _create_form(site, request, database, sent.fields), error)
    await site.store.save_query(query)
    if sent.is_json:
        return Response.json({"ok": True, "unstable": UNSTABLE, "query": query.as_dict()}, 201)
    add_message(request, "Query saved", INFO)
    return Response.redirect(str(site.urls.query(database.name, query.name)))


def _missing_action(access: Access, database: str) -> str | None:
    """The first of the actions needed for storing that the actor may not do."""
    return next((action for action in ("execute-sql", "store-query") if not access.allowed(action, database)), None)


async def _new_query(
    site: Site, request: Request, access: Access, database: SqliteDatabase, sent: _Sent
) -> StoredQuery:
    given = sent.fields
    if sent.is_json:
        if not isinstance(given, dict):
            raise InvalidBody("JSON must be a dictionary")
        given = given.get("query")
        if not isinstance(given, dict):
            raise InvalidBody("JSON must contain a query dictionary")
    check_keys(given, new=True)
    catalog = await current_catalog(database)
    stored = [query.name for query in site.store.snapshot.queries_of(database.name)]
    name = checked_name(given.get("name"), tables=(*catalog.tables, *catalog.views), queries=stored)
    sql = checked_sql(given.get("sql"))
    is_write, parameters = await _checked_statement(access, database, sql)
    changed = changes(given, named=parameters, is_write=is_write)
    owner = (request.actor or {}).get("id")
    query = StoredQuery(
        database.name, name, sql, is_write=is_write, is_private=True, owner_id=None if owner is None else str(owner)
    )
    return replace(query, **changed)


async def _checked_statement(access: Access, database: SqliteDatabase, sql: str) -> tuple[bool, list[str]]:
    """Whether the statement writes, and its parameters. Raises InvalidBody, InvalidSQL, and Forbidden."""
    parameters = checked_parameters(sql)
    try:
        analysis = await analyzed(database, sql, dict.fromkeys(parameters, ""))
    except InvalidSQL as error:
        raise InvalidSQL(f"Could not analyze query: {error.message}") from error
    is_write = writes(analysis)
    if is_write:
        reason = refusal(needed_for(analysis, database=database.name), access.allowed, database.name)
        if reason:
            raise Forbidden(reason)
    action = "execute-write-sql" if is_write else "execute-sql"
    if not access.allowed(action, database.name):
        raise Forbidden(f"Permission denied: need {action}")
    return is_write, parameters


async def analyze_query(site: Site, request: Request) -> Response:
    """``/DB/-/queries/analyze``: what storing a statement would mean."""
    database = database_of(site, request)
    access = await site.permissions.load(request.actor, _STORE_ACTIONS)
    missing = _missing_action(access, database.name)
    if missing:
        return Response.error([f"Permission denied: need {missing}"], 403, UNFRAMED)
    unknown = [name for name, _ in request.pairs if name != "sql"]
    if unknown:
        return Response.error([f"Invalid keys: {', '.join(unknown)}"], 400, UNFRAMED)
    sql = (request.args.get("sql") or "").strip()
    analysis = await analysis_of(access.allowed, database, sql)
    all_allowed = all(row["allowed"] for row in analysis.rows) if analysis.writes else True
    body = {
        "ok": analysis.error is None,
        "unstable": UNSTABLE,
        "parameters": analysis.parameters,
        "analysis_error": analysis.error,
        "analysis_rows": analysis.rows,
        "has_sql": bool(sql),
        "analysis_is_write": analysis.writes,
        "save_disabled": not sql or analysis.error is not None or not all_allowed,
    }
    return Response.json(body, headers=UNFRAMED)


# Changing


async def update_query(site: Site, request: Request) -> Response:
    """``/DB/QUERY/-/update``: JSON."""
    found = await _changeable(site, request, "update-query", "Trusted queries cannot be updated using the API")
    if isinstance(found, Response):
        return found
    database, query, access = found
    try:
        sent = await _sent(request)
        body = sent.fields
        if not isinstance(body, dict):
            raise InvalidBody("JSON must be a dictionary")
        unknown = [key for key in body if key not in ("update", "return")]
        if unknown:
            raise InvalidBody(f"Invalid keys: {', '.join(unknown)}")
        if not isinstance(body.get("update"), dict):
            raise InvalidBody("JSON must contain an update dictionary")
        changed = await _changes(access, database, query, body["update"])
    except (InvalidBody, InvalidSQL, Forbidden, PayloadTooLarge) as error:
        return Response.error(error.messages, error.status)
    updated = await site.store.update_query(database.name, query.name, **changed)
    answer: dict[str, Any] = {"ok": True}
    if body.get("return") and updated is not None:
        answer["query"] = updated.as_dict()
    return Response.json(answer)


async def edit_query(site: Site, request: Request) -> Response:
    """``/DB/QUERY/-/edit``: a form."""
    found = await _changeable(site, request, "update-query", "Trusted queries cannot be edited")
    if isinstance(found, Response):
        return found
    database, query, access = found
    if request.method != "POST":
        return await _edit_form(site, request, database, query, query.as_dict())
    fields: Mapping[str, Any] = {}
    try:
        fields = (await _sent(request)).fields
        if not isinstance(fields, dict):
            return Response.error(["Invalid form submission"], 400)
        changed = await _changes(access, database, query, _edited(fields))
    except (InvalidBody, InvalidSQL, Forbidden, PayloadTooLarge) as error:
        shown = {**query.as_dict(), **(fields if isinstance(fields, dict) else {})}
        show_message(request, error.message)
        return _failed(await _edit_form(site, request, database, query, shown), error)
    await site.store.update_query(database.name, query.name, **changed)
    add_message(request, "Query updated", INFO)
    return Response.redirect(str(site.urls.query(database.name, query.name)))


def _edited(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What the form can change: all of it but the SQL is meant also where it is not sent, as boxes not ticked are."""
    given = {"title": fields.get("title") or "", "description": fields.get("description") or ""}
    given["is_private"] = fields.get("is_private") or False
    return {**given, "sql": fields["sql"]} if "sql" in fields else given


async def _changes(
    access: Access, database: SqliteDatabase, query: StoredQuery, given: Mapping[str, Any]
) -> dict[str, Any]:
    check_keys(given, new=False)
    if "sql" not in given:
        parameters = list(query.parameters) if "parameters" in given else None
        if parameters is not None:
            parameters = checked_parameters(query.sql)
        return changes(given, named=parameters, is_write=query.is_write)
    sql = checked_sql(given["sql"])
    is_write, parameters = await _checked_statement(access, database, sql)
    return {"sql": sql, "is_write": is_write, **changes(given, named=parameters, is_write=is_write)}


async def delete_query(site: Site, request: Request) -> Response:
    """``/DB/QUERY/-/delete``: GET asks whether it is meant, POST deletes."""
    found = await _changeable(site, request, "delete-query", "Trusted queries cannot be deleted using the API")
    if isinstance(found, Response):
        return found
    database, query, _ = found
    if request.method != "POST":
        context = _context(database, query.as_dict(), query=query)
        return await render_page(
            site, request, ["query_delete.html"], context, view_name="query-delete", headers=UNFRAMED
        )
    sent = await _sent(request)
    await site.store.remove_query(database.name, query.name)
    if sent.is_json:
        return Response.json({"ok": True})
    add_message(request, f"Query “{query.title or query.name}” deleted", INFO)
    return Response.redirect(str(site.urls.database(database.name)))


async def _changeable(
    site: Site, request: Request, action: str, trusted: str
) -> Response | tuple[SqliteDatabase, StoredQuery, Access]:
    """The query that the URL names, or why the actor cannot change it."""
    database = database_of(site, request)
    name = named(request, "query")
    query = site.store.snapshot.query(database.name, name)
    if query is None:
        return Response.error([f"Query not found: {name}"], 404)
    access = await site.permissions.load(request.actor, (action, "execute-sql", "execute-write-sql", *ACTIONS))
    if not access.allowed(action, database.name, name):
        if request.method == "GET":
            raise Forbidden(action)
        return Response.error([f"Permission denied: need {action}"], 403)
    if query.is_trusted:
        return Response.error([trusted], 403)
    return database, query, access


# Forms


def _context(database: SqliteDatabase, values: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"database": database.name, "database_color": database.color, "values": values, **more}


def _failed(page: Response, error: VitrinaError) -> Response:
    page.status = error.status
    return page


async def _create_form(site: Site, request: Request, database: SqliteDatabase, values: Any) -> Response:
    values = values if isinstance(values, dict) else {}
    context = _context(database, values, sql=values.get("sql") or "")
    return await render_page(site, request, ["query_create.html"], context, view_name="query-create", headers=UNFRAMED)


async def _edit_form(
    site: Site,
    request: Request,
    database: SqliteDatabase,
    query: StoredQuery,
    values: Mapping[str, Any],
) -> Response:
    context = _context(database, values, query=query)
    return await render_page(site, request, ["query_edit.html"], context, view_name="query-edit", headers=UNFRAMED)
