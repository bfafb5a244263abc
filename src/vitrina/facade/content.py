"""The part of the plugin-facing instance about metadata, column types and stored queries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vitrina.catalog.stored import StoredQuery, StoreSnapshot
    from vitrina.web.site import Site


class ContentMethods:
    """Thin delegation to the store's snapshot."""

    site: Site

    async def get_instance_metadata(self) -> dict[str, Any]:
        return dict((await self._snapshot()).instance)

    async def get_database_metadata(self, database_name: str) -> dict[str, Any]:
        return dict((await self._snapshot()).databases.get(database_name, {}))

    async def get_resource_metadata(self, database_name: str, resource_name: str) -> dict[str, Any]:
        return dict((await self._snapshot()).resources.get((database_name, resource_name), {}))

    async def get_column_metadata(self, database_name: str, resource_name: str, column_name: str) -> dict[str, Any]:
        columns = (await self._snapshot()).columns.get((database_name, resource_name), {})
        return dict(columns.get(column_name, {}))

    async def get_query(self, database: str, name: str) -> StoredQuery | None:
        """A stored query, or None."""
        return (await self._snapshot()).queries.get(database, {}).get(name)

    async def table_config(self, database: str, table: str) -> dict[str, Any]:
        """The configuration block of a table or view."""
        return dict(self.site.config.table(database, table))

    async def _snapshot(self) -> StoreSnapshot:
        await self.site.store.refresh()
        return self.site.store.snapshot
