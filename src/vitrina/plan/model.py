"""The plans: what one page asks of an engine, as frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from vitrina.catalog.model import Column, DatabaseCatalog, Table

FacetType = Literal["column", "array", "date"]


@dataclass(frozen=True, slots=True)
class Where:
    """One condition: SQL text, its parameters, and its words for people (None: not described)."""

    sql: str
    params: Mapping[str, Any] = field(default_factory=dict)
    human: str | None = None


@dataclass(frozen=True, slots=True)
class FacetPlan:
    """One facet to compute.

    ``name`` is what the page calls it, ``source`` "metadata" or "request".
    """

    type: FacetType
    column: str
    name: str
    source: Literal["metadata", "request"]
    sql: str
    params: Mapping[str, Any]
    time_limit_ms: float
    # the foreign key used to label the values of a column facet
    label_of: str | None = None


@dataclass(frozen=True, slots=True)
class SuggestionPlan:
    """One possible facet to look at."""

    type: FacetType
    column: str
    sql: str
    params: Mapping[str, Any]
    time_limit_ms: float


@dataclass(frozen=True, slots=True)
class LabelPlan:
    """Labels of one foreign-key column: look up ``label_column`` of ``other_table`` by ``other_column``.

    ``label_column`` None: the label is the value's own text.
    """

    column: str
    other_table: str
    other_column: str
    label_column: str | None


@dataclass(frozen=True, slots=True)
class TablePlan:
    """Everything a table or view page asks of the engine in one trip.

    ``sql``/``params`` select one row more than ``page_size``. ``columns`` are
    the selected names in order (with ``rowid`` first for rowid tables).
    ``count_sql`` is the contract's visible text; ``count_limited_sql`` what is
    really run. Everything else a page shows is derived from these fields.
    """

    catalog: DatabaseCatalog
    table: Table
    columns: tuple[str, ...]
    pk_columns: tuple[str, ...]
    sql: str
    params: Mapping[str, Any]
    page_size: int
    sort: str | None
    sort_desc: str | None
    next_token: str | None
    offset: int
    wheres: tuple[Where, ...]
    # conditions without the one that `_next` adds, for counts
    count_sql: str
    count_limited_sql: str | None
    count_params: Mapping[str, Any]
    time_limit_ms: float
    facets: tuple[FacetPlan, ...] = ()
    suggestions: tuple[SuggestionPlan, ...] = ()
    labels: tuple[LabelPlan, ...] = ()
    # SQL that finds the sort value of the last row where the sort column is not selected
    sort_value_sql: str | None = None
    column_details: tuple[Column, ...] = ()
    human_description: str = ""
    extra_wheres: tuple[str, ...] = ()
    uses_untrusted_sql: bool = False


@dataclass(slots=True)
class FacetResult:
    plan: FacetPlan
    # (value, count), already cut to the facet size
    values: list[tuple[Any, int]]
    truncated: bool
    labels: Mapping[Any, Any] = field(default_factory=dict)


@dataclass(slots=True)
class TableResult:
    """What came back for a :class:`TablePlan`.

    ``rows`` is already cut to the page size; ``next_token`` set when there are
    more. ``count`` None: not asked, or out of time; capped at 10,001 with
    ``count_truncated``. ``labels`` maps column → value → label.
    ``timed_out`` names facets without a result.
    """

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    next_token: str | None = None
    count: int | None = None
    count_truncated: bool = False
    facets: list[FacetResult] = field(default_factory=list)
    timed_out: list[str] = field(default_factory=list)
    suggestions: list[SuggestionPlan] = field(default_factory=list)
    labels: Mapping[str, Mapping[Any, Any]] = field(default_factory=dict)
    query_ms: float = 0.0
