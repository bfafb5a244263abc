"""A stored query in the form in which plugins see it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from vitrina.catalog.stored import QUERY_OPTIONS
from vitrina.catalog.stored import StoredQuery as CoreQuery

#: options that are texts or None
_TEXTS = tuple(name for name in QUERY_OPTIONS if name != "hide_sql")


@dataclass(frozen=True)
class StoredQuery:
    """One stored query. ``private``: the actor it was listed for may see it, not everyone; None: not asked."""

    database: str
    name: str
    sql: str
    title: str | None
    description: str | None
    description_html: str | None
    hide_sql: bool
    fragment: str | None
    parameters: list[str]
    is_write: bool
    is_private: bool
    is_trusted: bool
    source: str
    owner_id: str | None
    on_success_message: str | None
    on_success_message_sql: str | None
    on_success_redirect: str | None
    on_error_message: str | None
    on_error_redirect: str | None
    private: bool | None = None

    def as_dict(self) -> dict[str, Any]:
        """As answers list it."""
        return stored_query_to_dict(self)


@dataclass
class StoredQueryPage:
    """One page of stored queries; ``next`` is None on the last."""

    queries: list[StoredQuery]
    next: str | None
    has_more: bool
    limit: int


def query_of(core: CoreQuery, private: bool | None = None) -> StoredQuery:
    """The form for plugins."""
    return StoredQuery(**core.as_dict(), private=private)


def stored_query_to_dict(query: StoredQuery) -> dict[str, Any]:
    """Field → value; ``private`` only where it is known."""
    values = asdict(query)
    if values["private"] is None:
        del values["private"]
    return values


def stored_query_page_to_dict(page: StoredQueryPage) -> dict[str, Any]:
    """A page as an object."""
    return {"queries": [stored_query_to_dict(query) for query in page.queries], "next": page.next, "limit": page.limit}


def query_options_json(options: dict[str, Any]) -> str:
    """The ``options`` column of a query: those that are set."""
    return json.dumps({name: value for name, value in options.items() if value})


def query_row_to_stored_query(row: Any, private: bool | None = None) -> StoredQuery | None:
    """A row of the table ``queries`` of the internal database; None for None."""
    if row is None:
        return None
    options = json.loads(row["options"] or "{}")
    return StoredQuery(
        database=row["database_name"],
        name=row["name"],
        sql=row["sql"],
        title=row["title"],
        description=row["description"],
        description_html=row["description_html"],
        hide_sql=bool(options.get("hide_sql")),
        parameters=json.loads(row["parameters"] or "[]"),
        is_write=bool(row["is_write"]),
        is_private=bool(row["is_private"]),
        is_trusted=bool(row["is_trusted"]),
        source=row["source"],
        owner_id=row["owner_id"],
        private=private,
        **{name: options.get(name) for name in _TEXTS},
    )
