"""The plan of a table or view page: everything it asks of the engine, from the request and the catalog."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vitrina.catalog.affinity import SQLiteType
from vitrina.catalog.model import DatabaseCatalog, Table
from vitrina.config.settings import Settings
from vitrina.plan.arguments import parse_arguments
from vitrina.plan.columns import all_columns, pk_columns_of, plan_columns
from vitrina.plan.conditions import Conditions, describe, plan_conditions
from vitrina.plan.facets import active_facets, facet_size, plan_facets
from vitrina.plan.keyset import effective_token
from vitrina.plan.labels import asked_labels, plan_expandable, table_block, usable
from vitrina.plan.limits import page_size, time_limit
from vitrina.plan.model import FacetPlan, LabelPlan, SuggestionPlan, TableArguments, TablePlan, Wanted, Where
from vitrina.plan.search import fts_table_of
from vitrina.plan.sorting import Sorting, plan_sorting, sortable_columns
from vitrina.plan.statements import Statements, plan_statements
from vitrina.plan.suggestions import plan_suggestions, suggestions_wanted


@dataclass(frozen=True, slots=True)
class _Request:
    """What every part of the plan is made from."""

    catalog: DatabaseCatalog
    table: Table
    arguments: TableArguments
    settings: Settings
    table_config: Mapping[str, Any]
    visible: Callable[[str], bool]
    wanted: Wanted
    expandable: tuple[LabelPlan, ...]


@dataclass(frozen=True, slots=True)
class _Extras:
    """Facets and suggestions, where the page wants them."""

    facets: tuple[FacetPlan, ...]
    facet_size: int
    suggestions: SuggestionPlan | None


def plan_table(
    catalog: DatabaseCatalog,
    table: Table,
    pairs: Sequence[tuple[str, str]],
    *,
    settings: Settings,
    visible: Callable[[str], bool],
    database_config: Mapping[str, Any] | None = None,
    wanted: Wanted = frozenset(),
    allow_sql: bool = False,
    extra_wheres: Sequence[Where] = (),
    known_count: int | None = None,
    page_time_limit_ms: float | None = None,
    stable_order: bool = False,
) -> TablePlan:
    """Plan a page of ``table``.

    ``pairs`` is the decoded query string in its order. ``database_config`` is
    ``config.database(name)``. ``visible(name)`` tells whether the actor may
    view another table of this database. ``wanted`` says what the page needs
    beside its rows (see :data:`vitrina.plan.model.Wanted`); ``_nocount``,
    ``_nofacet``, ``_nosuggest`` and the settings are taken off here.
    ``allow_sql`` admits ``_where=``. ``extra_wheres`` are plugins' conditions.
    ``known_count`` is the exact number of rows of an immutable table.
    ``page_time_limit_ms`` is for count, facets, labels and suggestions
    together (None: ``sql_time_limit_ms``). ``stable_order`` breaks ties by the
    primary key on the first page too.

    Raises BadRequest with the contract's messages, ArgumentNotAllowed for
    ``_where``, and Forbidden for a search or ``_through`` that the actor may
    not use.
    """
    arguments = parse_arguments(pairs)
    table_config = table_block(database_config, table.name)
    expandable = plan_expandable(catalog, table, database_config) if table.single_foreign_keys else ()
    request = _Request(catalog, table, arguments, settings, table_config, visible, wanted, expandable)
    # Of several faults the contract names the first in this order: columns, conditions, sorting.
    columns = plan_columns(table, arguments.all("_col"), arguments.all("_nocol"))
    conditions = plan_conditions(
        catalog, table, arguments, table_config, visible=visible, allow_sql=allow_sql, extra_wheres=extra_wheres
    )
    sortable = sortable_columns(table, table_config)
    sorting = plan_sorting(arguments, table_config, sortable)
    statements = plan_statements(
        table,
        columns=columns,
        sorting=sorting,
        size=page_size(arguments.first("_size"), table_config, settings),
        token=effective_token(arguments.first("_next"), text_key=_follows_text_key(table, sorting)),
        conditions=conditions,
        count_wanted="count" in wanted and not arguments.first("_nocount"),
        known_count=known_count,
        stable_order=stable_order,
    )
    rest_limit = settings.sql_time_limit_ms if page_time_limit_ms is None else page_time_limit_ms
    return _assemble(request, conditions, statements, sortable, _plan_extras(request, statements), rest_limit)


def _follows_text_key(table: Table, sorting: Sorting) -> bool:
    keys = table.primary_keys
    if sorting.column is not None or len(keys) != 1:
        return False
    return SQLiteType.from_declared_type(table.column_by_name[keys[0]].type) is SQLiteType.TEXT


def _plan_extras(request: _Request, statements: Statements) -> _Extras:
    arguments, settings, table = request.arguments, request.settings, request.table
    active = active_facets(arguments, request.table_config, settings)
    size = facet_size(arguments, request.table_config, settings)
    facets: tuple[FacetPlan, ...] = ()
    if active and "facets" in request.wanted and not arguments.first("_nofacet"):
        facets = plan_facets(
            request.catalog,
            table,
            active,
            unordered_sql=statements.unordered_sql,
            params=statements.params,
            size=size,
            settings=settings,
            labels=request.expandable,
            visible=request.visible,
        )
    suggestions = None
    if "suggestions" in request.wanted and suggestions_wanted(arguments, settings):
        suggestions = plan_suggestions(
            all_columns(table),
            active,
            unordered_sql=statements.unordered_sql,
            params=statements.params,
            facet_size=size,
            settings=settings,
        )
    return _Extras(facets, size, suggestions)


def _assemble(
    request: _Request,
    conditions: Conditions,
    statements: Statements,
    sortable: frozenset[str],
    extras: _Extras,
    rest_time_limit_ms: float,
) -> TablePlan:
    table, arguments, settings = request.table, request.arguments, request.settings
    columns, sorting = statements.columns, statements.sorting
    labels = _labels(request, columns)
    return TablePlan(
        catalog=request.catalog,
        table=table,
        arguments=arguments,
        columns=columns,
        pk_columns=pk_columns_of(table),
        sql=statements.sql,
        params=statements.params,
        unordered_sql=statements.unordered_sql,
        page_size=statements.size,
        sort=sorting.ascending,
        sort_desc=sorting.descending,
        next_token=arguments.first("_next") or None,
        offset=statements.offset,
        text_key=_follows_text_key(table, sorting),
        wheres=conditions.wheres,
        count_sql=statements.count.sql,
        count_limited_sql=statements.count.limited_sql,
        count_params=conditions.params,
        time_limit_ms=time_limit(arguments.first("_timelimit"), settings),
        count_time_limit_ms=settings.sql_time_limit_ms,
        rest_time_limit_ms=rest_time_limit_ms,
        known_count=statements.count.known,
        facets=extras.facets,
        facet_size=extras.facet_size,
        suggestions=extras.suggestions,
        labels=tuple([label for label in labels if usable(request.catalog, label, request.visible)]),
        label_columns=tuple([label.column for label in labels]),
        expandable=request.expandable,
        sort_value_sql=statements.sort_value_sql,
        sort_position=_position(columns, sorting),
        pk_positions=statements.pk_positions,
        column_details=tuple([table.column_by_name[name] for name in columns if name in table.column_by_name]),
        sortable=sortable,
        human_description=describe(conditions, sorting),
        extra_wheres=arguments.all("_where"),
        fts_table=fts_table_of(table, request.table_config),
        uses_untrusted_sql="_where" in arguments.special,
    )


def _labels(request: _Request, columns: Sequence[str]) -> tuple[LabelPlan, ...]:
    if not request.expandable:
        return ()
    return asked_labels(request.expandable, columns, request.arguments, default="labels" in request.wanted)


def _position(columns: Sequence[str], sorting: Sorting) -> int | None:
    return columns.index(sorting.column) if sorting.column in columns else None
