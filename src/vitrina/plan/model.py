"""The plans: what one page asks of an engine, as frozen data, and what came back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from vitrina.catalog.model import Column, DatabaseCatalog, IncomingForeignKey, Table

FacetType = Literal["column", "array", "date"]

#: What a page may want beside its rows: any of "count", "facets", "suggestions", "labels".
#: "labels" expands every foreign key unless ``_labels=off``; without it only
#: ``_labels=on`` and ``_label=COLUMN`` expand.
Wanted = frozenset[str]


@dataclass(frozen=True, slots=True)
class Where:
    """One condition: SQL text, its parameters, and its words for people (None: not described)."""

    sql: str
    params: Mapping[str, Any] = field(default_factory=dict)
    human: str | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """One column filter as the query string spells it (``column__operator=value``)."""

    column: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class TableArguments:
    """The query string of a table page, taken apart.

    ``filters`` are the column-filter pairs in order of parameter numbering,
    unknown operators included. ``special`` has every other key with its
    values in order of appearance.
    """

    filters: tuple[Filter, ...]
    special: Mapping[str, tuple[str, ...]]

    def first(self, key: str) -> str | None:
        """The first value of a special argument, or None."""
        values = self.special.get(key)
        return values[0] if values else None

    def all(self, key: str) -> tuple[str, ...]:
        """Every value of a special argument."""
        return self.special.get(key, ())


@dataclass(frozen=True, slots=True)
class FacetPlan:
    """One facet to compute.

    ``name`` is what the page calls it, ``key`` the key in the results (with
    ``_2``, ``_3`` where names repeat), ``source`` "metadata" (configuration,
    cannot be hidden) or "request". ``sql`` asks for one value more than ``size``.
    """

    type: FacetType
    column: str
    name: str
    key: str
    source: Literal["metadata", "request"]
    sql: str
    params: Mapping[str, Any]
    size: int
    time_limit_ms: float
    # how the values of a column facet get their labels
    label: LabelPlan | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One facet that a page could offer."""

    type: FacetType
    column: str


@dataclass(frozen=True, slots=True)
class SuggestionPlan:
    """Looks for possible facets.

    ``unordered_sql`` are the rows to look at, of which only the first ones
    are. ``column_candidates``, ``array_candidates`` and ``date_candidates``
    are the columns not already active as a facet of that type. The time limit
    is for one column.
    """

    unordered_sql: str
    params: Mapping[str, Any]
    column_candidates: tuple[str, ...]
    array_candidates: tuple[str, ...]
    date_candidates: tuple[str, ...]
    facet_size: int
    time_limit_ms: float


@dataclass(frozen=True, slots=True)
class LabelPlan:
    """Labels of one foreign-key column: look up ``label_column`` of ``other_table`` by ``other_column``.

    ``label_column`` None: the label is the value's own text, nothing is read.
    ``declared_table`` and ``declared_column`` are what the declaration of the
    key says: another case perhaps, and None for a column that it leaves out.
    """

    column: str
    other_table: str
    other_column: str
    label_column: str | None
    declared_table: str
    declared_column: str | None


