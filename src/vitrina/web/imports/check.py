"""Column types of the table that an import writes to: every value is validated before any is written."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from vitrina.catalog.model import Table
from vitrina.errors import InvalidBody
from vitrina.web.column_types import assigned_types

if TYPE_CHECKING:
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.execute.imports.load import Check
    from vitrina.plan.imports.model import ImportPlan
    from vitrina.web.site import Site

_ROWS = 500
_REFUSED_MOST = 100_000


async def column_type_check(
    site: Site, database: SqliteDatabase, table: Table, plan: ImportPlan, rows: Iterator[list[Any]]
) -> Check | None:
    """What the assigned column types have against ``rows``, all of which are read; None where there are no types.

    Raises InvalidBody where they refuse very many.
    """
    types = assigned_types(site, database.name, table)
    typed = [(column, types[column.name]) for column in plan.columns if column.name in types]
    if not typed:
        return None
    refused: dict[int, str] = {}
    number = 0
    while batch := await database.pool.run(lambda: list(islice(rows, _ROWS))):
        for row in batch:
            number += 1
            for column, assigned in typed:
                value = row[column.source] if column.source < len(row) else None
                if value in plan.nulls or (value == "" and (plan.empty_is_null or column.type != "text")):
                    value = None
                error = await assigned.kind.validate(value, site.facade)
                if error:
                    refused.setdefault(number, f"{column.name}: {error}")
        if len(refused) > _REFUSED_MOST:
            raise InvalidBody(f"More than {_REFUSED_MOST} rows are refused; the first: {next(iter(refused.values()))}")
    return lambda row_number, _: refused.get(row_number)
