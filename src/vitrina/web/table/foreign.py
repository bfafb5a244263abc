"""What plugins add to a table page: facets, cells, formats, changed values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from markupsafe import escape

from vitrina.hooks.blame import blaming
from vitrina.hooks.calling import settled
from vitrina.hooks.manager import items_of
from vitrina.plan.model import RowPlan, TablePlan, Where
from vitrina.render.rows import CustomRow
from vitrina.web.contributions import is_markup, note_markup
from vitrina.web.loop_turns import LoopTurns
from vitrina.web.output_renderers import Rendered, linkable_renderers, output_renderers, sqlite_rows
from vitrina.web.table.columns import link_column_position
from vitrina.web.table.view import TableView

if TYPE_CHECKING:
    from vitrina.catalog.model import Table
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.http.request import Request
    from vitrina.web.column_types import TypedColumn
    from vitrina.web.site import Site


class CellsOwner(Protocol):
    """A page whose cells plugins may render: a table or row page."""

    @property
    def site(self) -> Site: ...
    @property
    def request(self) -> Request: ...
    @property
    def database(self) -> SqliteDatabase: ...
    @property
    def table(self) -> Table: ...
    @property
    def plan(self) -> TablePlan | RowPlan: ...
    @property
    def column_types(self) -> Mapping[str, TypedColumn]: ...


_OWN_FACETS = ("column", "array", "date")
_FACETS_KEY = "facet_classes"
_FILTERS = "filters_from_request"


class FacetKind(NamedTuple):
    """A facet class of a plugin; ``early``: its facets stand before the built-in ones."""

    facet_class: Any
    early: bool
    plugin: str


def facet_classes(site: Site) -> list[FacetKind]:
    """Facet classes that plugins registered."""
    found: list[FacetKind]
    number, found = site.state.get(_FACETS_KEY, (None, []))
    if number != site.hooks.plugins_registered:
        early = site.hooks.before_built_in("register_facet_classes")
        named = site.hooks.call_named("register_facet_classes")
        # Those of a directory come before the built-in ones, as they are called before them.
        found = [
            FacetKind(each, plugin in early, plugin)
            for plugin, answer in named
            for each in items_of(answer)
            if each.type not in _OWN_FACETS
        ]
        site.state[_FACETS_KEY] = (site.hooks.plugins_registered, found)
    return found


async def filters_from_plugins(
    site: Site, request: Request, database: SqliteDatabase, table: str
) -> tuple[list[Where], dict[str, Any]]:
    """Conditions that plugins add, and context for the page's template."""
    wheres: list[Where] = []
    context: dict[str, Any] = {}
    for plugin, answer in await site.hooks.gather_named(
        _FILTERS, request=request, database=database.name, table=table, datasette=site.facade
    ):
        if not answer:
            continue
        with blaming(plugin, _FILTERS):
            humans = list(answer.human_descriptions or [])
            params = dict(answer.params or {})
            for clause in answer.where_clauses:
                wheres.append(Where(clause, params, humans.pop(0) if humans else None))
                params = {}
            added = dict(answer.extra_context or {})
        if "metadata" in added or any(is_markup(value) or callable(value) for value in added.values()):
            note_markup(request, plugin, _FILTERS)
        context.update(added)
    return wheres, context


def needs_cells(view: TableView) -> bool:
    """Whether a plugin may render some of the cells."""
    return view.site.hooks.has("render_cell") or any(typed.built_in is None for typed in view.column_types.values())


def needs_foreign(view: TableView, *, cells: bool) -> bool:
    """Whether plugins have work to do between the hop and the answer."""
    return bool(
        facet_classes(view.site)
        or output_renderers(view.site)
        or (cells and needs_cells(view))
        or any(typed.built_in is None for typed in view.column_types.values())
    )


async def add_facets(view: TableView, *, results: bool, suggest: bool) -> None:
    """Compute plugins' facets; every registered class is asked."""
    plan = view.plan
    for facet_class, early, plugin in facet_classes(view.site):
        with blaming(plugin, "register_facet_classes"):
            facet = facet_class(
                view.site.facade,
                view.request,
                view.database.name,
                sql=plan.unordered_sql,
                table=view.name,
                params=dict(plan.params) or [],
                table_config=dict(view.config),
                row_count=view.result.count,
            )
            if results:
                found, timed_out = await facet.facet_results()
                (view.early_facets if early else view.foreign_facets).extend(found)
                view.foreign_timed_out.extend(timed_out)
            if suggest:
                (view.early_suggestions if early else view.foreign_suggestions).extend(await facet.suggest())


