"""The class that plugins derive facets of their own from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from vitrina.http.request import Request


class Facet:
    """One type of facet on one table page.

    ``type`` is the word in ``_facet_TYPE=``; ``suggest_consider`` the number
    of rows that suggestions look at. ``sql`` selects the page's rows without
    order and limit, ``params`` are its parameters, an empty list without
    filters. ``row_count`` is the page's count, None where it is not known.
    """

    type: ClassVar[str] = ""
    suggest_consider: ClassVar[int] = 1000

    def __init__(
        self,
        ds: Any,
        request: Request,
        database: str,
        sql: str | None = None,
        table: str | None = None,
        params: Any = None,
        table_config: Mapping[str, Any] | None = None,
        row_count: int | None = None,
    ) -> None:
        if not (sql or table):
            raise ValueError("A facet needs a table or SQL")
        self.ds = ds
        self.request = request
        self.database = database
        self.table = table
        self.sql = sql or f'select * from "{(table or "").replace(chr(34), chr(34) * 2)}"'
        self.params = params or []
        self.table_config = table_config or {}
        self.row_count = row_count

    def get_configs(self) -> list[dict[str, Any]]:
        """Facets of this type that are asked for: ``source`` ("metadata" or "request") and ``config``.

        ``config`` is an object; a plain column name stands under ``simple``.
        """
        found = facet_entries(self.request, self.table_config)
        return [{"source": source, "config": config} for kind, source, config in found if kind == self.type]

    def get_querystring_pairs(self) -> list[tuple[str, str]]:
        """The query string as pairs in order, blank values kept."""
        return parse_qsl(self.request.query_string, keep_blank_values=True)

    def get_facet_size(self) -> int:
        """Values to show: ``_facet_size``, else the table's ``facet_size``, else the setting."""
        most = int(self.ds.setting("max_returned_rows"))
        for wanted in (self.request.args.get("_facet_size"), self.table_config.get("facet_size")):
            if wanted == "max":
                return most
            if isinstance(wanted, int) or (wanted and str(wanted).isdecimal()):
                return min(int(wanted), most)
        return int(self.ds.setting("default_facet_size"))

    async def get_columns(self, sql: str, params: Any = None) -> list[str]:
        """Names of the columns that ``sql`` selects."""
        results = await self.ds.execute(self.database, f"select * from ({sql}) limit 0", params or [])
        names: list[str] = results.columns
        return names

    async def suggest(self) -> list[dict[str, Any]]:
        """Facets to offer: objects with ``name``, ``toggle_url`` and perhaps ``type``."""
        return []

    async def facet_results(self) -> tuple[list[dict[str, Any]], list[str]]:
        """Facets with their results, and names of those that ran out of time."""
        raise NotImplementedError


def facet_entries(
    request: Request, table_config: Mapping[str, Any] | None
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Type, source ("metadata" or "request") and configuration of every facet that is asked for."""
    for entry in (table_config or {}).get("facets") or ():
        kind, config = ("column", entry) if isinstance(entry, str) else next(iter(entry.items()))
        yield kind, "metadata", {"simple": config} if isinstance(config, str) else dict(config)
    for key, value in parse_qsl(request.query_string, keep_blank_values=True):
        if key == "_facet":
            kind = "column"
        elif key.startswith("_facet_") and key != "_facet_size":
            kind = key.removeprefix("_facet_")
        else:
            continue
        yield kind, "request", json.loads(value) if value.startswith("{") else {"simple": value}
