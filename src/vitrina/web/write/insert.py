"""Inserting and upserting rows: who may, and which requests are valid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vitrina.catalog.model import Table
from vitrina.errors import Forbidden, NotFound
from vitrina.web.target import current_catalog, named
from vitrina.web.write.refusals import (
    BadBody,
    database_or_404,
    json_body,
    not_available,
    refuse_immutable,
    refusing_in_json,
)

if TYPE_CHECKING:
    from vitrina.execute.permissions import Access
    from vitrina.http.request import Request
    from vitrina.http.response import Response
    from vitrina.web.site import Site

_KEYS = frozenset(("row", "rows", "return", "ignore", "replace", "alter"))


@refusing_in_json
async def insert_rows(site: Site, request: Request) -> Response:
    """``/DB/TABLE/-/insert``."""
    return await _change_rows(site, request, upsert=False)


@refusing_in_json
async def upsert_rows(site: Site, request: Request) -> Response:
    """``/DB/TABLE/-/upsert``."""
    return await _change_rows(site, request, upsert=True)


async def _change_rows(site: Site, request: Request, *, upsert: bool) -> Response:
    database = database_or_404(site, request)
    name = named(request, "table")
    catalog = await current_catalog(database)
    if name not in catalog.tables:
        raise NotFound(f"Table not found: {name}" if name in catalog.views else "Table not found")
    access = await site.permissions.load(request.actor, ("insert-row", "update-row", "alter-table"))
    allowed = access.allowed("insert-row", database.name, name)
    if upsert:
        if not (allowed and access.allowed("update-row", database.name, name)):
            raise Forbidden("Permission denied: need both insert-row and update-row")
    elif not allowed:
        raise Forbidden("Permission denied")
    refuse_immutable(database)
    body = await json_body(request)
    table = catalog.tables[name]
    errors = validate(body, table, max_rows=site.settings.max_insert_rows, upsert=upsert)
    if errors:
        raise BadBody(errors)
    _check_options(access, database.name, name, body)
    return not_available()


def _check_options(access: Access, database: str, table: str, body: Mapping[str, Any]) -> None:
    if body.get("alter") and not access.allowed("alter-table", database, table):
        raise Forbidden("Permission denied for alter-table")
    if body.get("replace") and not access.allowed("update-row", database, table):
        raise Forbidden('Permission denied: need update-row to use "replace"')


def validate(body: Any, table: Table, *, max_rows: int, upsert: bool) -> list[str]:
    """What is wrong with the body of an insert or upsert; an empty list where nothing is."""
    wrong = _shape(body, upsert)
    if wrong:
        return [wrong]
    rows = [body["row"]] if "row" in body else body["rows"]
    if len(rows) > max_rows:
        return [f"Too many rows, maximum allowed is {max_rows}"]
    extra = sorted(set(body) - _KEYS)
    if extra:
        return ["Invalid parameter: " + ", ".join(f'"{key}"' for key in extra)]
    if upsert and (body.get("ignore") or body.get("replace")):
        return ["Upsert does not support ignore or replace"]
    if body.get("ignore") and body.get("replace"):
        return ['Cannot use "ignore" and "replace" at the same time']
    return _row_errors(rows, table, upsert=upsert, alter=bool(body.get("alter")))


def _shape(body: Any, upsert: bool) -> str | None:
    if not isinstance(body, dict):
        return "JSON must be a dictionary"
    if "row" in body and "rows" in body:
        return 'Cannot use "row" and "rows" at the same time'
    if "row" in body:
        return None if isinstance(body["row"], dict) else '"row" must be a dictionary'
    if "rows" not in body:
        return 'JSON must have one or other of "row" or "rows"'
    if not isinstance(body["rows"], list):
        return '"rows" must be a list'
    if not all(isinstance(row, dict) for row in body["rows"]):
        return '"rows" must be a list of dictionaries'
    return None


def _row_errors(rows: list[dict[str, Any]], table: Table, *, upsert: bool, alter: bool) -> list[str]:
    keys = table.primary_keys or ("rowid",)
    known = set(table.column_names)
    if table.uses_rowid:
        known.add("rowid")
    errors = []
    for position, row in enumerate(rows):
        if upsert:
            missing = [key for key in keys if key not in row]
            if missing:
                errors.append(f"Row {position} is missing primary key column(s): {_quoted(missing)}")
            empty = [key for key in keys if key in row and row[key] is None]
            if empty:
                errors.append(f"Row {position} has null primary key column(s): {_quoted(empty)}")
        unknown = sorted(set(row) - known)
        if unknown and not alter:
            errors.append(f"Row {position} has invalid columns: {', '.join(unknown)}")
    return errors


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