async def add_renderers(view: TableView) -> None:
    """Find out which plugin formats are linked from the page."""
    if output_renderers(view.site):
        page = rendered_page(view)
        view.foreign_renderers = dict.fromkeys(await linkable_renderers(view.site, view.request, page), "")


def rendered_page(view: TableView) -> Rendered:
    """The page as output renderers see it."""
    return Rendered(
        columns=list(view.columns),
        rows=_hook_rows(view),
        sql=view.plan.sql,
        query_name=None,
        database=view.database.name,
        table=view.name,
        view_name="table",
    )


def _hook_rows(view: TableView) -> list[Any]:
    """The rows as hooks get them: those of the driver, but where foreign keys have labels rows that hold these."""
    if any(view.result.labels.values()):
        return [CustomRow(view.columns, row) for row in view.expanded_rows()]
    return list(sqlite_rows(view.columns, view.result.rows))


async def add_cells(view: TableView, *, skip_link: bool) -> None:
    """Ask column types and the ``render_cell`` hook for the cells they want, one by one."""
    site, columns = view.site, view.columns
    hooked = site.hooks.has("render_cell")
    foreign = {index for index, name in enumerate(columns) if _is_foreign(view, name)}
    skipped = link_column_position(columns, view.plan.pk_columns, view.table) if skip_link else None
    turns = LoopTurns()
    for position, row in enumerate(_hook_rows(view)):
        await turns.give()
        for index, name in enumerate(columns):
            if index == skipped or not (hooked or index in foreign):
                continue
            html = await render_cell(view, row, row[index], name, hooked=hooked)
            if html:
                view.overrides[position, index] = html


def _is_foreign(view: TableView, name: str) -> bool:
    typed = view.column_types.get(name)
    return typed is not None and typed.built_in is None


async def render_cell(view: CellsOwner, row: Any, value: Any, column: str, *, hooked: bool) -> str | None:
    """One cell: the column type first, then the hook's first answer; empty or None where nobody renders it."""
    typed = view.column_types.get(column)
    if typed is not None:
        answer = await typed.kind.render_cell(
            value, column, view.table.name, view.database.name, view.site.facade, view.request
        )
        if answer is not None:
            if typed.built_in is None and is_markup(answer):
                note_markup(view.request, typed.kind.__class__.__module__, "register_column_types")
            return str(escape(answer))
    if not hooked:
        return None
    for plugin, result in view.site.hooks.call_unsettled(
        "render_cell",
        row=row,
        value=value,
        column=column,
        table=view.table.name,
        pks=list(view.plan.pk_columns),
        database=view.database.name,
        datasette=view.site.facade,
        request=view.request,
        column_type=typed.kind if typed else None,
    ):
        answer = result if type(result) is str else await settled("render_cell", plugin, result)
        if answer is not None:
            if is_markup(answer):
                note_markup(view.request, plugin, "render_cell")
            # False and 0 leave the cell as it is, as nothing at all does.
            return str(escape(answer or ""))
    return None


def rendered_cells(view: TableView) -> list[dict[str, str]]:
    """The ``render_cell`` extra: for each row the cells that a column type or plugin rendered.

    A value that has a label is a link to its row, whatever the type of its column.
    """
    built_in = [
        (index, name, view.column_types[name].built_in, view.result.labels.get(name) or ())
        for index, name in enumerate(view.columns)
        if name in view.column_types
    ]
    rendered: list[dict[str, str]] = []
    for position, row in enumerate(view.result.rows):
        cells: dict[str, str] = {}
        for index, name, kind, labelled in built_in:
            html = kind.html(row[index]) if kind is not None and row[index] not in labelled else None
            if html is not None:
                cells[name] = html
        for index, name in enumerate(view.columns):
            if (position, index) in view.overrides:
                cells.setdefault(name, view.overrides[position, index])
        rendered.append(cells)
    return rendered


async def transform_values(view: TableView) -> None:
    """Let plugins' column types replace values of JSON output."""
    foreign = [(index, view.column_types[name]) for index, name in enumerate(view.columns) if _is_foreign(view, name)]
    if not foreign:
        return
    rows = [list(row) for row in view.expanded_rows()]
    for row in rows:
        for index, typed in foreign:
            row[index] = await typed.kind.transform_value(row[index], view.site.facade)
    view.output_rows = rows
