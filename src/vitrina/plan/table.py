"""The plan of a table or view page: everything it asks of the engine, from the request and the catalog."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vitrina.catalog.model import DatabaseCatalog, Table
from vitrina.config.settings import Settings
from vitrina.dialect.select import column_list, escape, order_clause, select_page, select_unordered, where_clause
from vitrina.errors import BadRequest
from vitrina.plan.arguments import parse_arguments
from vitrina.plan.columns import all_columns, pk_columns_of, plan_columns
from vitrina.plan.conditions import describe, plan_conditions
from vitrina.plan.counts import plan_count
from vitrina.plan.facets import active_facets, facet_size, plan_facets
from vitrina.plan.keyset import parse_token, plan_keyset
from vitrina.plan.labels import plan_expandable, plan_labels, table_block
from vitrina.plan.limits import page_size, time_limit
from vitrina.plan.model import FacetPlan, LabelPlan, SuggestionPlan, TableArguments, TablePlan, Wanted, Where
from vitrina.plan.search import fts_table_of
from vitrina.plan.sorting import Sorting, plan_sorting, sortable_columns
from vitrina.plan.suggestions import plan_suggestions, suggestions_wanted


@dataclass(frozen=True, slots=True)
class _Page:
    """Where a page begins: the condition and offset that ``_next`` adds."""

    condition: str | None
    params: Mapping[str, Any]
    offset: int
    is_first: bool


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

    Raises BadRequest with the contract's messages, Forbidden for ``_where``,
    a search or ``_through`` that the actor may not use.
    """
    arguments = parse_arguments(pairs)
    table_config = table_block(database_config, table.name)
    columns = plan_columns(table, arguments.all("_col"), arguments.all("_nocol"))
    pk_columns = pk_columns_of(table)
    sortable = sortable_columns(table, table_config)
    sorting = plan_sorting(arguments, table_config, sortable)
    size = page_size(arguments.first("_size"), table_config, settings)
    wheres, filter_count = plan_conditions(
        catalog, table, arguments, table_config, visible=visible, allow_sql=allow_sql, extra_wheres=extra_wheres
    )
    count_params: dict[str, Any] = {}
    for where in wheres:
        count_params.update(where.params)
    page = _plan_page(arguments.first("_next"), table, pk_columns, sorting, number=len(count_params))
    params: Mapping[str, Any] = {**count_params, **page.params} if page.params else count_params

    conditions = [where.sql for where in wheres]
    count_where = where_clause(conditions)
    page_where = where_clause([*conditions, page.condition]) if page.condition else count_where
    with_tie_break = not sorting.column or stable_order or not page.is_first
    order = order_clause(
        sorting.column, descending=bool(sorting.descending), tie_break=pk_columns if with_tie_break else ()
    )
    count = plan_count(
        table.name,
        count_where,
        wanted="count" in wanted and not arguments.first("_nocount"),
        known_count=known_count,
    )
    expandable = plan_expandable(catalog, table, database_config)
    unordered_sql = select_unordered(column_list(all_columns(table)), table.name, page_where)
    extras = _plan_extras(
        catalog,
        table,
        arguments,
        table_config,
        wanted=wanted,
        settings=settings,
        visible=visible,
        expandable=expandable,
        unordered_sql=unordered_sql,
        params=params,
    )
    return TablePlan(
        catalog=catalog,
        table=table,
        arguments=arguments,
        columns=columns,
        pk_columns=pk_columns,
        sql=select_page(
            select_unordered(column_list(columns), table.name, page_where), order, size + 1, page.offset
        ),
        params=params,
        unordered_sql=unordered_sql,
        page_size=size,
        sort=sorting.ascending,
        sort_desc=sorting.descending,
        next_token=arguments.first("_next") or None,
        offset=page.offset,
        wheres=wheres,
        count_sql=count.sql,
        count_limited_sql=count.limited_sql,
        count_params=count_params,
        time_limit_ms=time_limit(arguments.first("_timelimit"), settings),
        count_time_limit_ms=settings.sql_time_limit_ms,
        rest_time_limit_ms=settings.sql_time_limit_ms if page_time_limit_ms is None else page_time_limit_ms,
        known_count=count.known,
        facets=extras.facets,
        facet_size=extras.facet_size,
        suggestions=extras.suggestions,
        labels=plan_labels(catalog, expandable, columns, arguments, visible, default="labels" in wanted),
        expandable=expandable,
        sort_value_sql=_sort_value_sql(table, pk_columns, sorting, columns),
        sort_position=columns.index(sorting.column) if sorting.column in columns else None,
        pk_positions=tuple([columns.index(name) for name in pk_columns]),
        column_details=tuple([table.column_by_name[name] for name in columns if name in table.column_by_name]),
        sortable=sortable,
        human_description=describe(wheres, filter_count, sorting),
        extra_wheres=arguments.all("_where"),
        fts_table=fts_table_of(table, table_config),
        uses_untrusted_sql="_where" in arguments.special,
    )


def _plan_page(
    token: str | None, table: Table, pk_columns: Sequence[str], sorting: Sorting, *, number: int
) -> _Page:
    if not token:
        return _Page(None, {}, 0, is_first=True)
    if table.is_view:
        try:
            return _Page(None, {}, int(token), is_first=False)
        except ValueError as error:
            raise BadRequest(str(error), hint="The pages of a view are counted by rows.") from error
    condition, params = plan_keyset(
        parse_token(token, sorted_by_column=sorting.column is not None),
        pk_columns,
        sort=sorting.column,
        descending=sorting.descending is not None,
        number=number,
    )
    return _Page(condition, params, 0, is_first=False)


def _sort_value_sql(
    table: Table, pk_columns: Sequence[str], sorting: Sorting, columns: Sequence[str]
) -> str | None:
    """Finds the sort value of a row by its key, for the token, where the sort column is not selected."""
    if sorting.column is None or sorting.column in columns or not pk_columns:
        return None
    key = " and ".join([f"{escape(name)} = :pk{position}" for position, name in enumerate(pk_columns)])
    return f"select {escape(sorting.column)} from {escape(table.name)} where {key}"


@dataclass(frozen=True, slots=True)
class _Extras:
    facets: tuple[FacetPlan, ...]
    facet_size: int
    suggestions: SuggestionPlan | None


def _plan_extras(
    catalog: DatabaseCatalog,
    table: Table,
    arguments: TableArguments,
    table_config: Mapping[str, Any],
    *,
    wanted: Wanted,
    settings: Settings,
    visible: Callable[[str], bool],
    expandable: Sequence[LabelPlan],
    unordered_sql: str,
    params: Mapping[str, Any],
) -> _Extras:
    """Facets and suggestions, where the page wants them."""
    active = active_facets(arguments, table_config, settings)
    size = facet_size(arguments, table_config, settings)
    facets: tuple[FacetPlan, ...] = ()
    if active and "facets" in wanted and not arguments.first("_nofacet"):
        facets = plan_facets(
            catalog,
            table,
            active,
            unordered_sql=unordered_sql,
            params=params,
            size=size,
            settings=settings,
            labels=expandable,
            visible=visible,
        )
    suggestions = None
    if "suggestions" in wanted and suggestions_wanted(arguments, settings):
        suggestions = plan_suggestions(
            all_columns(table),
            active,
            unordered_sql=unordered_sql,
            params=params,
            facet_size=size,
            settings=settings,
        )
    return _Extras(facets, size, suggestions)
