"""Inserting and upserting rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vitrina.catalog.model import DatabaseCatalog
from vitrina.errors import Forbidden, InvalidBody, NotFound
from vitrina.execute.change_rows import ChangedRows, run_insert, run_upsert
from vitrina.hooks.events import Event, InsertRowsEvent, UpsertRowsEvent
from vitrina.plan.rows import InsertPlan, RowsBody, UpsertPlan, parse_rows, plan_insert, plan_upsert
from vitrina.web.target import current_catalog, named
from vitrina.web.write.changed import announce_alter, check_column_types, json_response, known_catalog, rows_json
from vitrina.web.write.durable import durable
from vitrina.web.write.refusals import database_or_404, json_body, refuse_immutable, refusing_in_json
from vitrina.web.write.repeated import repeatable

if TYPE_CHECKING:
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.execute.permissions import Access
    from vitrina.http.request import Request
    from vitrina.http.response import Response
    from vitrina.web.site import Site

_ACTIONS = ("insert-row", "update-row", "alter-table", "view-table")


@refusing_in_json
@durable
@repeatable
async def insert_rows(site: Site, request: Request) -> Response:
    """``/DB/TABLE/-/insert``."""
    return await _change_rows(site, request, upsert=False)


@refusing_in_json
@durable
@repeatable
async def upsert_rows(site: Site, request: Request) -> Response:
    """``/DB/TABLE/-/upsert``."""
    return await _change_rows(site, request, upsert=True)


async def _change_rows(site: Site, request: Request, *, upsert: bool) -> Response:
    database = database_or_404(site, request)
    name = named(request, "table")
    catalog = await known_catalog(database)
    if name not in catalog.tables:
        catalog = await current_catalog(database)
    if name not in catalog.tables:
        raise NotFound(f"Table not found: {name}" if name in catalog.views else "Table not found")
    access = await site.permissions.load(request.actor, _ACTIONS)
    _check_allowed(access, database.name, name, upsert=upsert)
    refuse_immutable(database)
    body = await json_body(request)
    try:
        parsed = parse_rows(body, catalog.tables[name], max_rows=site.settings.max_insert_rows, upsert=upsert)
    except InvalidBody:
        # A column may have been added since the catalog was made.
        fresh = await current_catalog(database)
        if fresh.serial == catalog.serial or name not in fresh.tables:
            raise
        catalog = fresh
        parsed = parse_rows(body, catalog.tables[name], max_rows=site.settings.max_insert_rows, upsert=upsert)
    await check_column_types(site, database.name, catalog.tables[name], parsed.rows)
    _check_options(access, database.name, name, parsed)
    returns = parsed.returns and access.allowed("view-table", database.name, name)
    changed = await _run(site, request, database, catalog, name, parsed, upsert=upsert, returns=returns)
    await site.writes.track(_event(request, database.name, name, parsed, upsert=upsert))
    await announce_alter(site, request, database, name, changed)
    answer: dict[str, Any] = {"ok": True}
    if returns:
        answer["rows"] = rows_json(changed)
    return json_response(answer, 200 if upsert else 201)


def _check_allowed(access: Access, database: str, table: str, *, upsert: bool) -> None:
    allowed = access.allowed("insert-row", database, table)
    if upsert:
        if not (allowed and access.allowed("update-row", database, table)):
            raise Forbidden("Permission denied: need both insert-row and update-row")
    elif not allowed:
        raise Forbidden("Permission denied")


def _check_options(access: Access, database: str, table: str, body: RowsBody) -> None:
    if body.alter and not access.allowed("alter-table", database, table):
        raise Forbidden("Permission denied for alter-table")
    if body.replace and not access.allowed("update-row", database, table):
        raise Forbidden('Permission denied: need update-row to use "replace"')


async def _run(
    site: Site,
    request: Request,
    database: SqliteDatabase,
    catalog: DatabaseCatalog,
    name: str,
    body: RowsBody,
    *,
    upsert: bool,
    returns: bool,
) -> ChangedRows:
    table = catalog.tables[name]
    plan: InsertPlan | UpsertPlan
    plan = plan_upsert(table, body, returns=returns) if upsert else plan_insert(table, body, returns=returns)

    def insert_or_upsert_rows(conn: Any) -> ChangedRows:
        return run_upsert(conn, plan) if isinstance(plan, UpsertPlan) else run_insert(conn, plan)

    size = len(await request.post_body())
    return await site.writes.rows(
        database,
        insert_or_upsert_rows,
        catalog,
        request=request,
        changes=table,
        alone=bool(plan.new_columns),
        size=size,
    )


def _event(request: Request, database: str, table: str, body: RowsBody, *, upsert: bool) -> Event:
    if upsert:
        return UpsertRowsEvent(request.actor, database, table, len(body.rows))
    return InsertRowsEvent(request.actor, database, table, len(body.rows), body.ignore, body.replace)
