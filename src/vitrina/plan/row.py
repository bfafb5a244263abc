"""The plan of a row page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vitrina.catalog.model import DatabaseCatalog, IncomingForeignKey, Table
from vitrina.config.settings import Settings
from vitrina.dialect.quoting import quote_identifier
from vitrina.dialect.select import escape
from vitrina.errors import BadRequest, RowNotFound
from vitrina.plan.columns import pk_columns_of
from vitrina.plan.labels import plan_expandable, usable
from vitrina.plan.model import RowPlan, Wanted
from vitrina.tilde import tilde_decode

# Counts per statement: an engine limits the results of a statement and the depth of its expressions.
_COUNTS = 200


def plan_row(
    catalog: DatabaseCatalog,
    table: Table,
    pk_path: str,
    *,
    settings: Settings,
    visible: Callable[[str], bool],
    database_config: Mapping[str, Any] | None = None,
    wanted: Wanted = frozenset(),
) -> RowPlan:
    """Plan the row at ``pk_path``: its key as it stands in the path, tilde-encoded parts joined by commas.

    ``wanted`` may hold "incoming" (count rows of other tables that point here)
    and "labels" (labels of its foreign keys).

    Raises RowNotFound for a view without a column ``rowid``, BadRequest when the number of parts is wrong.
    """
    pk_columns = pk_columns_of(table) or ("rowid",)
    pk_values = tuple([tilde_decode(part) for part in pk_path.split(",")])
    if len(pk_values) != len(pk_columns):
        raise BadRequest("URL row identifier does not match the primary key for this table")
    # A view that fails has no columns that are known; the statement tells why.
    if table.is_view and table.columns and "rowid" not in map(str.lower, table.column_by_name):
        raise RowNotFound(catalog.name, table.name, pk_values, hint="The rows of a view have no pages of their own.")
    condition = " AND ".join([f"{quote_identifier(name)}=:p{number}" for number, name in enumerate(pk_columns)])
    incoming: tuple[IncomingForeignKey, ...] = ()
    if "incoming" in wanted and len(pk_columns) == 1:
        incoming = tuple([key for key in table.incoming if visible(key.other_table)])
    labels = plan_expandable(catalog, table, database_config) if "labels" in wanted else ()
    return RowPlan(
        catalog=catalog,
        table=table,
        pk_columns=pk_columns,
        pk_values=pk_values,
        sql=f"select {'' if table.primary_keys else 'rowid, '}* from {escape(table.name)} where {condition}",
        params={f"p{number}": value for number, value in enumerate(pk_values)},
        time_limit_ms=settings.sql_time_limit_ms,
        incoming=incoming,
        incoming_statements=_count_statements(table, condition, incoming),
        labels=tuple([label for label in labels if usable(catalog, label, visible)]),
    )


def _count_statements(table: Table, condition: str, incoming: Sequence[IncomingForeignKey]) -> tuple[str, ...]:
    """Statements with one count per foreign key; the value pointed to is read from the row, with its type."""
    statements: list[str] = []
    for start in range(0, len(incoming), _COUNTS):
        counts = ", ".join(
            [
                f"(select count(*) from {escape(key.other_table)} "
                f"where {escape(key.other_column)} = target.{escape(key.column)})"
                for key in incoming[start : start + _COUNTS]
            ]
        )
        statements.append(f"select {counts} from {escape(table.name)} as target where {condition}")
    return tuple(statements)
