"""One request for SQL, a person's or a stored query's: what was asked, and what came back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vitrina.dialect.parameters import unique_parameters
from vitrina.engine.protocols import Reader
from vitrina.errors import InvalidSQL, QueryInterrupted
from vitrina.execute.query import run_query
from vitrina.plan.model import QueryPlan, QueryResult
from vitrina.plan.query import plan_query
from vitrina.web.interrupted import interrupted
from vitrina.web.magic_parameters import magic_values

if TYPE_CHECKING:
    from vitrina.catalog.stored import StoredQuery
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.execute.permissions import Access
    from vitrina.http.request import Request
    from vitrina.web.site import Site


def _nothing() -> QueryResult:
    return QueryResult((), [], truncated=False)


@dataclass(slots=True)
class QueryView:
    """Everything that the output formats of a query page read.

    ``format`` is "" for HTML. ``sql`` is "" where none was given. ``values``
    are the parameters as the page shows them, in order; ``params`` what was
    bound. ``error`` is the engine's message where the statement failed.
    """

    site: Site
    request: Request
    database: SqliteDatabase
    access: Access
    format: str
    sql: str
    stored: StoredQuery | None = None
    private: bool = False
    extras: tuple[str, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    result: QueryResult = field(default_factory=_nothing)
    error: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the result's columns."""
        return self.result.columns

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """The rows, at most as many as the server gives to one query."""
        return self.result.rows

    @property
    def name(self) -> str | None:
        """The stored query's name, None for a person's SQL."""
        return self.stored.name if self.stored else None

    @property
    def is_write(self) -> bool:
        """True for a stored query that changes data."""
        return self.stored is not None and self.stored.is_write


def shown_parameters(sql: str, declared: tuple[str, ...] = ()) -> list[str]:
    """The parameters that a form asks for: those declared, else those of the SQL that do not begin with ``_``."""
    return list(declared) or [name for name in unique_parameters(sql) if not name.startswith("_")]


async def run(view: QueryView) -> None:
    """Run the view's SQL in one hop and keep the rows, or the engine's message in ``error``.

    Raises InvalidSQL for SQL of a person that is no reading statement,
    QueryInterrupted when it ran out of time, VitrinaError where a magic
    parameter has no value.
    """
    plan = await _plan(view)
    # A table that was made meanwhile takes the address of a stored query of its name.
    catalog = view.database.catalog if view.stored else None
    try:
        view.result = await view.database.read(lambda reader: _run(reader, plan, view.stored), catalog=catalog)
    except QueryInterrupted as error:
        raise interrupted(error, view.sql, html=not view.format) from error
    except InvalidSQL as error:
        view.error = error.message


async def _plan(view: QueryView) -> QueryPlan:
    stored = view.stored
    magic = await magic_values(view.site, view.request, unique_parameters(view.sql)) if stored else None
    try:
        plan = plan_query(
            view.sql,
            {key: view.request.args[key] for key in view.request.args},
            settings=view.site.settings,
            names=(stored.parameters or None) if stored else None,
            magic=magic,
            time_limit=view.request.args.get("_timelimit"),
            # A stored query was written by the site's owner, or looked at when it was stored.
            checked=stored is None,
        )
    except InvalidSQL as error:
        error.title = "Invalid SQL"
        raise
    view.values, view.params = dict(plan.shown_params), plan.params
    return plan


def _run(reader: Reader, plan: QueryPlan, stored: StoredQuery | None) -> QueryResult:
    if stored is None or not stored.is_trusted:
        return run_query(reader, plan)
    rows = reader.select(plan.sql, plan.params, time_limit_ms=plan.time_limit_ms, max_rows=plan.max_rows)
    return QueryResult(rows.columns, rows.rows, rows.truncated)
