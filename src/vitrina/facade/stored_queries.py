"""The part of the plugin-facing instance that adds, changes and lists stored queries."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vitrina.catalog.stored import StoredQuery as CoreQuery
from vitrina.facade.stored_query import StoredQuery, StoredQueryPage, query_of
from vitrina.tilde import tilde_decode, tilde_encode

if TYPE_CHECKING:
    from vitrina.web.site import Site

#: leave the field as it is
UNCHANGED: Any = object()
_MOST = 1000


class StoredQueryMethods:
    """Thin delegation to the store and its snapshot."""

    site: Site

    async def add_query(
        self,
        database: str,
        name: str,
        sql: str,
        *,
        title: str | None = None,
        description: str | None = None,
        description_html: str | None = None,
        hide_sql: bool = False,
        fragment: str | None = None,
        parameters: Sequence[str] | None = None,
        is_write: bool = False,
        is_private: bool = False,
        is_trusted: bool = False,
        source: str = "plugin",
        owner_id: str | None = None,
        on_success_message: str | None = None,
        on_success_message_sql: str | None = None,
        on_success_redirect: str | None = None,
        on_error_message: str | None = None,
        on_error_redirect: str | None = None,
        replace: bool = True,
    ) -> None:
        """Store a query. Without ``replace`` raises sqlite3.IntegrityError where there is one of that name."""
        await self.site.store.refresh()
        if not replace and self.site.store.snapshot.query(database, name) is not None:
            raise sqlite3.IntegrityError("UNIQUE constraint failed: queries.database_name, queries.name")
        await self.site.store.save_query(
            CoreQuery(
                database=database,
                name=name,
                sql=sql,
                title=title,
                description=description,
                description_html=description_html,
                hide_sql=hide_sql,
                fragment=fragment,
                parameters=tuple(parameters or ()),
                is_write=is_write,
                is_private=is_private,
                is_trusted=is_trusted,
                source=source,
                owner_id=owner_id,
                on_success_message=on_success_message,
                on_success_message_sql=on_success_message_sql,
                on_success_redirect=on_success_redirect,
                on_error_message=on_error_message,
                on_error_redirect=on_error_redirect,
            )
        )

    async def update_query(
        self,
        database: str,
        name: str,
        *,
        sql: str = UNCHANGED,
        title: str | None = UNCHANGED,
        description: str | None = UNCHANGED,
        description_html: str | None = UNCHANGED,
        hide_sql: bool = UNCHANGED,
        fragment: str | None = UNCHANGED,
        parameters: Sequence[str] | None = UNCHANGED,
        is_write: bool = UNCHANGED,
        is_private: bool = UNCHANGED,
        is_trusted: bool = UNCHANGED,
        source: str = UNCHANGED,
        owner_id: str | None = UNCHANGED,
        on_success_message: str | None = UNCHANGED,
        on_success_message_sql: str | None = UNCHANGED,
        on_success_redirect: str | None = UNCHANGED,
        on_error_message: str | None = UNCHANGED,
        on_error_redirect: str | None = UNCHANGED,
    ) -> None:
        """Change what is given of a stored query, leave the rest."""
        given = {key: value for key, value in locals().items() if key not in ("self", "database", "name")}
        await self.site.store.refresh()
        changes = {key: value for key, value in given.items() if value is not UNCHANGED}
        await self.site.store.update_query(database, name, **changes)

    async def get_query(self, database: str, name: str) -> StoredQuery | None:
        """A stored query, or None."""
        found = (await self.site.store.refresh()).query(database, name)
        return None if found is None else query_of(found)

    async def remove_query(self, database: str, name: str, source: str | None = None) -> None:
        """Delete a query; with ``source`` only if that is where it comes from."""
        await self.site.store.remove_query(database, name, source)

    async def list_queries(
        self,
        database: str | None = None,
        *,
        actor: Any = None,
        limit: int = 50,
        cursor: str | None = None,
        q: str | None = None,
        is_write: bool | None = None,
        is_private: bool | None = None,
        is_trusted: bool | None = None,
        source: str | None = None,
        owner_id: str | None = None,
        include_private: bool = False,
    ) -> StoredQueryPage:
        """Queries that the actor may see, by title or name, at most ``limit`` (1000) after ``cursor``."""
        filters = {
            "is_write": is_write,
            "is_private": is_private,
            "is_trusted": is_trusted,
            "source": source,
            "owner_id": owner_id,
        }
        found = await self._visible_queries(database, actor, q, filters)
        keyed = sorted(((_sort_key(query, database), query) for query in found), key=lambda item: item[0])
        if cursor:
            after = tuple(tilde_decode(part) for part in cursor.split(","))
            keyed = [item for item in keyed if item[0] > after]
        limit = max(1, min(limit, _MOST))
        page, more = keyed[:limit], len(keyed) > limit
        following = ",".join(tilde_encode(part) for part in page[-1][0]) if more else None
        access = await self.site.permissions.load(actor, ("view-query",)) if include_private else None
        queries = [
            query_of(query, access.private("view-query", query.database, query.name) if access else None)
            for _, query in page
        ]
        return StoredQueryPage(queries, following, more, limit)

    async def count_queries(
        self,
        database: str | None = None,
        *,
        actor: Any = None,
        q: str | None = None,
        is_write: bool | None = None,
        is_private: bool | None = None,
        is_trusted: bool | None = None,
        source: str | None = None,
        owner_id: str | None = None,
    ) -> int:
        """How many queries :meth:`list_queries` would list."""
        filters = {
            "is_write": is_write,
            "is_private": is_private,
            "is_trusted": is_trusted,
            "source": source,
            "owner_id": owner_id,
        }
        return len(await self._visible_queries(database, actor, q, filters))

    async def _visible_queries(
        self, database: str | None, actor: Any, q: str | None, filters: dict[str, Any]
    ) -> list[CoreQuery]:
        snapshot = await self.site.store.refresh()
        access = await self.site.permissions.load(actor, ("view-query",))
        wanted = {key: value for key, value in filters.items() if value is not None}
        word = (q or "").lower()
        names = [database] if database is not None else list(self.site.databases)
        return [
            query
            for name in names
            for query in snapshot.queries_of(name)
            if all(getattr(query, key) == value for key, value in wanted.items())
            and (not word or any(word in (text or "").lower() for text in _searched(query)))
            and access.allowed("view-query", name, query.name)
        ]


def _searched(query: CoreQuery) -> tuple[str | None, ...]:
    return query.name, query.title, query.description, query.sql


def _sort_key(query: CoreQuery, database: str | None) -> tuple[str, ...]:
    key = ((query.title or query.name).lower(), query.name)
    return key if database is not None else (query.database, *key)
