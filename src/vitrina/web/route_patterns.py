"""The built-in routes as regular expressions, for plugins and telemetry; requests are not matched by these."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DATABASE = r"(?P<database>[^\/\.]+)"
_TABLE = rf"{_DATABASE}/(?P<table>[^\/\.]+)"
_QUERY = rf"{_DATABASE}/(?P<query>[^\/\.]+)"
_ROW = rf"{_DATABASE}/(?P<table>[^/]+?)/(?P<pks>[^/]+?)"
_JSON = r"(\.(?P<format>json))?"
_SCHEMA = r"(\.(?P<format>json|md))?"
_ANY = r"(\.(?P<format>\w+))?"


@dataclass(frozen=True, slots=True)
class RoutePattern:
    """One kind of page: its expression, the name plugins know its view by, and our routes that serve it."""

    regex: re.Pattern[str]
    view: str
    routes: tuple[str, ...]


def _page(path: str, view: str, *routes: str) -> RoutePattern:
    return RoutePattern(re.compile(f"/{path}$"), view, routes)


def _document(name: str) -> RoutePattern:
    return _page(f"-/{name}{_JSON}", "JsonDataView", name)


#: in the order in which they are tried
ROUTE_PATTERNS: tuple[RoutePattern, ...] = (
    _page(_JSON, "IndexView", "index", "index-json"),
    _page(f"-/{_JSON}", "IndexView", "index-built-in", "index-built-in-json"),
    _page("favicon.ico", "favicon", "favicon"),
    _page(r"-/static/(?P<path>.*)", "inner_static", "static"),
    *map(_document, ("versions", "plugins", "settings", "config", "threads", "tasks", "databases", "actor", "actions")),
    _page("-/auth-token", "AuthTokenView", "auth-token"),
    _page("-/create-token", "CreateTokenView", "create-token"),
    _page("-/api", "ApiExplorerView", "api"),
    _page(f"-/jump{_JSON}", "JumpView", "jump"),
    _page(f"-/queries{_JSON}", "GlobalQueryListView", "queries"),
    _page(f"-/schema{_SCHEMA}", "InstanceSchemaView", "schema"),
    _page("-/logout", "LogoutView", "logout"),
    _page("-/permissions", "PermissionsDebugView", "permissions"),
    _page(f"-/allowed{_JSON}", "AllowedResourcesView", "allowed"),
    _page(f"-/rules{_JSON}", "PermissionRulesView", "rules"),
    _page(f"-/check{_JSON}", "PermissionCheckView", "check"),
    _page("-/messages", "MessagesDebugView", "messages"),
    _page("-/allow-debug", "AllowDebugView", "allow-debug"),
    _page("-/patterns", "PatternPortfolioView", "patterns"),
    _page("-/debug/autocomplete", "AutocompleteDebugView", "debug-autocomplete"),
    _page(rf"{_DATABASE}\.db", "database_download", "download"),
    _page(f"{_DATABASE}{_ANY}", "DatabaseView", "database"),
    _page(f"{_DATABASE}/-/create", "TableCreateView", "create"),
    _page(f"{_DATABASE}/-/foreign-key-targets", "DatabaseForeignKeyTargetsView", "foreign-key-targets"),
    _page(f"{_DATABASE}/-/queries{_JSON}", "QueryListView", "database-queries"),
    _page(f"{_DATABASE}/-/queries/analyze", "QueryCreateAnalyzeView", "analyze-query"),
    _page(f"{_DATABASE}/-/queries/store", "QueryStoreView", "store-query"),
    _page(f"{_DATABASE}/-/execute-write/analyze", "ExecuteWriteAnalyzeView", "analyze-write"),
    _page(f"{_DATABASE}/-/execute-write", "ExecuteWriteView", "execute-write"),
    _page(f"{_DATABASE}/-/schema{_SCHEMA}", "DatabaseSchemaView", "database-schema"),
    _page(f"{_DATABASE}/-/query/parameters", "QueryParametersView", "query-parameters"),
    _page(f"{_DATABASE}/-/query{_ANY}", "QueryView", "query"),
    _page(f"{_QUERY}/-/definition", "QueryDefinitionView", "definition"),
    _page(f"{_QUERY}/-/edit", "QueryEditView", "edit-query"),
    _page(f"{_QUERY}/-/update", "QueryUpdateView", "update-query"),
    _page(f"{_QUERY}/-/delete", "QueryDeleteView", "delete-query"),
    _page(f"{_TABLE}{_ANY}", "table_view", "table"),
    _page(f"{_ROW}{_ANY}", "RowView", "row"),
    _page(f"{_TABLE}/-/insert", "TableInsertView", "insert"),
    _page(f"{_TABLE}/-/upsert", "TableUpsertView", "upsert"),
    _page(f"{_TABLE}/-/alter", "TableAlterView", "alter"),
    _page(f"{_TABLE}/-/foreign-key-suggestions", "TableForeignKeySuggestionsView", "foreign-key-suggestions"),
    _page(f"{_TABLE}/-/set-column-type", "TableSetColumnTypeView", "set-column-type"),
    _page(f"{_TABLE}/-/count", "TableCountView", "count"),
    _page(f"{_TABLE}/-/fragment", "TableFragmentView", "fragment"),
    _page(f"{_TABLE}/-/autocomplete", "TableAutocompleteView", "autocomplete"),
    _page(f"{_TABLE}/-/drop", "TableDropView", "drop"),
    _page(f"{_TABLE}/-/schema{_SCHEMA}", "TableSchemaView", "table-schema"),
    _page(f"{_ROW}/-/delete", "RowDeleteView", "delete-row"),
    _page(f"{_ROW}/-/update", "RowUpdateView", "update-row"),
)

#: name of one of our routes → its expression
PATTERN_OF_ROUTE = {name: pattern.regex.pattern for pattern in ROUTE_PATTERNS for name in pattern.routes}
