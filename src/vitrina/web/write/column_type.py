"""Assigning a type to a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vitrina.catalog.affinity import SQLiteType
from vitrina.catalog.model import Column
from vitrina.catalog.stored import AssignedType
from vitrina.errors import Forbidden, InvalidBody, NotFound
from vitrina.http.response import Response
from vitrina.web.column_types import column_type_classes, fits
from vitrina.web.target import current_catalog, named
from vitrina.web.write.refusals import (
    database_or_404,
    json_body,
    refusing_in_json,
)

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site

_KEYS = frozenset(("column", "column_type"))
_TYPE_KEYS = frozenset(("type", "config"))


@refusing_in_json
async def set_column_type(site: Site, request: Request) -> Response:
    """``/DB/TABLE/-/set-column-type``: kept in the internal database, so immutable files and views are fine."""
    database = database_or_404(site, request)
    name = named(request, "table")
    table = (await current_catalog(database)).get(name)
    if table is None:
        raise NotFound("Table not found")
    access = await site.permissions.load(request.actor, ("set-column-type",))
    if not access.allowed("set-column-type", database.name, name):
        raise Forbidden("Permission denied")
    column, wanted = parse_assignment(await json_body(request))
    found = table.column_by_name.get(column)
    if found is None:
        raise InvalidBody(f"Column not found: {column}")
    assigned = parse_type(wanted)
    if assigned is None:
        await site.store.remove_column_type(database.name, name, column)
        shown = None
    else:
        _check_type(site, f"{database.name}.{name}.{column}", found, assigned)
        await site.store.set_column_type(database.name, name, column, assigned.type, assigned.config)
        shown = {"type": assigned.type, "config": assigned.config}
    body = {"ok": True, "database": database.name, "table": name, "column": column, "column_type": shown}
    return Response.json(body)


def parse_assignment(body: Any) -> tuple[str, Any]:
    """The column that the request body names, and what is wanted of it, not yet looked at.

    Raises InvalidBody naming what is wrong.
    """
    if not isinstance(body, dict):
        raise InvalidBody("JSON must be a dictionary")
    extra = sorted(set(body) - _KEYS)
    if extra:
        raise InvalidBody(f"Invalid parameter: {_quoted(extra)}")
    if "column" not in body:
        raise InvalidBody('"column" is required')
    column = body["column"]
    if not isinstance(column, str):
        raise InvalidBody('"column" must be a string')
    if "column_type" not in body:
        raise InvalidBody('"column_type" is required')
    return column, body["column_type"]


def parse_type(wanted: Any) -> AssignedType | None:
    """The type in a request; None takes a type away. Raises InvalidBody naming what is wrong."""
    if wanted is None:
        return None
    if not isinstance(wanted, dict):
        raise InvalidBody('"column_type" must be an object or null')
    extra = sorted(set(wanted) - _TYPE_KEYS)
    if extra:
        raise InvalidBody(f"Invalid column_type parameter: {_quoted(extra)}")
    if "type" not in wanted:
        raise InvalidBody('"column_type.type" is required')
    kind, config = wanted["type"], wanted.get("config")
    if not isinstance(kind, str):
        raise InvalidBody('"column_type.type" must be a string')
    if config is not None and not isinstance(config, dict):
        raise InvalidBody('"column_type.config" must be a dictionary')
    return AssignedType(kind, config)


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _check_type(site: Site, place: str, column: Column, assigned: AssignedType) -> None:
    kind = column_type_classes(site).get(assigned.type)
    if kind is None:
        raise InvalidBody(f"Unknown column type: {assigned.type}")
    if not fits(kind, column):
        allowed = ", ".join(item.value for item in kind.sqlite_types or ())
        affinity = SQLiteType.from_declared_type(column.type).value
        raise InvalidBody(
            f"Column type '{assigned.type}' is only applicable to SQLite types {allowed}"
            f" but {place} has SQLite type {affinity}"
        )
