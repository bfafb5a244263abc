"""From a request to the plan of a table page: what it names, who may see it, what it wants."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from vitrina.catalog.model import DatabaseCatalog, Table
from vitrina.config.settings import Settings
from vitrina.errors import Forbidden
from vitrina.plan.model import Wanted, Where
from vitrina.plan.table import plan_table
from vitrina.web.column_types import assigned_types
from vitrina.web.table.foreign import filters_from_plugins
from vitrina.web.table.view import TableView
from vitrina.web.target import current_catalog, table_in

if TYPE_CHECKING:
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.execute.permissions import Access
    from vitrina.http.request import Request
    from vitrina.web.site import Site

#: what any format of the page asks about
_ACTIONS = ("view-table", "execute-sql")
#: what the HTML page and the editing extras ask about beside that
_EDITING = (
    "view-table",
    "execute-sql",
    "insert-row",
    "update-row",
    "delete-row",
    "alter-table",
    "drop-table",
    "set-column-type",
)


async def find_table(database: SqliteDatabase, name: str) -> tuple[DatabaseCatalog, Table]:
    """The table or view called ``name`` and the catalog it stands in; a miss looks at the file again.

    Raises TableNotFound.
    """
    catalog = await database.ready()
    if catalog.get(name) is None:
        catalog = await current_catalog(database)
    return catalog, table_in(catalog, name)


async def visible_table(site: Site, request: Request, database: SqliteDatabase, name: str, *, editing: bool) -> Access:
    """What the actor may do, once it is certain that they may see the table.

    Raises Forbidden.
    """
    # Rules about derived tables are only known with the catalog.
    await database.ready()
    access = await site.permissions.load(request.actor, _EDITING if editing else _ACTIONS)
    if not access.allowed("view-table", database.name, name):
        raise Forbidden(
            "You do not have permission to view this table", hint="Signing in as somebody who may see it would help."
        )
    return access


def table_metadata(site: Site, database: str, table: str) -> dict[str, Any]:
    """Metadata of a table with the descriptions of its columns under ``columns``."""
    snapshot = site.store.snapshot
    return {**snapshot.resource_metadata(database, table), "columns": snapshot.column_descriptions(database, table)}


async def open_view(
    site: Site,
    request: Request,
    database: SqliteDatabase,
    name: str,
    *,
    format: str,
    extras: tuple[str, ...] = (),
    wanted: Wanted = frozenset(),
    pairs: Iterable[tuple[str, str]] | None = None,
    stable_order: bool = False,
    settings: Settings | None = None,
) -> TableView:
    """Plan the page of the table or view ``name``.

    ``pairs`` and ``settings`` replace those of the request and the site. Raises TableNotFound, Forbidden, and
    BadRequest for arguments that cannot be planned.
    """
    catalog, table = await find_table(database, name)
    editing = not format or "set_column_type_ui" in extras
    access = await visible_table(site, request, database, name, editing=editing)
    wheres: list[Where] = []
    context: dict[str, Any] = {}
    if site.hooks.has("filters_from_request"):
        wheres, context = await filters_from_plugins(site, request, database, name)
    page_limit = site.config.vitrina.get("page_time_limit_ms")
    plan = plan_table(
        catalog,
        table,
        tuple(request.pairs if pairs is None else pairs),
        settings=settings or site.settings,
        visible=lambda other: access.allowed("view-table", database.name, other),
        database_config=site.config.database(database.name),
        wanted=wanted,
        allow_sql=access.allowed("execute-sql", database.name) if "_where" in request.args else False,
        extra_wheres=wheres,
        known_count=database.known_count(name),
        page_time_limit_ms=float(page_limit) if page_limit else None,
        stable_order=stable_order,
    )
    return TableView(
        site=site,
        request=request,
        database=database,
        table=table,
        format=format,
        access=access,
        config=site.config.table(database.name, name),
        metadata=table_metadata(site, database.name, name),
        column_types=assigned_types(site, database.name, table),
        private=access.private("view-table", database.name, name),
        plan=plan,
        extras=extras,
        extra_context=context,
    )
