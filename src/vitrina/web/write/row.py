"""Updating and deleting one row."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from vitrina.catalog.model import DatabaseCatalog, Table
from vitrina.errors import BadRequest, Forbidden, NotFound, RowChanged
from vitrina.execute.along_with import may_lose_more
from vitrina.execute.change_rows import run_delete, run_update
from vitrina.execute.row_exists import label_of_row, row_exists
from vitrina.hooks.events import DeleteRowEvent, UpdateRowEvent
from vitrina.http.messages import INFO, add_message
from vitrina.http.response import Response
from vitrina.plan.row_change import DeletePlan, parse_update, plan_delete, plan_update
from vitrina.plan.rows import row_keys
from vitrina.tilde import tilde_decode
from vitrina.web.target import named
from vitrina.web.write.changed import check_column_types, json_response, rows_json
from vitrina.web.write.durable import durable
from vitrina.web.write.refusals import database_or_404, json_body, refusing_in_json
from vitrina.web.write.repeated import repeatable
from vitrina.web.write.restore import keep_deleted

if TYPE_CHECKING:
    from vitrina.engine.protocols import Reader
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.execute.permissions import Access
    from vitrina.http.request import Request
    from vitrina.web.site import Site

# Letters of a row's label in a message.
_LABEL_LENGTH = 80


@refusing_in_json
@durable
@repeatable
async def update_row(site: Site, request: Request) -> Response:
    """``/DB/TABLE/PKS/-/update``."""
    database, access = await _allowed(site, request, "update-row", ("alter-table", "view-table"))
    catalog, table, values = await _existing_row(request, database)
    body = parse_update(await json_body(request))
    await check_column_types(site, database.name, table, [body.values])
    if body.alter and not access.allowed("alter-table", database.name, table.name):
        raise Forbidden("Permission denied for alter-table")
    if body.expected is not None and not access.allowed("view-table", database.name, table.name):
        # Else whoever may not look could find out by guessing.
        raise Forbidden('Permission denied: need view-table to use "expected"')
    plan = plan_update(table, values, body)
    if not database.is_mutable:
        return _immutable()
    try:
        changed = await site.writes.rows(
            database,
            lambda conn: run_update(conn, plan),
            catalog,
            request=request,
            changes=table,
            alone=bool(plan.new_columns),
        )
    except RowChanged as error:
        return _changed_meanwhile(error)
    if plan.new_columns:
        await database.look()
    await site.writes.track(UpdateRowEvent(request.actor, database.name, table.name, list(values)))
    if request.args.get("_message"):
        row = tuple([str(body.values.get(name, value)) for name, value in zip(plan.key.columns, values, strict=True)])
        add_message(request, await _message(site, access, database, table, values, "Updated", row=row), INFO)
    answer: dict[str, Any] = {"ok": True}
    if body.returns and access.allowed("view-table", database.name, table.name):
        answer["rows"] = rows_json(changed)
    return json_response(answer)


@refusing_in_json
@durable
@repeatable
async def delete_row(site: Site, request: Request) -> Response:
    """``/DB/TABLE/PKS/-/delete``."""
    database, access = await _allowed(site, request, "delete-row", ("view-table",))
    catalog, table, values = await _existing_row(request, database)
    plan = plan_delete(table, values, keeps=bool(request.args.get("_undo")))
    if not database.is_mutable:
        return _immutable()
    back_to_table = bool(request.args.get("_redirect_to_table"))
    message = await _message(site, access, database, table, values, "Deleted") if back_to_table else ""
    loses = plan.keeps and await may_lose_more(database, catalog, table, plan.key.columns)
    row, others = await site.writes.rows(
        database, lambda conn: _delete(conn, plan), catalog, request=request, changes=table
    )
    await site.writes.track(DeleteRowEvent(request.actor, database.name, table.name, list(values)))
    answer: dict[str, Any] = {"ok": True}
    if back_to_table:
        add_message(request, message, INFO)
        answer["redirect"] = str(site.urls.table(database.name, table.name))
    if loses and others:
        # Putting the one row back would look as if all were well again.
        answer["also_changed"] = others
    elif plan.keeps and (undo := await keep_deleted(site, request, database.name, table, row)):
        answer["undo"] = undo
    return Response.json(answer)


def _delete(conn: sqlite3.Connection, plan: DeletePlan) -> tuple[dict[str, Any], int]:
    """What it takes to insert the row again, and how many other changes the deletion made."""
    before = conn.total_changes
    row = run_delete(conn, plan)
    return row, max(0, conn.total_changes - before - 1)


def _changed_meanwhile(error: RowChanged) -> Response:
    body = {"ok": False, "error": error.message, "errors": error.messages, "status": error.status}
    return json_response({**body, "columns": error.columns, "row": dict(error.row)}, error.status)


def _immutable() -> Response:
    # The contract has no words here.
    return Response.error([""], 400)


async def _allowed(site: Site, request: Request, action: str, others: tuple[str, ...]) -> tuple[SqliteDatabase, Access]:
    """The database of the row, once the actor may; looked at before the row, against probing."""
    database = database_or_404(site, request, named_in_message=True)
    access = await site.permissions.load(request.actor, (action, *others))
    if not access.allowed(action, database.name, named(request, "table")):
        raise Forbidden("Permission denied")
    return database, access


async def _existing_row(request: Request, database: SqliteDatabase) -> tuple[DatabaseCatalog, Table, tuple[str, ...]]:
    """The table and key of the row that the URL names.

    Raises NotFound, and BadRequest for a key with the wrong number of parts.
    """
    name = named(request, "table")
    values = tuple([tilde_decode(part) for part in request.url_vars["pks"].split(",")])

    def look(reader: Reader) -> tuple[DatabaseCatalog, Table, bool]:
        table = reader.catalog.get(name)
        if table is None:
            raise NotFound(f"Table not found: {name}")
        keys = row_keys(table)
        if len(keys) != len(values):
            raise BadRequest("URL row identifier does not match the primary key for this table")
        return reader.catalog, table, row_exists(reader, table, values)

    catalog, table, exists = await database.read(look)
    if not exists:
        raise NotFound(f"Record not found: {list(values)}")
    return catalog, table, values


async def _message(
    site: Site,
    access: Access,
    database: SqliteDatabase,
    table: Table,
    values: tuple[str, ...],
    verb: str,
    *,
    row: tuple[str, ...] | None = None,
) -> str:
    """What a notice says about a row: its key, and its label for those who may see the table.

    ``row`` is the key by which the row is found now, where it changed.
    """
    text = f"{verb} row {', '.join(values)}"
    if not access.allowed("view-table", database.name, table.name):
        return text
    column = site.config.table(database.name, table.name).get("label_column") or table.label_column
    if not column or column not in table.column_by_name:
        return text
    label = await database.read(lambda reader: label_of_row(reader, table, row or values, str(column)))
    if not label or label == ", ".join(row or values):
        return text
    return f"{text} ({label if len(label) <= _LABEL_LENGTH else label[: _LABEL_LENGTH - 1] + '…'})"
