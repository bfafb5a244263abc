"""The plan of a table or view page: everything it asks of the engine, from the request and the catalog."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vitrina.catalog.model import DatabaseCatalog, Table
from vitrina.config.settings import Settings
from vitrina.plan.model import TablePlan, Wanted, Where


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
    raise NotImplementedError
