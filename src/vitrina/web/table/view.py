"""One request for a table page: what was asked, decided and planned, and what came back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vitrina.catalog.model import Table
from vitrina.http.paths import path_with_replaced_args
from vitrina.plan.model import TablePlan, TableResult
from vitrina.tilde import tilde_encode
from vitrina.web.absolute import absolute_url
from vitrina.web.table.labels import expand_labels

if TYPE_CHECKING:
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.execute.permissions import Access
    from vitrina.http.request import Request
    from vitrina.web.column_types import TypedColumn
    from vitrina.web.site import Site


@dataclass(slots=True)
class TableView:
    """Everything that the output formats and extras of a table page read.

    ``format`` is "" for HTML. ``foreign_facets`` and ``overrides`` (rendered
    cells by row and column) are filled by plugins, where there are any, after
    the rows came back; ``output_rows`` replaces the rows of JSON when a column
    type transforms values.
    """

    site: Site
    request: Request
    database: SqliteDatabase
    table: Table
    format: str
    access: Access
    config: Mapping[str, Any]
    metadata: Mapping[str, Any]
    column_types: Mapping[str, TypedColumn]
    private: bool
    plan: TablePlan
    extras: tuple[str, ...] = ()
    extra_context: dict[str, Any] = field(default_factory=dict)
    outcome: TableResult | None = None
    foreign_facets: list[dict[str, Any]] = field(default_factory=list)
    foreign_suggestions: list[dict[str, Any]] = field(default_factory=list)
    early_facets: list[dict[str, Any]] = field(default_factory=list)
    early_suggestions: list[dict[str, Any]] = field(default_factory=list)
    foreign_timed_out: list[str] = field(default_factory=list)
    overrides: dict[tuple[int, int], str] = field(default_factory=dict)
    foreign_renderers: dict[str, str] = field(default_factory=dict)
    output_rows: Sequence[Sequence[Any]] | None = None

    @property
    def result(self) -> TableResult:
        """What the engine answered; only after the hop."""
        if self.outcome is None:
            raise RuntimeError("the table page has not been run yet")
        return self.outcome

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table.name

    @property
    def columns(self) -> tuple[str, ...]:
        """The selected columns in order, as they came back once the page was run."""
        return self.plan.columns if self.outcome is None else self.outcome.columns

    @property
    def rows(self) -> Sequence[Sequence[Any]]:
        """The rows as JSON shows them."""
        return self.result.rows if self.output_rows is None else self.output_rows

    def expanded_rows(self) -> list[Sequence[Any]]:
        """The rows with the values of foreign keys that have labels as ``{"value", "label"}``."""
        return expand_labels(self.columns, self.result.rows, self.result.labels)

    @property
    def selected_rows(self) -> Sequence[Sequence[Any]]:
        """The rows under the names of ``plan.columns``.

        They differ from ``columns`` where a table has a column called
        ``rowid`` beside the one that was added: JSON has one of them.
        """
        names, result = self.plan.columns, self.result
        if len(names) == len(result.columns):
            return result.rows
        places = [result.columns.index(name) for name in names]
        return [[row[place] for place in places] for row in result.rows]

    @property
    def column_metadata(self) -> Mapping[str, str]:
        """Column → description."""
        columns: Mapping[str, str] = self.metadata.get("columns") or {}
        return columns

    def absolute(self, path: str) -> str:
        """``path`` with scheme and host."""
        return absolute_url(self.site, self.request, path)

    def next_url(self) -> str | None:
        """The absolute address of the next page, None on the last one."""
        token = self.result.next_token
        if token is None:
            return None
        replaced: dict[str, Any] = {"_next": token}
        # The token of a view is an offset and says nothing about the order.
        if self.plan.sort and not self.table.is_view:
            replaced["_sort"] = self.plan.sort
        elif self.plan.sort_desc and not self.table.is_view:
            replaced["_sort_desc"] = self.plan.sort_desc
        return self.absolute(path_with_replaced_args(self.request, replaced))


def row_path(row: Sequence[Any], positions: Sequence[int]) -> tuple[str, str]:
    """The tilde-encoded path of a row, and the same as people read it."""
    values = [str(row[position]) for position in positions]
    return ",".join([tilde_encode(value) for value in values]), ",".join(values)