@dataclass(frozen=True, slots=True)
class TablePlan:
    """Everything a table or view page asks of the engine in one trip.

    ``sql``/``params`` select one row more than ``page_size`` and are what
    ``_extra=query`` shows. ``columns`` are the selected names in order (with
    ``rowid`` first for rowid tables), ``pk_columns`` those that address a row
    (``("rowid",)`` for rowid tables, empty for views). ``unordered_sql`` is the
    statement facets look at (no order, no limit, with the condition of
    ``_next``). ``count_sql``/``count_params`` are the contract's visible text
    (without the condition of ``_next``); ``count_limited_sql`` what is run,
    None when no count is wanted. ``known_count`` is an exact count that needs
    no statement.
    """

    catalog: DatabaseCatalog
    table: Table
    arguments: TableArguments
    columns: tuple[str, ...]
    pk_columns: tuple[str, ...]
    sql: str
    params: Mapping[str, Any]
    unordered_sql: str
    page_size: int
    sort: str | None
    sort_desc: str | None
    next_token: str | None
    offset: int
    # filters, search, through, _where and plugins' conditions, in the order of the SQL; not the one of _next
    wheres: tuple[Where, ...]
    count_sql: str
    count_limited_sql: str | None
    count_params: Mapping[str, Any]
    # milliseconds: the rows; the count; and count, facets, labels and suggestions together
    time_limit_ms: float
    count_time_limit_ms: float
    rest_time_limit_ms: float
    known_count: int | None = None
    facets: tuple[FacetPlan, ...] = ()
    facet_size: int = 0
    suggestions: SuggestionPlan | None = None
    # the foreign keys to expand; the columns of all that were to be, also where there is nothing to find
    labels: tuple[LabelPlan, ...] = ()
    label_columns: tuple[str, ...] = ()
    # every foreign key that could be expanded for this actor, selected or not
    expandable: tuple[LabelPlan, ...] = ()
    # SQL that finds the sort value of the last row (parameters :pk0 …) where the sort column is not selected
    sort_value_sql: str | None = None
    # position of the sort column and of the pk columns in a row; None and () where they are not there
    sort_position: int | None = None
    pk_positions: tuple[int, ...] = ()
    # the only key is text and the pages follow it: the one case where a token may be empty
    text_key: bool = False
    # the columns of the table that are selected, in the order of ``columns`` (no entry for an added rowid)
    column_details: tuple[Column, ...] = ()
    sortable: frozenset[str] = frozenset()
    human_description: str = ""
    # the fragments of _where=
    extra_wheres: tuple[str, ...] = ()
    # the full-text table of this table, whether or not this request searches
    fts_table: str | None = None
    uses_untrusted_sql: bool = False


@dataclass(slots=True)
class FacetResult:
    """A computed facet: (value, count) pairs cut to the facet's size; ``labels`` value → label where there is one."""

    plan: FacetPlan
    values: list[tuple[Any, int]]
    truncated: bool
    labels: Mapping[Any, Any] = field(default_factory=dict)


@dataclass(slots=True)
class TableResult:
    """What came back for a :class:`TablePlan`.

    ``rows`` is already cut to the page size; ``next_token`` set when there are
    more. ``count`` None: not asked, or out of time; capped at 10,001 with
    ``count_truncated``. ``labels`` maps column → value → label, with entries
    only for values that have a label. ``timed_out`` names facets without a
    result. ``query_ms`` is the time of the statement for the rows.
    ``complete`` is False when something ran out of time: asked again, it may
    come out better.
    """

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    next_token: str | None = None
    count: int | None = None
    count_truncated: bool = False
    facets: list[FacetResult] = field(default_factory=list)
    timed_out: list[str] = field(default_factory=list)
    suggestions: list[Suggestion] = field(default_factory=list)
    labels: Mapping[str, Mapping[Any, Any]] = field(default_factory=dict)
    query_ms: float = 0.0
    complete: bool = True


@dataclass(frozen=True, slots=True)
class RowPlan:
    """One row by its key.

    ``pk_values`` are the decoded parts of the address, as text. ``incoming``
    are the foreign keys of other tables to count (those the actor may see),
    ``incoming_statements`` have one column per entry, in this order.
    """

    catalog: DatabaseCatalog
    table: Table
    pk_columns: tuple[str, ...]
    pk_values: tuple[str, ...]
    sql: str
    params: Mapping[str, Any]
    time_limit_ms: float
    incoming: tuple[IncomingForeignKey, ...] = ()
    incoming_statements: tuple[str, ...] = ()
    labels: tuple[LabelPlan, ...] = ()


@dataclass(slots=True)
class RowResult:
    """What came back for a :class:`RowPlan`; ``row`` None when there is no such row.

    ``incoming`` pairs each foreign key with the number of rows that point
    here; empty when counting ran out of time. ``columns`` is the select list,
    ``rowid`` included for rowid tables.
    """

    columns: tuple[str, ...]
    row: tuple[Any, ...] | None
    incoming: list[tuple[IncomingForeignKey, int]] = field(default_factory=list)
    labels: Mapping[str, Mapping[Any, Any]] = field(default_factory=dict)
    query_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """One SQL statement given by a person.

    ``params`` is what is bound; ``shown_params`` what ``_extra=query`` and
    forms show; ``names`` the parameters of the statement. At most ``max_rows``
    rows are fetched.
    """

    sql: str
    params: Mapping[str, Any]
    shown_params: Mapping[str, Any]
    names: tuple[str, ...]
    max_rows: int
    time_limit_ms: float


@dataclass(slots=True)
class QueryResult:
    """Rows of a :class:`QueryPlan`; ``truncated`` when there were more than its ``max_rows``."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    truncated: bool
    query_ms: float = 0.0
