"""What ``_where``, ``_search`` and ``_through`` add to a table page, in the form of the filters hook."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from vitrina.errors import ArgumentNotAllowed, BadRequest
from vitrina.facade.views import DatasetteError
from vitrina.http.paths import path_with_removed_args
from vitrina.plan.arguments import parse_arguments
from vitrina.plan.model import Where
from vitrina.plan.search import fts_table_of, plan_search
from vitrina.plan.through import plan_through
from vitrina.web.table.filter_arguments import FilterArguments

Inner = Callable[[], Awaitable[FilterArguments]]


def where_filters(request: Any, database: str, datasette: Any) -> Inner:
    """SQL fragments of ``_where``; DatasetteError where the actor may not run SQL."""

    async def inner() -> FilterArguments:
        fragments = list(request.args.getlist("_where"))
        if fragments and not await _may(datasette, request, "execute-sql", database):
            raise DatasetteError(ArgumentNotAllowed("_where= is not allowed").message, status=403)
        shown = [{"text": text, "remove_url": path_with_removed_args(request, {"_where": text})} for text in fragments]
        return FilterArguments(fragments, extra_context={"extra_wheres_for_ui": shown})

    return inner


def search_filters(request: Any, database: str, table: str, datasette: Any) -> Inner:
    """Full-text search. Raises BadRequest, Forbidden."""

    async def inner() -> FilterArguments:
        catalog = await datasette.get_database(database).engine.ready()
        found = catalog.get(table)
        config = await datasette.table_config(database, table)
        if found is None:
            return FilterArguments([])
        access = await datasette.site.permissions.load(request.actor, ("view-table",))
        wheres = plan_search(
            catalog,
            found,
            parse_arguments(request.pairs),
            config,
            lambda name: access.allowed("view-table", database, name),
        )
        context: dict[str, Any] = {"supports_search": bool(fts_table_of(found, config))}
        for where in wheres:
            context["search"] = next(iter(where.params.values()))
        return _arguments(wheres, context)

    return inner


def through_filters(request: Any, database: str, table: str, datasette: Any) -> Inner:
    """Rows that another table's rows point to. Raises DatasetteError, Forbidden and ValueError."""

    async def inner() -> FilterArguments:
        values = request.args.getlist("_through")
        for value in values:
            json.loads(value)
        catalog = await datasette.get_database(database).engine.ready()
        found = catalog.get(table)
        if found is None or not values:
            return FilterArguments([])
        access = await datasette.site.permissions.load(request.actor, ("view-table",))
        try:
            wheres = plan_through(catalog, found, values, lambda name: access.allowed("view-table", database, name), 0)
        except BadRequest as error:
            raise DatasetteError(error.message, status=400) from error
        return _arguments(wheres, {})

    return inner


async def _may(datasette: Any, request: Any, action: str, database: str) -> bool:
    access = await datasette.site.permissions.load(request.actor, (action,))
    return bool(access.allowed(action, database))


def _arguments(wheres: list[Where], context: dict[str, Any]) -> FilterArguments:
    params: dict[str, Any] = {}
    for where in wheres:
        params.update(where.params)
    return FilterArguments(
        [where.sql for where in wheres], params, [where.human for where in wheres if where.human], context
    )
