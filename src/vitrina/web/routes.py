"""The table of all routes, in the order in which they are tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vitrina.http.router import Route
from vitrina.web.api_explorer import api_explorer_page
from vitrina.web.autocomplete import autocomplete_rows
from vitrina.web.count import count_page
from vitrina.web.csp_reports import REPORTS_PATH, csp_report
from vitrina.web.database import database_page
from vitrina.web.download import database_download
from vitrina.web.foreign_keys import foreign_key_suggestions, foreign_key_targets
from vitrina.web.fragment import fragment_page
from vitrina.web.home import built_in_home_page, home_page
from vitrina.web.icon import favicon
from vitrina.web.imports.body import insert_any, upsert_any
from vitrina.web.imports.jobs import cancel_job, job_rejected, job_state
from vitrina.web.imports.page import import_page
from vitrina.web.imports.run import run_import_job
from vitrina.web.instance_pages import (
    actions_page,
    actor_page,
    config_page,
    databases_page,
    plugins_page,
    settings_page,
    tasks_page,
    threads_page,
    versions_page,
)
from vitrina.web.jump import jump_page
from vitrina.web.messages import messages_page
from vitrina.web.openapi.page import openapi_handler
from vitrina.web.permission_pages.activity import permissions_page
from vitrina.web.permission_pages.allow_debug import allow_debug_page
from vitrina.web.permission_pages.check import check_page
from vitrina.web.permission_pages.create_token import create_token_page
from vitrina.web.permission_pages.listing import allowed_page, rules_page
from vitrina.web.permission_pages.login import login_page
from vitrina.web.permission_pages.sign_in import auth_token_page, logout_page
from vitrina.web.permission_pages.tokens import tokens_page
from vitrina.web.queries_list import database_queries_page, instance_queries_page, query_definition_page
from vitrina.web.query import query_page, query_parameters
from vitrina.web.row.page import row_page
from vitrina.web.schema import database_schema_page, instance_schema_page, table_schema_page
from vitrina.web.table_or_query import table_or_query_page
from vitrina.web.tool_pages import autocomplete_page, patterns_page
from vitrina.web.write.column_type import set_column_type
from vitrina.web.write.create import create_table
from vitrina.web.write.queries import analyze_query, delete_query, edit_query, store_query, update_query
from vitrina.web.write.restore import restore_row
from vitrina.web.write.row import delete_row, update_row
from vitrina.web.write.sql import analyze_write, execute_write_page
from vitrina.web.write.table import alter_table, drop_table

if TYPE_CHECKING:
    from vitrina.web.site import Site

_FORM = ("GET", "POST")
_POST = ("POST",)

_INSTANCE = (
    Route("index", "/", home_page),
    Route("index-json", "/.json", home_page),
    Route("index-built-in", "/-/", built_in_home_page),
    Route("index-built-in-json", "/-/.json", built_in_home_page),
    Route("favicon", "/favicon.ico", favicon, ("*",), bare=True),
    Route("versions", "/-/versions(.json)", versions_page),
    Route("csp-reports", REPORTS_PATH, csp_report, ("POST",)),
    Route("plugins", "/-/plugins(.json)", plugins_page),
    Route("settings", "/-/settings(.json)", settings_page),
    Route("config", "/-/config(.json)", config_page),
    Route("databases", "/-/databases(.json)", databases_page),
    Route("threads", "/-/threads(.json)", threads_page),
    Route("tasks", "/-/tasks(.json)", tasks_page),
    Route("actions", "/-/actions(.json)", actions_page),
    Route("actor", "/-/actor(.json)", actor_page),
    Route("auth-token", "/-/auth-token", auth_token_page),
    Route("create-token", "/-/create-token", create_token_page, _FORM),
    Route("tokens", "/-/tokens", tokens_page, _FORM),
    Route("api", "/-/api", api_explorer_page),
    Route("openapi", "/-/openapi.json", openapi_handler(lambda: built_in_routes())),
    Route("jump", "/-/jump(.json)", jump_page),
    Route("queries", "/-/queries(.json)", instance_queries_page),
    Route("schema", "/-/schema(.json|.md)", instance_schema_page),
    Route("login", "/-/login", login_page, _FORM),
    Route("logout", "/-/logout", logout_page, _FORM),
    Route("permissions", "/-/permissions", permissions_page, _FORM),
    Route("allowed", "/-/allowed(.json)", allowed_page),
    Route("rules", "/-/rules(.json)", rules_page),
    Route("check", "/-/check(.json)", check_page),
    Route("messages", "/-/messages", messages_page, _FORM),
    Route("allow-debug", "/-/allow-debug", allow_debug_page),
    Route("patterns", "/-/patterns", patterns_page, allow=True, own_html=True),
    Route("debug-autocomplete", "/-/debug/autocomplete", autocomplete_page),
)

_DATABASE = (
    Route("download", "/{database}.db", database_download, ("*",)),
    Route("database", "/{database}(.*)", database_page, allow=True, own_html=True),
    Route("create", "/{database}/-/create", create_table, _POST),
    Route("foreign-key-targets", "/{database}/-/foreign-key-targets", foreign_key_targets),
    Route("database-queries", "/{database}/-/queries(.json)", database_queries_page),
    Route("analyze-query", "/{database}/-/queries/analyze", analyze_query),
    Route("store-query", "/{database}/-/queries/store", store_query, _FORM),
    Route("analyze-write", "/{database}/-/execute-write/analyze", analyze_write),
    Route("execute-write", "/{database}/-/execute-write", execute_write_page, _FORM),
    Route("import", "/{database}/-/import", import_page, _FORM),
    Route("import-run", "/{database}/-/import/run", run_import_job, _POST),
    Route("job", "/{database}/-/jobs/{job}", job_state, json_errors=True),
    Route("job-cancel", "/{database}/-/jobs/{job}/cancel", cancel_job, _POST, json_errors=True),
    Route("job-rejected", "/{database}/-/jobs/{job}/rejected", job_rejected, json_errors=True),
    Route("database-schema", "/{database}/-/schema(.json|.md)", database_schema_page),
    Route("query-parameters", "/{database}/-/query/parameters", query_parameters),
    Route("query", "/{database}/-/query(.*)", query_page, _FORM, allow=True),
)

_STORED_QUERY = (
    Route("definition", "/{database}/{query}/-/definition", query_definition_page),
    Route("edit-query", "/{database}/{query}/-/edit", edit_query, _FORM),
    Route("update-query", "/{database}/{query}/-/update", update_query, _POST),
    Route("delete-query", "/{database}/{query}/-/delete", delete_query, _FORM),
)

_TABLE = (
    Route("table", "/{database}/{table}(.*)", table_or_query_page, ("*",)),
    Route("row", "/{database}/{table}/{pks}(.*)", row_page),
    Route("count", "/{database}/{table}/-/count", count_page, _POST, json_errors=True),
    Route("fragment", "/{database}/{table}/-/fragment", fragment_page),
    Route("autocomplete", "/{database}/{table}/-/autocomplete", autocomplete_rows),
    Route("insert", "/{database}/{table}/-/insert", insert_any, _POST),
    Route("upsert", "/{database}/{table}/-/upsert", upsert_any, _POST),
    Route("restore", "/{database}/{table}/-/restore", restore_row, _POST),
    Route("alter", "/{database}/{table}/-/alter", alter_table, _POST),
    Route("set-column-type", "/{database}/{table}/-/set-column-type", set_column_type, _POST),
    Route("drop", "/{database}/{table}/-/drop", drop_table, _POST),
    Route("foreign-key-suggestions", "/{database}/{table}/-/foreign-key-suggestions", foreign_key_suggestions),
    Route("table-schema", "/{database}/{table}/-/schema(.json|.md)", table_schema_page),
)

_ROW = (
    Route("delete-row", "/{database}/{table}/{pks}/-/delete", delete_row, _POST),
    Route("update-row", "/{database}/{table}/{pks}/-/update", update_row, _POST),
)


def routes(site: Site) -> list[Route]:
    """Every built-in route but those of static files, which come before them."""
    return built_in_routes()


def built_in_routes() -> list[Route]:
    """The table, which is the same for every instance."""
    return [*_INSTANCE, *_DATABASE, *_STORED_QUERY, *_TABLE, *_ROW]
