"""Creating a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vitrina.catalog.model import DatabaseCatalog, Table
from vitrina.errors import Forbidden, InvalidBody
from vitrina.execute.create_table import CreatedTable, run_create
from vitrina.hooks.events import AlterTableEvent, CreateTableEvent, InsertRowsEvent
from vitrina.http.response import Response
from vitrina.plan.create import CreatePlan, parse_create
from vitrina.plan.rows import check_ordinary, missing_columns
from vitrina.web.absolute import absolute_url
from vitrina.web.target import current_catalog, database_of
from vitrina.web.write.changed import check_column_types
from vitrina.web.write.durable import durable
from vitrina.web.write.refusals import json_body, refusing_in_json
from vitrina.web.write.repeated import repeatable

if TYPE_CHECKING:
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.execute.permissions import Access
    from vitrina.http.request import Request
    from vitrina.web.site import Site

_ACTIONS = ("create-table", "insert-row", "update-row", "alter-table")


async def create_table(site: Site, request: Request) -> Response:
    """``/DB/-/create``."""
    # An unknown database is the one failure of this endpoint that people see as a page.
    database_of(site, request)
    return await _create_table(site, request)


@refusing_in_json
@durable
@repeatable
async def _create_table(site: Site, request: Request) -> Response:
    database = database_of(site, request)
    access = await site.permissions.load(request.actor, _ACTIONS)
    if not access.allowed("create-table", database.name):
        raise Forbidden("Permission denied")
    plan = parse_create(await json_body(request))
    name = plan.definition.name
    catalog = await current_catalog(database)
    table = catalog.get(name)
    _check_options(access, database.name, plan, exists=table is not None)
    if not database.is_mutable:
        # The contract has no words for a file. Of memory that every connection has for itself, nothing would remain.
        return Response.error(["A table made here would not be kept" if database.is_memory else ""], 400)
    if table is not None:
        await _check_existing(site, database.name, table, plan)
    created = await _run(site, request, database, catalog, table, plan)
    await database.look()
    await _announce(site, request, database.name, plan, created)
    body = {"ok": True, "database": database.name, **table_place(site, request, database.name, name)}
    body["schema"] = created.schema
    if plan.rows:
        body["row_count"] = len(plan.rows)
    return Response.json(body, 201)


def table_place(site: Site, request: Request, database: str, table: str) -> dict[str, Any]:
    """Name and addresses of a table, as the answers about it have them."""
    return {
        "table": table,
        "table_url": absolute_url(site, request, str(site.urls.table(database, table))),
        "table_api_url": absolute_url(site, request, str(site.urls.table(database, table, format="json"))),
    }


def _check_options(access: Access, database: str, plan: CreatePlan, *, exists: bool) -> None:
    name = plan.definition.name
    for needed, action in (
        (bool(plan.replace), "update-row"),
        (bool(plan.rows), "insert-row"),
        (plan.alter and exists, "alter-table"),
    ):
        if needed and not access.allowed(action, database, name):
            raise Forbidden(f"Permission denied: need {action}")


async def _check_existing(site: Site, database: str, table: Table, plan: CreatePlan) -> None:
    keys = plan.definition.primary_key
    check_ordinary(table)
    if keys and table.primary_keys and keys != table.primary_keys:
        raise InvalidBody("pk cannot be changed for existing table")
    await check_column_types(site, database, table, plan.rows)


async def _run(
    site: Site,
    request: Request,
    database: SqliteDatabase,
    catalog: DatabaseCatalog,
    table: Table | None,
    plan: CreatePlan,
) -> CreatedTable:
    added = missing_columns(table, plan.rows) if table is not None and plan.alter else ()
    exists = table is not None
    size = len(await request.post_body())

    def create_table(conn: Any) -> CreatedTable:
        return run_create(conn, plan, exists=exists, added=added)

    return await site.writes.rows(
        database,
        create_table,
        catalog,
        request=request,
        alone=not exists or bool(added),
        size=size,
    )


async def _announce(site: Site, request: Request, database: str, plan: CreatePlan, created: CreatedTable) -> None:
    actor, name = request.actor, plan.definition.name
    if created.is_new:
        await site.writes.track(CreateTableEvent(actor, database, name, created.schema))
    elif created.before_schema != created.schema:
        await site.writes.track(AlterTableEvent(actor, database, name, created.before_schema or "", created.schema))
    if plan.rows:
        # None where the request does not say, as listeners know it.
        ignore: Any = plan.ignore
        replace: Any = plan.replace
        await site.writes.track(InsertRowsEvent(actor, database, name, len(plan.rows), ignore, replace))
