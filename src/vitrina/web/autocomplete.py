"""Rows of a table by the beginning of what they are called, for pickers of foreign keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vitrina.catalog.model import Table
from vitrina.dialect.select import column_list, escape
from vitrina.engine.protocols import Budget
from vitrina.errors import BadRequest, QueryInterrupted
from vitrina.http.response import Response
from vitrina.plan.arguments import parse_bool
from vitrina.plan.columns import pk_columns_of
from vitrina.plan.labels import label_column_of
from vitrina.render.json import encode
from vitrina.web.shapes import JSON_TYPE
from vitrina.web.table.planning import find_table, visible_table
from vitrina.web.target import database_of, named

if TYPE_CHECKING:
    from vitrina.engine.protocols import Reader
    from vitrina.http.request import Request
    from vitrina.web.site import Site

_ROWS = 10
#: milliseconds for the search in every field, and then for the one in the key
_TIME_LIMIT_MS = 500.0


@dataclass(frozen=True, slots=True)
class _Search:
    """What is searched: the key's columns, the column with the label (or None), the text (None: the newest rows)."""

    table: str
    keys: tuple[str, ...]
    label: str | None
    text: str | None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns to read, each once."""
        return tuple(dict.fromkeys((*self.keys, self.label) if self.label else self.keys))

    def object(self, row: tuple[Any, ...]) -> dict[str, Any]:
        """One row of the answer."""
        values = dict(zip(self.columns, row, strict=True))
        found: dict[str, Any] = {"pks": {key: values[key] for key in self.keys}}
        if self.label:
            found["label"] = values[self.label]
        return found


async def autocomplete_rows(site: Site, request: Request) -> Response:
    """GET ``/DB/TABLE/-/autocomplete?q=``: at most ten rows with key and label.

    Raises TableNotFound, Forbidden, and BadRequest for a view.
    """
    database, name = database_of(site, request), named(request, "table")
    catalog, table = await find_table(database, name)
    if table.is_view:
        raise BadRequest("Autocomplete is only available for tables")
    await visible_table(site, request, database, name, editing=False)
    search = _search_of(request, table, label_column_of(table, site.config.table(database.name, name)))
    rows: list[dict[str, Any]] = []
    if search is not None:
        found = await database.read(lambda reader: _run(reader, search), catalog=catalog)
        rows = [search.object(row) for row in found]
    return Response(encode({"ok": True, "rows": rows}), content_type=JSON_TYPE)


def _search_of(request: Request, table: Table, label: str | None) -> _Search | None:
    text = (request.args.get("q") or "").strip()
    asked = request.args.get("_initial") or ""
    initial = parse_bool(asked)
    if not text and asked and initial is None:
        raise BadRequest("_initial must be on or off")
    if not text and not initial:
        return None
    known = label if label in table.column_by_name else None
    return _Search(table.name, pk_columns_of(table), known, text or None)


def _run(reader: Reader, search: _Search) -> list[tuple[Any, ...]]:
    budget = Budget.of(_TIME_LIMIT_MS)
    try:
        return _select(reader, *(_newest_sql(search) if search.text is None else _search_sql(search)), budget)
    except QueryInterrupted:
        pass
    if search.text is None:
        return []
    try:
        return _select(reader, *_prefix_sql(search), Budget.of(_TIME_LIMIT_MS))
    except QueryInterrupted:
        return []


def _select(reader: Reader, sql: str, params: dict[str, Any], budget: Budget) -> list[tuple[Any, ...]]:
    return reader.select(sql, params, time_limit_ms=budget.limit(_TIME_LIMIT_MS)).rows


def _newest_sql(search: _Search) -> tuple[str, dict[str, Any]]:
    first, *others = map(escape, search.keys)
    order = ", ".join([f"{first} desc", *others])
    sql = f"select {column_list(search.columns)} from {escape(search.table)} order by {order} limit {_ROWS}"
    return sql, {}


def _search_sql(search: _Search) -> tuple[str, dict[str, Any]]:
    text = search.text or ""
    pattern = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    conditions = [f"{escape(column)} like :like escape '\\'" for column in search.columns]
    order = []
    if len(search.keys) == 1:
        order.append(f"case when cast({escape(search.keys[0])} as text) = :text then 0 else 1 end")
    if search.label:
        label = escape(search.label)
        matches = f"{label} like :like escape '\\'"
        order += [f"case when {matches} then 0 else 1 end", f"case when {matches} then length({label}) end"]
    else:
        order.append(f"length({escape(search.keys[0])})")
    order += map(escape, search.keys)
    sql = (
        f"select {column_list(search.columns)} from {escape(search.table)} where {' or '.join(conditions)} "
        f"order by {', '.join(order)} limit {_ROWS}"
    )
    return sql, {"like": f"%{pattern}%", "text": text}


def _prefix_sql(search: _Search) -> tuple[str, dict[str, Any]]:
    """Only keys that begin with the text, in the order of the key: an index answers this."""
    key = escape(search.keys[0])
    sql = (
        f"select {column_list(search.columns)} from {escape(search.table)} "
        f"where {key} >= :text and {key} < :after order by {key} limit {_ROWS}"
    )
    return sql, {"text": search.text, "after": f"{search.text}\U0010ffff"}
