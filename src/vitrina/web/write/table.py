"""Altering and dropping tables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from vitrina.dialect.quoting import quote_identifier
from vitrina.errors import Forbidden, InvalidBody, NotFound
from vitrina.execute.alter_table import AlteredTable, run_alter
from vitrina.execute.drop_table import run_drop
from vitrina.hooks.events import AlterTableEvent, DropTableEvent, RenameTableEvent
from vitrina.http.messages import WARNING, add_message
from vitrina.http.response import Response
from vitrina.plan.alter import parse_alter
from vitrina.plan.rows import check_whole
from vitrina.web.target import current_catalog, named
from vitrina.web.write.create import table_place
from vitrina.web.write.durable import durable
from vitrina.web.write.refusals import database_or_404, json_body, refuse_immutable, refusing_in_json
from vitrina.web.write.repeated import repeatable

if TYPE_CHECKING:
    from vitrina.engine.protocols import Reader
    from vitrina.http.request import Request
    from vitrina.web.site import Site


@refusing_in_json
@durable
@repeatable
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
    plan = parse_alter(await json_body(request))
    if name in catalog.views:
        # The contract's words, which tell of its making.
        wanted = "add_column" if plan.adds else "transform"
        raise InvalidBody(_VIEW.format(wanted) if plan.adds or plan.rebuild else f"view {name} may not be altered")
    check_whole(catalog.tables[name])
    altered = await site.writes.rows(
        database, lambda conn: run_alter(conn, name, plan), catalog, request=request, alone=True
    )
    await database.look()
    await _announce(site, request, database.name, name, altered)
    body: dict[str, Any] = {
        "ok": True,
        "database": database.name,
        **table_place(site, request, database.name, altered.table),
        "altered": altered.before_schema != altered.schema,
        "schema": altered.schema,
        "before_schema": altered.before_schema,
        "operations_applied": plan.operations,
    }
    return Response.json(body)


_VIEW = "'View' object has no attribute '{}'"


async def _announce(site: Site, request: Request, database: str, name: str, altered: AlteredTable) -> None:
    if altered.table != name:
        await site.writes.track(RenameTableEvent(request.actor, database, name, altered.table))
    if altered.before_schema != altered.schema:
        event = AlterTableEvent(request.actor, database, altered.table, altered.before_schema, altered.schema)
        await site.writes.track(event)


@refusing_in_json
@durable
@repeatable
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
    table = catalog.tables[name]
    check_whole(table)
    if not _confirmed(await request.post_body()):
        count = await database.read(lambda reader: _count(reader, name))
        body = {
            "ok": True,
            "database": database.name,
            "table": name,
            "row_count": count,
            "message": 'Pass "confirm": true to confirm',
        }
        return Response.json(body)
    await site.writes.rows(database, lambda conn: run_drop(conn, table), catalog, request=request, alone=True)
    await database.look()
    await site.writes.track(DropTableEvent(request.actor, database.name, name))
    add_message(request, f"Table {name} dropped", WARNING)
    return Response.json({"ok": True})


def _confirmed(body: bytes) -> bool:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return False
    if not isinstance(parsed, dict):
        raise InvalidBody("JSON must be a dictionary")
    return bool(parsed.get("confirm"))


def _count(reader: Reader, name: str) -> Any:
    return reader.select(f"SELECT count(*) FROM {quote_identifier(name)}").rows[0][0]
