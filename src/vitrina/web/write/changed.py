"""What the endpoints that change rows have in common: column types, returned rows, events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from vitrina.catalog.model import DatabaseCatalog, Table
from vitrina.errors import InvalidBody
from vitrina.execute.change_rows import ChangedRows
from vitrina.hooks.events import AlterTableEvent
from vitrina.http.response import Response
from vitrina.render.json import blob_value, objects
from vitrina.web.column_types import assigned_types
from vitrina.web.target import current_catalog

if TYPE_CHECKING:
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.http.request import Request
    from vitrina.web.site import Site


async def known_catalog(database: SqliteDatabase) -> DatabaseCatalog:
    """The catalog as last seen, without a hop where there is one; the writer notices when it is outdated."""
    return database.catalog or await current_catalog(database)


async def check_column_types(site: Site, database: str, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Raise InvalidBody with what the assigned column types say against values in ``rows``."""
    types = assigned_types(site, database, table)
    if not types:
        return
    errors = []
    for row in rows:
        for column, assigned in sorted(types.items()):
            if column in row:
                error = await assigned.kind.validate(row[column], site.facade)
                if error:
                    errors.append(f"{column}: {error}")
    if errors:
        raise InvalidBody(errors)


async def announce_alter(site: Site, request: Request, database: SqliteDatabase, table: str, changed: Any) -> None:
    """Publish the new schema and tell plugins, where columns were added."""
    if changed.before_schema is None or changed.before_schema == changed.after_schema:
        return
    await database.look()
    event = AlterTableEvent(request.actor, database.name, table, changed.before_schema, changed.after_schema)
    await site.writes.track(event)


def rows_json(changed: ChangedRows) -> list[dict[str, Any]]:
    """The rows as objects, ready for JSON."""
    return objects(changed.columns, changed.rows)


def json_response(body: Any, status: int = 200) -> Response:
    """``body`` as JSON, with blobs as ``$base64`` objects."""
    return Response.json(body, status, default=_blob)


def _blob(value: Any) -> Any:
    if isinstance(value, bytes):
        return blob_value(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
