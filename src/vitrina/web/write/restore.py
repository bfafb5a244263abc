"""Taking back the deletion of a row: the row as it was is kept for ten minutes for whoever deleted it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vitrina.access.actors import actor_key
from vitrina.engine.protocols import CatalogChanged
from vitrina.errors import Forbidden, InvalidBody, NotFound, VitrinaError
from vitrina.execute.change_rows import insert_batches
from vitrina.execute.deleted_rows import KEPT_S, DeletedRow, DeletedRows
from vitrina.hooks.events import InsertRowsEvent
from vitrina.http.messages import INFO, add_message
from vitrina.http.response import Response
from vitrina.plan.rows import check_ordinary
from vitrina.web.target import current_catalog, named
from vitrina.web.write.durable import durable
from vitrina.web.write.refusals import database_or_404, json_body, refuse_immutable, refusing_in_json
from vitrina.web.write.repeated import repeatable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vitrina.catalog.model import Table
    from vitrina.http.request import Request
    from vitrina.web.site import Site

_STATE = "deleted_rows"
_GONE = "There is nothing to undo: too late, or done already"


def deleted_rows(site: Site) -> DeletedRows:
    """The rows that this instance keeps."""
    kept: DeletedRows = site.state.setdefault(_STATE, DeletedRows(site.internal))
    return kept


async def keep_deleted(
    site: Site, request: Request, database: str, table: Table, values: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Keep a row that was just deleted, and say how to get it back; None where this actor could not."""
    actor = _actor(request)
    if actor is None:
        return None
    access = await site.permissions.load(request.actor, ("insert-row",))
    if not access.allowed("insert-row", database, table.name):
        return None
    row_id = await deleted_rows(site).keep(actor, DeletedRow(database, table.name, values))
    if row_id is None:
        return None
    return {"id": row_id, "path": f"{site.urls.table(database, table.name)}/-/restore", "seconds": KEPT_S}


@refusing_in_json
@durable
@repeatable
async def restore_row(site: Site, request: Request) -> Response:
    """``/DB/TABLE/-/restore`` with ``{"undo": id}``: insert a row again that this actor deleted.

    Needs insert-row now. Raises NotFound for an id that is unknown, too old,
    used already, or somebody else's.
    """
    database = database_or_404(site, request)
    name = named(request, "table")
    catalog = await current_catalog(database)
    if name not in catalog.tables:
        raise NotFound("Table not found")
    access = await site.permissions.load(request.actor, ("insert-row",))
    if not access.allowed("insert-row", database.name, name):
        raise Forbidden("Permission denied")
    refuse_immutable(database)
    row_id = _parse(await json_body(request))
    table, actor = catalog.tables[name], _actor(request)
    check_ordinary(table)
    kept = deleted_rows(site)
    row = None if actor is None else await kept.take(actor, row_id, database.name, name)
    if actor is None or row is None:
        raise NotFound(_GONE)
    values = row.values
    try:
        await site.writes.rows(
            database,
            lambda conn: insert_batches(conn, name, [values], "abort"),
            catalog,
            request=request,
            changes=catalog.tables.get(name),
        )
    except (VitrinaError, CatalogChanged):
        # Whoever sees why may remove the obstacle and try again.
        await kept.put_back(actor, row_id, row)
        raise
    await site.writes.track(InsertRowsEvent(request.actor, database.name, name, 1, False, False))
    if request.args.get("_message"):
        add_message(request, "The row is back", INFO)
    return Response.json({"ok": True})


def _actor(request: Request) -> str | None:
    """What tells this actor from others; None for the anonymous, who are many."""
    return actor_key(request.actor) if request.actor else None


def _parse(body: Any) -> str:
    if not isinstance(body, dict):
        raise InvalidBody("JSON must be a dictionary")
    if not isinstance(body.get("undo"), str):
        raise InvalidBody('JSON must contain the text "undo"')
    unknown = sorted(key for key in body if key != "undo")
    if unknown:
        raise InvalidBody(f"Invalid keys: {', '.join(unknown)}")
    row_id: str = body["undo"]
    # What we never made need not be looked for, nor can all of it be bound.
    if not row_id.isascii():
        raise NotFound(_GONE)
    return row_id
