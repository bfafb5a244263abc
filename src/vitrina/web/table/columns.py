"""The columns of a table page: headings, details, and how each renders its cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import escape

from vitrina.catalog.affinity import SQLiteType
from vitrina.catalog.model import Column, Table
from vitrina.plan.model import LabelPlan
from vitrina.render.cells import BlobHref, Render, compile_cell, compile_link_cell, strong
from vitrina.render.rows import LINK, CellColumn

if TYPE_CHECKING:
    from vitrina.web.column_types import TypedColumn
    from vitrina.web.site import Site

_ROWID = Column(cid=-1, name="rowid", type="integer", notnull=0, default_value=None, is_pk=1, hidden=0)


def column_of(table: Table, name: str) -> Column:
    """The column called ``name``; the added ``rowid`` counts as one."""
    return table.column_by_name.get(name) or _ROWID


def link_column_position(columns: Sequence[str], pk_columns: Sequence[str], table: Table) -> int | None:
    """Position of the one column whose cells lead to the row; None when there is a separate ``Link`` column."""
    if table.uses_rowid or len(pk_columns) != 1 or pk_columns[0] not in columns:
        return None
    return columns.index(pk_columns[0])


def display_columns(
    table: Table,
    columns: Sequence[str],
    *,
    pk_columns: Sequence[str],
    sortable: frozenset[str],
    descriptions: Mapping[str, str],
    column_types: Mapping[str, TypedColumn],
    links: bool = True,
) -> list[dict[str, Any]]:
    """Headings of the table, the one that leads to the row first; ``links`` False on row pages."""
    first = link_column_position(columns, pk_columns, table) if links else None
    headings: list[dict[str, Any]] = []
    for position, name in enumerate(columns):
        column = column_of(table, name)
        heading: dict[str, Any] = {
            "name": name,
            "sortable": name in sortable,
            "is_pk": bool(column.is_pk) or name in pk_columns,
            "type": column.type,
            "notnull": column.notnull,
        }
        if position == first:
            headings.insert(0, heading)
            continue
        assigned = column_types.get(name)
        heading["description"] = descriptions.get(name)
        heading["column_type"] = assigned.name if assigned else None
        heading["column_type_config"] = assigned.config if assigned else None
        headings.append(heading)
    if links and first is None and pk_columns:
        headings.insert(0, _separate_link())
    return headings


def _separate_link() -> dict[str, Any]:
    return {
        "name": LINK,
        "sortable": False,
        "is_pk": False,
        "type": "",
        "notnull": 0,
        "is_special_link_column": True,
    }


def column_details(table: Table, columns: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Declared facts of each of ``columns``."""
    return {
        column.name: {
            "type": column.type,
            "sqlite_type": SQLiteType.from_declared_type(column.type).value,
            "notnull": bool(column.notnull),
            "default": column.default_value,
            "is_pk": bool(column.is_pk),
            "pk_position": column.is_pk,
            "hidden": column.hidden,
        }
        for column in (column_of(table, name) for name in columns)
    }


def typed(assigned: TypedColumn, plain: Render) -> Render:
    """The renderer of a column whose type is one of ours."""
    built_in = assigned.built_in
    if built_in is None:
        return plain

    def render(value: Any, path: str) -> str:
        return built_in.html(value) or plain(value, path)

    return render


def cell_columns(
    site: Site,
    database: str,
    table: Table,
    columns: Sequence[str],
    *,
    pk_columns: Sequence[str],
    labels: Mapping[str, Mapping[Any, Any]],
    label_plans: Sequence[LabelPlan],
    column_types: Mapping[str, TypedColumn],
    on_row_page: bool = False,
) -> list[CellColumn]:
    """A compiled renderer for every displayed column, in display order."""
    length = 0 if on_row_page else site.settings.truncate_cells_html
    first = None if on_row_page else link_column_position(columns, pk_columns, table)
    targets = {plan.column: site.urls.table(database, plan.other_table) for plan in label_plans}
    cells: list[CellColumn] = []
    for position, name in enumerate(columns):
        plain = compile_cell(length=length, blob_href=_blob_href(site, database, table.name, name, pk_columns))
        if name in column_types:
            plain = typed(column_types[name], plain)
        render = compile_link_cell(targets[name], labels.get(name) or {}, plain) if name in targets else plain
        if on_row_page and name in pk_columns:
            render = strong(render)
        if position == first:
            cells.insert(0, CellColumn(name, position, render, is_link=True))
        else:
            cells.append(CellColumn(name, position, render))
    if not on_row_page and first is None and pk_columns:
        cells.insert(0, CellColumn(LINK, None, compile_cell(), is_link=True))
    return cells


def _blob_href(site: Site, database: str, table: str, column: str, pk_columns: Sequence[str]) -> BlobHref | None:
    if not pk_columns:
        return None

    def href(path: str, value: bytes) -> str:
        return site.urls.row_blob(database, table, path, column)

    return href


def escaped(value: Any) -> str:
    """What a plugin rendered, with text that is not Markup escaped."""
    return str(escape(value))
