"""What may be done with a database from its page: menu entries, and data for the dialogs behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.execute.permissions import Access
    from vitrina.web.site import Site

_COLUMN_TYPES = ("text", "integer", "float", "blob")
_DEFAULT_EXPRESSIONS = (
    ("current_timestamp", "text", "Now in UTC: date and time"),
    ("current_date", "text", "Today in UTC"),
    ("current_time", "text", "The time of day in UTC"),
    ("current_unixtime", "integer", "Unix time in seconds"),
    ("current_unixtime_ms", "integer", "Unix time in milliseconds"),
)


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
    return {
        "createTable": {
            "canInsertRows": access.allowed("insert-row", name),
            "columnTypes": list(_COLUMN_TYPES),
            "customColumnTypes": [],
            "databaseName": name,
            "defaultExpressions": [
                {"value": value, "sqliteType": kind, "label": label} for value, kind, label in _DEFAULT_EXPRESSIONS
            ],
            "foreignKeyTargetsPath": path + "/-/foreign-key-targets",
            "path": path + "/-/create",
        }
    }
