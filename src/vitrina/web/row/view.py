"""One request for a row page: what was asked, decided and planned, and what came back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vitrina.catalog.model import Table
from vitrina.errors import Forbidden, RowNotFound
from vitrina.execute.row import run_row
from vitrina.plan.model import RowPlan, RowResult, Wanted
from vitrina.plan.row import plan_row
from vitrina.web.column_types import TypedColumn, assigned_types
from vitrina.web.table.planning import find_table, table_metadata, visible_table
from vitrina.web.table.view import row_path
from vitrina.web.target import named

if TYPE_CHECKING:
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.execute.permissions import Access
    from vitrina.http.request import Request
    from vitrina.web.site import Site


@dataclass(slots=True)
class RowView:
    """Everything that the output formats and extras of a row page read."""

    site: Site
    request: Request
    database: SqliteDatabase
    table: Table
    access: Access
    metadata: Mapping[str, Any]
    column_types: Mapping[str, TypedColumn]
    private: bool
    plan: RowPlan
    row_path: str
    extras: tuple[str, ...] = ()
    outcome: RowResult | None = None
    overrides: dict[tuple[int, int], str] = field(default_factory=dict)

    @property
    def result(self) -> RowResult:
        """What the engine answered; only after the hop."""
        if self.outcome is None:
            raise RuntimeError("the row page has not been run yet")
        return self.outcome

    @property
    def row(self) -> tuple[Any, ...]:
        """The row's values; only after the hop."""
        return self.result.row or ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns in order."""
        return self.result.columns

    @property
    def own_path(self) -> tuple[str, str]:
        """The row's key as its values spell it, encoded and as text; an address may have ``05`` where the row has 5."""
        keys = self.table.primary_keys
        # Without a key the row begins with its rowid, which a view may spell in capitals.
        return row_path(self.row, [self.columns.index(name) for name in keys] if keys else [0])


async def open_row(
    site: Site,
    request: Request,
    database: SqliteDatabase,
    *,
    extras: tuple[str, ...] = (),
    wanted: Wanted = frozenset(),
    editing: bool = False,
) -> RowView:
    """Plan and read the row that the URL names (one hop).

    The permission is looked at before anything else, so that nobody learns
    what exists. Raises Forbidden, TableNotFound, RowNotFound, and BadRequest
    for a key with the wrong number of parts.
    """
    name = named(request, "table")
    access = await visible_table(site, request, database, name, editing=editing)
    catalog, table = await find_table(database, name)
    # Where a derived table's source is only known from the catalog, the answer may be another one now.
    if not access.allowed("view-table", database.name, name):
        raise Forbidden("You do not have permission to view this table")
    path = request.url_vars["pks"]
    plan = plan_row(
        catalog,
        table,
        path,
        settings=site.settings,
        visible=lambda other: access.allowed("view-table", database.name, other),
        database_config=site.config.database(database.name),
        wanted=wanted,
    )
    view = RowView(
        site=site,
        request=request,
        database=database,
        table=table,
        access=access,
        metadata=table_metadata(site, database.name, name),
        column_types=assigned_types(site, database.name, table),
        private=access.private("view-table", database.name, name),
        plan=plan,
        row_path=path,
        extras=extras,
    )
    view.outcome = await database.read(lambda reader: run_row(reader, plan), catalog=catalog)
    if view.outcome.row is None:
        hint = "It may have been deleted, or its key may be another one now."
        raise RowNotFound(database.name, name, plan.pk_values, hint=hint)
    return view
