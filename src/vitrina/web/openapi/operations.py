"""What the document says about each route beyond the table of routes: purpose, permission, arguments, body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vitrina.execute.imports.source import FORMATS
from vitrina.web.imports.body import ARGUMENTS, STREAMED
from vitrina.web.openapi import bodies
from vitrina.web.openapi.bodies import FLAG, TEXT, Schema, record

_COUNT: Schema = {"type": "integer", "minimum": 0}
_ON: Schema = {"type": "string", "enum": ["1"]}
_TABLE_ARGUMENTS: Mapping[str, Schema] = {
    "_size": {"description": "Rows of a page, or max", "type": "string", "pattern": "^([0-9]{1,3}|max)$"},
    "_next": {"description": "Where the next page begins, as an earlier answer said", "type": "string"},
    "_sort": {"description": "Column to sort by", "type": "string"},
    "_sort_desc": {"description": "Column to sort by, from the largest", "type": "string"},
    "_facet": {"description": "Column whose values are counted", "type": "array", "items": TEXT},
    "_search": {"description": "Words for the full-text index", "type": "string"},
    "_extra": {"description": "Further keys of the answer", "type": "array", "items": TEXT},
    "_shape": {"type": "string", "enum": ["objects", "arrays", "array", "object"]},
}
# Arguments named after columns differ from table to table.
_FILTERS = "Rows are filtered by COLUMN=value and COLUMN__OPERATION=value, which may be repeated."
_PAGED: Mapping[str, Schema] = {"action": TEXT, "parent": TEXT, "child": TEXT, "_size": _COUNT, "_page": _COUNT}


@dataclass(frozen=True, slots=True)
class Operation:
    """One route. ``action`` is what it needs, None for nothing or for what depends on the body.

    ``body`` makes the JSON schema of the body from the most rows of one
    request; ``form`` has the fields of a form instead. ``formats`` are
    extensions that the route takes, where its pattern leaves them open.
    ``get`` and ``post`` are the statuses of success, none where a method is
    of no use; ``refused`` are those of failure beyond what follows from the
    rest; ``shapes`` the types that JSON answers have at the top. A request of
    a ``repeatable`` one may have a key.
    """

    summary: str
    action: str | None = None
    arguments: Mapping[str, Schema] | None = None
    body: Callable[[int], Schema] | None = None
    form: Mapping[str, Schema] | None = None
    streams: tuple[str, ...] = ()
    formats: tuple[str, ...] = ("",)
    get: tuple[int, ...] = (200,)
    post: tuple[int, ...] = (200,)
    #: content of an answer without an extension
    content: str = "text/html"
    refused: tuple[int, ...] = ()
    shapes: tuple[str, ...] = ("object",)
    repeatable: bool = False
    notes: str = ""


def _fixed(schema: Schema) -> Callable[[int], Schema]:
    return lambda _: schema


_JSON = "application/json"
_STREAM_ARGUMENTS: Mapping[str, Schema] = dict.fromkeys(ARGUMENTS, TEXT) | {
    "_batch": {"description": "Rows of one transaction; all without it", **_COUNT},
    **dict.fromkeys(("_ignore", "_replace", "_strict", "_empty_null"), _ON),
}

INSTANCE: Mapping[str, Operation] = {
    "index": Operation("The databases of this instance", "view-instance"),
    "index-json": Operation("The databases of this instance", "view-instance", content=_JSON),
    "index-built-in": Operation("The databases, with the built-in page", "view-instance"),
    "index-built-in-json": Operation("The databases of this instance", "view-instance", content=_JSON),
    "favicon": Operation("The icon", content="image/png"),
    "versions": Operation("Versions of the software", "view-instance"),
    "csp-reports": Operation(
        "A browser's report on the content security policy",
        body=_fixed({"type": "object", "properties": {"csp-report": {"type": "object"}}, "required": ["csp-report"]}),
        get=(),
        refused=(400,),
    ),
    "plugins": Operation("Plugins that are loaded", "view-instance", {"all": _ON}, shapes=("array",)),
    "settings": Operation("Values of all settings", "view-instance"),
    "config": Operation("The configuration without its secrets", "view-instance"),
    "databases": Operation("Databases and their files", "view-instance"),
    "threads": Operation("Threads and tasks", "permissions-debug"),
    "tasks": Operation("Background tasks", "permissions-debug"),
    "actions": Operation("Actions that permissions are about", "permissions-debug"),
    "actor": Operation("Who is asking"),
    "auth-token": Operation("Sign in as root, once", arguments={"token": TEXT}, get=(302,), refused=(403,)),
    "create-token": Operation(
        "Make a signed token", form={"expire_type": TEXT, "expire_duration": TEXT}, refused=(403,)
    ),
    "tokens": Operation("Make, narrow and revoke tokens", form={}, get=(200, 302), post=(200, 302), refused=(403,)),
    "api": Operation("Try the API", "view-instance"),
    "openapi": Operation("This document", "view-instance", content=_JSON),
    "jump": Operation("Find a database, table, view or query", arguments={"q": TEXT}, content=_JSON),
    "queries": Operation("Stored queries of all databases", arguments={"q": TEXT, "_next": TEXT}, refused=(400,)),
    "schema": Operation("Schemas of all databases"),
    "login": Operation(
        "Sign in", form={"username": TEXT, "password": TEXT}, get=(200, 302), post=(200, 302), refused=(404,)
    ),
    "logout": Operation("Sign out", form={}, get=(200, 302), post=(302,)),
    "permissions": Operation(
        "Recent permission checks",
        "permissions-debug",
        form={"actor": TEXT, "permission": TEXT, "resource_1": TEXT},
        refused=(404,),
    ),
    "allowed": Operation("What the actor may use", "view-instance", _PAGED, refused=(400, 404)),
    "rules": Operation("Rules behind an action", "permissions-debug", _PAGED, refused=(400, 404)),
    "check": Operation(
        "One decision explained",
        "permissions-debug",
        {"action": TEXT, "parent": TEXT, "child": TEXT, "actor": TEXT},
        refused=(400, 404),
    ),
    "messages": Operation("Try messages", "view-instance", form={"message": TEXT, "message_type": TEXT}, post=(302,)),
    "allow-debug": Operation("Try an allow block", arguments={"actor": TEXT, "allow": TEXT}, refused=(400,)),
    "patterns": Operation("Parts that pages are made of", "view-instance"),
    "debug-autocomplete": Operation("Try autocompletion", "view-instance", {"database": TEXT, "table": TEXT}),
}

_QUERY_ARGUMENTS: Mapping[str, Schema] = {"sql": TEXT}
DATABASE: Mapping[str, Operation] = {
    "download": Operation(
        "The database file",
        "view-database-download",
        content="application/octet-stream",
        get=(200, 206, 304),
        refused=(416,),
    ),
    "database": Operation("Tables, views and queries", "view-database", formats=("", ".json"), get=(200, 302)),
    "create": Operation(
        "Create a table",
        "create-table",
        body=_fixed(bodies.create_table()),
        post=(201,),
        content=_JSON,
        repeatable=True,
    ),
    "foreign-key-targets": Operation("Columns that foreign keys can lead to", arguments={"table": TEXT}, content=_JSON),
    "database-queries": Operation("Stored queries", arguments={"q": TEXT, "_next": TEXT}, refused=(400,)),
    "analyze-query": Operation(
        "What storing a query would mean", "store-query", _QUERY_ARGUMENTS, content=_JSON, refused=(400,)
    ),
    "store-query": Operation(
        "Store a query", "store-query", body=_fixed(bodies.stored_query(new=True)), post=(200, 201, 302)
    ),
    "analyze-write": Operation(
        "What a statement would touch", "execute-write-sql", _QUERY_ARGUMENTS, content=_JSON, refused=(400,)
    ),
    "execute-write": Operation(
        "Run SQL that writes", "execute-write-sql", body=_fixed(bodies.write_sql()), repeatable=True
    ),
    "import": Operation(
        "Import a file: the page, and where the file is sent to",
        arguments={
            "name": TEXT,
            "upload": {"description": "A file that was sent before, to look into again", **TEXT},
            "_format": bodies.one_of(FORMATS),
            "_encoding": TEXT,
            "_delimiter": TEXT,
        },
        streams=("application/octet-stream",),
        post=(200, 201),
        refused=(409,),
    ),
    "import-run": Operation(
        "Begin the import of a file",
        body=_fixed(bodies.import_run()),
        post=(202,),
        content=_JSON,
        repeatable=True,
    ),
    "job": Operation("How far a job is", content=_JSON, refused=(409,)),
    "job-cancel": Operation("End a job", body=_fixed({"type": "object"}), content=_JSON, refused=(409,)),
    "job-rejected": Operation("Rows that an import refused", content="text/csv", refused=(409,)),
    "database-schema": Operation("The schema", "view-database"),
    "query-parameters": Operation(
        "Named parameters of a statement", "execute-sql", _QUERY_ARGUMENTS, content=_JSON, refused=(400,)
    ),
    "query": Operation(
        "Run read-only SQL",
        "execute-sql",
        _QUERY_ARGUMENTS,
        formats=("", ".json", ".csv"),
        # An old way in that leads nowhere.
        post=(),
        refused=(400,),
        shapes=("object", "array"),
    ),
}

QUERY: Mapping[str, Operation] = {
    "definition": Operation("A stored query", "view-query", content=_JSON),
    "edit-query": Operation("Edit a stored query", "update-query", form={"sql": TEXT}, post=(200, 302)),
    "update-query": Operation(
        "Change a stored query",
        "update-query",
        body=_fixed(record({"update": bodies.stored_query(new=False), "return": FLAG}, ["update"])),
        content=_JSON,
    ),
    "delete-query": Operation("Delete a stored query", "delete-query", form={}, post=(200, 302)),
}

TABLE: Mapping[str, Operation] = {
    "table": Operation(
        "Rows of a table or view, or a stored query",
        "view-table",
        _TABLE_ARGUMENTS,
        formats=("", ".json", ".csv"),
        get=(200, 302),
        refused=(400,),
        shapes=("object", "array"),
        notes=_FILTERS,
    ),
    "row": Operation(
        "One row",
        "view-table",
        {"_extra": TEXT},
        formats=("", ".json", ".csv"),
        refused=(400,),
        shapes=("object", "array"),
    ),
    "count": Operation(
        "Exact number of rows", "view-table", body=_fixed({"type": "object"}), content=_JSON, notes=_FILTERS
    ),
    "fragment": Operation(
        "The table as a part of a page", "view-table", {"_row": TEXT}, get=(200, 302), refused=(400,)
    ),
    "autocomplete": Operation(
        "Rows by their label", "view-table", {"q": TEXT, "_initial": _ON}, content=_JSON, refused=(400,)
    ),
    "insert": Operation(
        "Insert rows",
        "insert-row",
        _STREAM_ARGUMENTS,
        bodies.insert_rows,
        None,
        tuple(STREAMED),
        post=(201,),
        content=_JSON,
        repeatable=True,
    ),
    "upsert": Operation(
        "Insert rows, or update those that are there",
        "update-row",
        _STREAM_ARGUMENTS,
        bodies.upsert_rows,
        None,
        tuple(STREAMED),
        content=_JSON,
        repeatable=True,
    ),
    "restore": Operation(
        "Take back the deletion of a row",
        "insert-row",
        body=_fixed(record({"undo": TEXT}, ["undo"])),
        content=_JSON,
        repeatable=True,
    ),
    "alter": Operation(
        "Alter a table", "alter-table", body=_fixed(bodies.alter_table()), content=_JSON, repeatable=True
    ),
    "set-column-type": Operation(
        "Say what a column holds", "set-column-type", body=_fixed(bodies.set_column_type()), content=_JSON
    ),
    "drop": Operation(
        "Drop a table", "drop-table", body=_fixed(record({"confirm": FLAG})), content=_JSON, repeatable=True
    ),
    "foreign-key-suggestions": Operation("Likely foreign keys", "alter-table", content=_JSON, refused=(400,)),
    "table-schema": Operation("The table's schema", "view-table"),
}

ROW: Mapping[str, Operation] = {
    "delete-row": Operation(
        "Delete a row",
        "delete-row",
        {"_redirect_to_table": _ON, "_undo": _ON},
        _fixed({"type": "object"}),
        content=_JSON,
        repeatable=True,
    ),
    "update-row": Operation(
        "Update a row", "update-row", {"_message": _ON}, _fixed(bodies.update_row()), content=_JSON, repeatable=True
    ),
}

OPERATIONS: Mapping[str, Operation] = {**INSTANCE, **DATABASE, **QUERY, **TABLE, **ROW}


def level_of(name: str) -> str:
    """What a route is about: instance, database, query or table (rows too)."""
    for level, operations in (("instance", INSTANCE), ("database", DATABASE), ("query", QUERY)):
        if name in operations:
            return level
    return "table"
