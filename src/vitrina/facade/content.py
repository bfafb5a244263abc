"""The part of the plugin-facing instance about metadata and column types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vitrina.catalog.affinity import SQLiteType
from vitrina.catalog.model import Table
from vitrina.web.column_types import assigned_types, column_type_classes, fits

if TYPE_CHECKING:
    from vitrina.catalog.stored import StoreSnapshot
    from vitrina.render.column_types import ColumnType
    from vitrina.web.site import Site


class ContentMethods:
    """Thin delegation to the store and its snapshot."""

    site: Site

    # -- metadata

    async def get_instance_metadata(self) -> dict[str, Any]:
        return dict((await self._snapshot()).instance)

    async def get_database_metadata(self, database_name: str) -> dict[str, Any]:
        return dict((await self._snapshot()).databases.get(database_name, {}))

    async def get_resource_metadata(self, database_name: str, resource_name: str) -> dict[str, Any]:
        return dict((await self._snapshot()).resources.get((database_name, resource_name), {}))

    async def get_column_metadata(self, database_name: str, resource_name: str, column_name: str) -> dict[str, Any]:
        columns = (await self._snapshot()).columns.get((database_name, resource_name), {})
        return dict(columns.get(column_name, {}))

    async def set_instance_metadata(self, key: str, value: Any) -> None:
        """Upsert one key."""
        await self.site.store.set_instance_metadata(key, value)

    async def set_database_metadata(self, database_name: str, key: str, value: Any) -> None:
        """Upsert one key of a database."""
        await self.site.store.set_database_metadata(database_name, key, value)

    async def set_resource_metadata(self, database_name: str, resource_name: str, key: str, value: Any) -> None:
        """Upsert one key of a table, view or query."""
        await self.site.store.set_resource_metadata(database_name, resource_name, key, value)

    async def set_column_metadata(
        self, database_name: str, resource_name: str, column_name: str, key: str, value: Any
    ) -> None:
        """Upsert one key of a column."""
        await self.site.store.set_column_metadata(database_name, resource_name, column_name, key, value)

    # -- column types

    async def get_column_types(self, database: str, resource: str) -> dict[str, ColumnType]:
        """Column → its type, for the columns that have one that exists and fits."""
        await self._snapshot()
        table = await self._table(database, resource)
        if table is None:
            return {}
        return {name: typed.kind for name, typed in assigned_types(self.site, database, table).items()}

    async def get_column_type(self, database: str, resource: str, column: str) -> ColumnType | None:
        return (await self.get_column_types(database, resource)).get(column)

    async def set_column_type(
        self, database: str, resource: str, column: str, column_type: str, config: dict[str, Any] | None = None
    ) -> None:
        """Assign a type, which need not be registered yet. Raises ValueError where it does not fit the column."""
        kind = column_type_classes(self.site).get(column_type)
        table = await self._table(database, resource)
        found = table.column_by_name.get(column) if table else None
        if kind is not None and found is not None and not fits(kind, found):
            allowed = ", ".join(item.value for item in kind.sqlite_types or ())
            raise ValueError(
                f"Column type '{column_type}' is only applicable to SQLite types {allowed}"
                f" but {database}.{resource}.{column} has SQLite type"
                f" {SQLiteType.from_declared_type(found.type).value}"
            )
        await self.site.store.set_column_type(database, resource, column, column_type, config)

    async def remove_column_type(self, database: str, resource: str, column: str) -> None:
        await self.site.store.remove_column_type(database, resource, column)

    async def table_config(self, database: str, table: str) -> dict[str, Any]:
        """The configuration block of a table or view."""
        return dict(self.site.config.table(database, table))

    async def _table(self, database: str, name: str) -> Table | None:
        engine = self.site.databases.get(database)
        if engine is None:
            return None
        await engine.look()
        return (await engine.ready()).get(name)

    async def _snapshot(self) -> StoreSnapshot:
        await self.site.store.refresh()
        return self.site.store.snapshot
