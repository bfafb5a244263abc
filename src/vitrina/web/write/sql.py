"""SQL of a person that changes data: the form, its analysis, and running it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from vitrina.dialect.parameters import unique_parameters
from vitrina.errors import BadRequest, EngineError, Forbidden, InvalidBody, InvalidSQL, Unavailable, VitrinaError
from vitrina.execute.write_sql import WrittenSQL, analyzed, run_write_sql
from vitrina.http.messages import show_message
from vitrina.http.response import Response
from vitrina.plan.write_sql import (
    ACTIONS,
    READS_ONLY,
    UNSUPPORTED,
    Needed,
    checked_parameters,
    needed_for,
    refusal,
    writes,
)
from vitrina.render.json import objects
from vitrina.web.database_tables import table_columns
from vitrina.web.page import render_page
from vitrina.web.target import current_catalog, database_of
from vitrina.web.unframed import UNFRAMED
from vitrina.web.unstable import UNSTABLE
from vitrina.web.write.changed import json_response
from vitrina.web.write.durable import durable, without_durable
from vitrina.web.write.refusals import refusing_in_json
from vitrina.web.write.repeated import repeatable
from vitrina.web.write.sql_links import inserted_row_url, save_url

if TYPE_CHECKING:
    from vitrina.catalog.model import DatabaseCatalog
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.execute.permissions import Access
    from vitrina.http.request import Request
    from vitrina.web.site import Site

#: every action that running SQL of one's own may need
WRITE_SQL_ACTIONS = ("execute-write-sql", *ACTIONS)

_DROPPED_FIELDS = ("sql", "csrftoken", "_json")
_PREFIX = "_sql_param_"
_NOT_ALLOWED = "Permission denied: need execute-write-sql"
_IMMUTABLE = "Cannot execute write SQL because this database is immutable."
_NOTHING_TO_DO = "Enter writable SQL before executing."
_NOT_ALL_ALLOWED = "You do not have permission for every operation listed above."


@dataclass(slots=True)
class _Wish:
    """What a request wants run, and how it is to be answered."""

    sql: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    as_json: bool = False


async def execute_write_page(site: Site, request: Request) -> Response:
    """``/DB/-/execute-write``: GET shows the form, POST runs the statement."""
    database = database_of(site, request)
    access = await site.permissions.load(request.actor, WRITE_SQL_ACTIONS)
    if request.method != "POST":
        if not access.allowed("execute-write-sql", database.name):
            raise Forbidden("execute-write-sql")
        if not database.is_mutable:
            return Response.error([_IMMUTABLE], 403, UNFRAMED)
        sql = request.args.get("sql") or ""
        values = {name: request.args.get(name) or "" for name in unique_parameters(sql)}
        return await _form(
            site, request, database, sql, values, **await _looked_at(site, request, access, database, sql)
        )
    has_key = request.header(b"idempotency-key") is not None
    return await (_execute_once(site, request) if has_key else _execute_durable(site, request))


async def _looked_at(
    site: Site, request: Request, access: Access, database: SqliteDatabase, sql: str
) -> dict[str, Any]:
    """What the form says of a statement that has not run: why it could not, or where it can be stored."""
    if not sql.strip():
        return {}
    analysis = await analysis_of(access.allowed, database, sql)
    error = analysis.error or (None if analysis.writes else READS_ONLY)
    if error:
        return {"execution_message": error, "execution_ok": False}
    if not all(row["allowed"] for row in analysis.rows):
        return {}
    return {"save_query_url": await save_url(site, request, database, sql)}


async def _execute(site: Site, request: Request) -> Response:
    database = database_of(site, request)
    access = await site.permissions.load(request.actor, WRITE_SQL_ACTIONS)
    if not access.allowed("execute-write-sql", database.name):
        return Response.error([_NOT_ALLOWED], 403, UNFRAMED)
    if not database.is_mutable:
        return Response.error(["Database is immutable"], 403, UNFRAMED)
    wish = _Wish()
    try:
        await _read_wish(request, wish)
        needed = await _checked(access, database, wish)
        written = await run_write_sql(site.writes, database, wish.sql, wish.params, request=request)
    except (BadRequest, Forbidden, Unavailable, EngineError) as error:
        return await _failed(site, request, database, wish, error)
    if any(each.operation.operation in ("create", "alter", "drop") for each in needed):
        await database.look()
    return await _answer(site, request, database, wish, needed, written)


_execute_durable = durable(_execute)
_execute_once = refusing_in_json(durable(repeatable(_execute)))


async def _read_wish(request: Request, wish: _Wish) -> None:
    """Fill in what the body asks for; how to answer comes first, so that a wrong body is answered that way."""
    is_json = (request.header(b"content-type") or "").startswith("application/json")
    wish.as_json = is_json or request.headers.get("accept") == "application/json"
    body = await request.post_body()
    text = body.decode("utf-8", "replace")
    if is_json:
        _read_json(text, wish)
        return
    fields = dict(parse_qsl(text, keep_blank_values=True))
    wish.as_json = wish.as_json or bool(fields.get("_json"))
    wish.sql = fields.get("sql", "")
    wish.params = {name.removeprefix(_PREFIX): value for name, value in fields.items() if name not in _DROPPED_FIELDS}


def _read_json(text: str, wish: _Wish) -> None:
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidBody(f"Invalid JSON: {error}") from error
    parsed, _ = without_durable(parsed)
    if not isinstance(parsed, dict):
        raise InvalidBody("JSON must be a dictionary")
    unknown = sorted(set(parsed) - {"sql", "params"})
    if unknown:
        raise InvalidBody(f"Invalid keys: {', '.join(unknown)}")
    params = parsed.get("params") or {}
    if not isinstance(params, dict):
        raise InvalidBody("params must be a dictionary")
    sql = parsed.get("sql")
    wish.sql = sql if isinstance(sql, str) else ""
    wish.params = params


async def _checked(access: Access, database: SqliteDatabase, wish: _Wish) -> list[Needed]:
    """What the statement needs, once everything it needs is there. Raises InvalidBody, InvalidSQL, Forbidden."""
    if not wish.sql:
        raise InvalidBody("SQL is required")
    names = checked_parameters(wish.sql)
    unknown = sorted([name for name in wish.params if name not in names])
    if unknown:
        raise InvalidBody(f"Unknown parameters: {', '.join(unknown)}")
    wish.params = {name: wish.params.get(name, "") for name in names}
    return await checked_write(access, database, wish.sql, wish.params)


async def checked_write(access: Access, database: SqliteDatabase, sql: str, params: Mapping[str, Any]) -> list[Needed]:
    """What a writing statement needs, all of which the actor has. Raises InvalidBody, InvalidSQL, Forbidden."""
    try:
        analysis = await analyzed(database, sql, params)
    except InvalidSQL as error:
        raise InvalidSQL(f"Could not analyze query: {error.message}") from error
    if not writes(analysis):
        raise InvalidBody(READS_ONLY)
    needed = needed_for(analysis, database=database.name)
    reason = refusal(needed, access.allowed, database.name)
    if reason:
        raise Forbidden(reason)
    return needed


def affected(rowcount: int) -> str:
    """What is said when a statement ran and nobody chose other words."""
    if rowcount < 0:
        return "Query executed"
    return f"Query executed, {rowcount} row{'' if rowcount == 1 else 's'} affected"


async def _answer(
    site: Site,
    request: Request,
    database: SqliteDatabase,
    wish: _Wish,
    needed: list[Needed],
    written: WrittenSQL,
) -> Response:
    message = affected(written.rowcount)
    analysis = [each.as_json() for each in needed]
    if wish.as_json:
        body = {
            "ok": True,
            "message": message,
            "rowcount": written.rowcount,
            "rows": objects(written.columns, written.rows),
            "truncated": written.truncated,
            "analysis": analysis,
        }
        response = json_response(body)
        response.headers.update(UNFRAMED)
        return response
    shown = {"execution_message": message, "execution_ok": True, "written": written, "analysis_rows": analysis}
    shown["row_url"] = await inserted_row_url(site, request, database, needed, written)
    shown["save_query_url"] = await save_url(site, request, database, wish.sql)
    return await _form(site, request, database, wish.sql, wish.params, **shown)


async def _failed(site: Site, request: Request, database: SqliteDatabase, wish: _Wish, error: VitrinaError) -> Response:
    if wish.as_json:
        return Response.error(error.messages, error.status, {**error.headers, **UNFRAMED})
    shown: dict[str, Any] = {"execution_message": error.message, "execution_ok": False, "hint": error.hint}
    if isinstance(error, Forbidden) and not error.message.startswith(UNSUPPORTED):
        show_message(request, error.message)
        shown = {}
    response = await _form(site, request, database, wish.sql, wish.params, **shown)
    response.status = error.status
    return response


async def _form(
    site: Site,
    request: Request,
    database: SqliteDatabase,
    sql: str,
    params: Mapping[str, Any] | None = None,
    **shown: Any,
) -> Response:
    catalog = await current_catalog(database)
    context = {
        "database": database.name,
        "database_color": database.color,
        "sql": sql,
        "parameter_values": params or {},
        "table_columns": table_columns(catalog),
        "nothing_to_write": await _nothing_to_write(site, request, catalog),
        **shown,
    }
    return await render_page(
        site, request, ["execute_write.html"], context, view_name="execute-write", headers=UNFRAMED
    )


async def _nothing_to_write(site: Site, request: Request, catalog: DatabaseCatalog) -> bool:
    """Whether the actor can neither make a table nor change the rows of one."""
    access = await site.permissions.load(request.actor, WRITE_SQL_ACTIONS)
    names = [table.name for table in catalog.tables.values() if table.kind == "table"]
    return not access.allowed("create-table", catalog.name) and not any(
        access.children(action, catalog.name, names) for action in ("insert-row", "update-row", "delete-row")
    )


async def analyze_write(site: Site, request: Request) -> Response:
    """``/DB/-/execute-write/analyze``: what a statement would touch."""
    database = database_of(site, request)
    access = await site.permissions.load(request.actor, WRITE_SQL_ACTIONS)
    if not access.allowed("execute-write-sql", database.name):
        return Response.error([_NOT_ALLOWED], 403, UNFRAMED)
    unknown = [name for name, _ in request.pairs if name != "sql"]
    if unknown:
        return Response.error([f"Invalid keys: {', '.join(unknown)}"], 400, UNFRAMED)
    sql = request.args.get("sql") or ""
    analysis = await analysis_of(access.allowed, database, sql)
    error = analysis.error
    if error is None and sql and not analysis.writes:
        error, analysis.rows = READS_ONLY, []
    disabled = _NOTHING_TO_DO if not sql.strip() else error
    if disabled is None and not all(row["allowed"] for row in analysis.rows):
        disabled = _NOT_ALL_ALLOWED
    body = {
        "ok": error is None,
        "unstable": UNSTABLE,
        "parameters": analysis.parameters,
        "analysis_error": error,
        "analysis_rows": analysis.rows,
        "execute_disabled": disabled is not None,
        "execute_disabled_reason": disabled,
    }
    return Response.json(body, headers=UNFRAMED)


@dataclass(slots=True)
class AnalysisView:
    """What is told of a statement before it is run or stored."""

    parameters: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    error: str | None = None
    writes: bool = False


async def analysis_of(
    may: Callable[[str, str | None, str | None], bool], database: SqliteDatabase, sql: str
) -> AnalysisView:
    """The analysis of a statement, or why there is none; nothing for an empty one."""
    view = AnalysisView()
    if not sql:
        return view
    try:
        names = checked_parameters(sql)
        analysis = await analyzed(database, sql, dict.fromkeys(names, ""))
    except (InvalidBody, InvalidSQL) as error:
        view.error = error.message
        return view
    view.parameters = names
    view.writes = writes(analysis)
    view.rows = [
        {**each.as_json(), "allowed": each.allowed(may)} for each in needed_for(analysis, database=database.name)
    ]
    return view
