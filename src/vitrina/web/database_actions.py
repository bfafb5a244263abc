"""What may be done with a database from its page: menu entries, and data for the dialogs behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vitrina.web.column_forms import COLUMN_KINDS, custom_column_types, default_expressions

if TYPE_CHECKING:
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.execute.permissions import Access
    from vitrina.web.site import Site


def built_in_actions(site: Site, access: Access, database: SqliteDatabase) -> list[dict[str, Any]]:
    """Creating a table and running write SQL, where the actor may and the database can be written to."""
    if not database.is_writable:
        return []
    name = database.name
    actions: list[dict[str, Any]] = []
    if access.allowed("create-table", name):
        actions.append(
            {
                "type": "button",
                "label": "Create table",
                "description": "Make a new table in this database.",
                "attrs": {"aria-label": f"Create table in {name}", "data-database-action": "create-table"},
            }
        )
    if access.allowed("create-table", name):
        actions.append(
            {
                "href": site.urls.database(database.name) + "/-/import",
                "label": "Import a file",
                "description": "Rows of a CSV, TSV, JSON, Excel or Parquet file.",
            }
        )
    if access.allowed("execute-write-sql", name):
        actions.append(
            {
                "href": site.urls.database(database.name) + "/-/execute-write",
                "label": "Execute write SQL",
                "description": "Change data with SQL, as far as your permissions go.",
            }
        )
    return actions


def page_data(site: Site, access: Access, database: SqliteDatabase) -> dict[str, Any]:
    """What the page's scripts need; empty where nothing can be changed."""
    name = database.name
    if not database.is_writable or not access.allowed("create-table", name):
        return {}
    path = site.urls.database(database.name)
    create: dict[str, Any] = {
        "canInsertRows": access.allowed("insert-row", name),
        "columnTypes": list(COLUMN_KINDS),
        "databaseName": name,
        "defaultExpressions": default_expressions(),
        "foreignKeyTargetsPath": path + "/-/foreign-key-targets",
        "path": path + "/-/create",
    }
    if access.allowed("set-column-type", name):
        create["customColumnTypes"] = custom_column_types(site)
    return {"createTable": create}
