"""Names of the reference's inner modules, and which of our objects stand under them."""

from __future__ import annotations

from collections.abc import Mapping


def _all_from(module: str, names: str) -> dict[str, str]:
    return {name: f"{module}:{name}" for name in names.split()}


_RULES = "vitrina.compat.default_rules"
_CONTEXTS = "vitrina.compat.contexts"
_ANALYSIS = _all_from("vitrina.facade.analysis", "Operation OperationKey SQLAnalysis analyze_sql_tables")
_PAGES = "vitrina.facade.page_classes"

#: module → name → "module:attribute"
INNER: Mapping[str, Mapping[str, str]] = {
    "datasette.actor_auth_cookie": {"actor_from_request": "vitrina.compat.built_in_hooks:actor_from_cookie"},
    "datasette.blob_renderer": {
        **_all_from("vitrina.compat.built_in_hooks", "render_blob"),
        "register_output_renderer": "vitrina.compat.built_in_hooks:register_blob_renderer",
    },
    "datasette.csrf": _all_from(
        "vitrina.compat.asgi_parts", "CrossOriginProtectionMiddleware DEFAULT_PORTS SAFE_METHODS"
    ),
    "datasette.default_actions": _all_from("vitrina.compat.built_in_hooks", "register_actions"),
    "datasette.default_column_types": {
        **_all_from("vitrina.compat.built_in_hooks", "register_column_types"),
        **{
            f"{name}ColumnType": f"vitrina.compat.built_in_hooks:{name}ColumnType"
            for name in ("Email", "Json", "Textarea", "Url")
        },
    },
    "datasette.default_database_actions": _all_from("vitrina.compat.built_in_hooks", "database_actions"),
    "datasette.default_debug_menu": _all_from("vitrina.compat.built_in_hooks", "jump_items_sql"),
    "datasette.default_jump_items": _all_from("vitrina.compat.built_in_hooks", "jump_items_sql"),
    "datasette.default_magic_parameters": _all_from(
        "vitrina.compat.magic", "actor cookie header now random register_magic_parameters"
    ),
    "datasette.default_permissions": _all_from(
        _RULES,
        "ActorRestrictions DEFAULT_ALLOW_ACTIONS actor_restrictions_sql config_permissions_sql "
        "default_action_permissions_sql default_allow_sql_check default_query_permissions_sql "
        "restrictions_allow_action root_user_permissions_sql",
    ),
    "datasette.default_permissions.config": _all_from(_RULES, "config_permissions_sql"),
    "datasette.default_permissions.defaults": _all_from(
        _RULES,
        "DEFAULT_ALLOW_ACTIONS default_action_permissions_sql default_allow_sql_check default_query_permissions_sql",
    ),
    "datasette.default_permissions.helpers": _all_from(
        _RULES, "PermissionRow PermissionRowCollector action_in_list get_action_name_variants"
    ),
    "datasette.default_permissions.restrictions": _all_from(
        _RULES, "ActorRestrictions actor_restrictions_sql restrictions_allow_action"
    ),
    "datasette.default_permissions.root": _all_from(_RULES, "root_user_permissions_sql"),
    "datasette.default_permissions.sqlite_statistics": {
        "permission_resources_sql": f"{_RULES}:sqlite_statistics_sql",
    },
    "datasette.default_permissions.tokens": {
        "actor_from_signed_api_token": f"{_RULES}:actor_from_signed_api_token",
        "register_token_handler": "vitrina.compat.built_in_hooks:register_token_handler",
    },
    "datasette.default_query_actions": _all_from("vitrina.compat.built_in_hooks", "query_actions"),
    "datasette.default_table_actions": _all_from("vitrina.compat.built_in_hooks", "table_actions"),
    "datasette.extras": _all_from(
        "vitrina.compat.extras", "Extra ExtraExample ExtraRegistry ExtraScope Provider extra_names_from_request"
    ),
    "datasette.forbidden": _all_from("vitrina.compat.built_in_hooks", "forbidden"),
    "datasette.handle_exception": _all_from("vitrina.compat.built_in_hooks", "handle_exception"),
    "datasette.inspect": _all_from(
        "vitrina.compat.inspection", "HASH_BLOCK_SIZE inspect_hash inspect_tables inspect_views"
    ),
    "datasette.sql_functions": _all_from("vitrina.compat.built_in_hooks", "prepare_connection"),
    "datasette.stored_queries": {
        **_all_from(
            "vitrina.facade.stored_query",
            "StoredQuery StoredQueryPage query_options_json query_row_to_stored_query stored_query_page_to_dict "
            "stored_query_to_dict",
        ),
        **_all_from(
            "vitrina.compat.query_functions",
            "QUERY_OPTION_FIELDS UNCHANGED add_query count_queries get_query list_queries remove_query "
            "save_queries_from_config update_query",
        ),
    },
    "datasette.telemetry": {
        **_all_from(
            "vitrina.hooks.otel",
            "SCHEMA_URL linked_root_span_kwargs observe_open_connections observe_pending_queries "
            "observe_sql_thread_limit observe_sql_thread_queue_depth observe_write_queue_depth "
            "record_operation_duration record_query_interrupted record_write_queue_wait",
        ),
        **_all_from(
            "vitrina.hooks.span_words",
            "DB_OPERATION_ALLOWLIST MAX_SQL_LENGTH REQUEST_SPAN_SCOPE_KEY callback_name clamp_http_method "
            "register_datasette sql_attribute sql_operation_name unregister_datasette",
        ),
        **_all_from("vitrina.http.telemetry", "TelemetryMiddleware request_span"),
    },
    "datasette.telemetry_registry": _all_from(
        "vitrina.hooks.telemetry_registry",
        "Attribute CALLBACK COUNTER DB_NAMESPACE DB_OPERATION_NAME DB_QUERY DB_QUERY_EXECUTE DB_QUERY_TEXT DB_SYSTEM "
        "DB_WRITE_EXECUTE DB_WRITE_QUEUE_WAIT DURATION_BUCKETS ERROR_TYPE EXECUTEMANY EXECUTESCRIPT GAUGE HISTOGRAM "
        "HTTP_REQUEST HTTP_REQUEST_METHOD HTTP_RESPONSE_STATUS_CODE HTTP_ROUTE INTERNAL_CLIENT INTERRUPTED "
        "ISOLATED_CONNECTION METRICS M_CONNECTIONS_OPEN M_OPERATION_DURATION M_QUERIES_INTERRUPTED "
        "M_QUERIES_PENDING M_THREADS_LIMIT M_THREADS_QUEUE_DEPTH M_WRITE_QUEUE_DEPTH M_WRITE_QUEUE_WAIT MetricName "
        "OPERATION PARAM_COUNT PARAM_SETS ROWS_RETURNED SERVER_ADDRESS SPANS SQL_ERROR_SUPPRESSED STARTUP SpanName "
        "TIME_LIMIT_MS TRANSACTION TRUNCATED UPDOWN_COUNTER URL_PATH URL_SCHEME USER_AGENT_ORIGINAL "
        "attribute_allowed attribute_value_allowed metric_for span_for",
    ),
    "datasette.telemetry_testing": _all_from(
        "vitrina.compat.telemetry_testing",
        "MetricsCollector assert_metrics_conform assert_metrics_covered assert_no_forbidden_values "
        "assert_package_never_imports_sdk assert_spans_conform assert_spans_covered install_metric_reader "
        "install_span_exporter otel_meter_provider otel_metrics otel_provider otel_reset otel_spans",
    ),
    "datasette.template_contexts": _all_from(_CONTEXTS, "PAGES TEMPLATE_BASE_CONTEXT documented_context_keys"),
    "datasette.utils.actions_sql": _all_from(
        "vitrina.compat.permission_queries",
        "build_allowed_resources_sql build_permission_rules_sql check_permission_for_resource "
        "check_permissions_for_actions explain_permission_for_resource",
    ),
    "datasette.utils.internal_db": _all_from(
        "vitrina.compat.internal_tables",
        "INTERNAL_DB_SCHEMA_INDEXES INTERNAL_DB_SCHEMA_SQL INTERNAL_DB_SCHEMA_TABLES init_internal_db "
        "populate_schema_tables",
    ),
    "datasette.utils.permissions": _all_from(
        "vitrina.compat.permission_rules",
        "SKIP_PERMISSION_CHECKS build_rules_union gather_permission_sql_from_hooks "
        "resolve_permissions_from_catalog resolve_permissions_with_candidates",
    ),
    "datasette.utils.shutil_backport": _all_from("vitrina.compat.folders", "copytree"),
    "datasette.utils.sql_analysis": _ANALYSIS,
    "datasette.write_sql": _all_from(
        "vitrina.facade.write_decisions",
        "IgnoreWriteSqlOperation PermissionRequirement QueryWriteRejected RejectWriteSqlOperation "
        "RequireWriteSqlPermissions UnsupportedWriteSqlOperation WriteSqlOperationDecision "
        "decision_for_write_sql_operation ensure_query_write_permissions operation_is_write "
        "row_mutation_requirements",
    ),
    "datasette.views": _all_from("vitrina.facade.views", "Context ContextField from_extra"),
    "datasette.views.base": _all_from("vitrina.facade.views", "BaseView DatasetteError View"),
    "datasette.views.database": {
        "MagicParameters": "vitrina.compat.magic_parameters:MagicParameters",
        **_all_from(_PAGES, "DatabaseView QueryView database_download"),
        **_all_from(_CONTEXTS, "DatabaseContext QueryContext"),
    },
    "datasette.views.execute_write": {
        **_all_from(_PAGES, "ExecuteWriteAnalyzeView ExecuteWriteView"),
        "SQL_PARAMETER_FORM_PREFIX": "vitrina.web.write.sql:_PREFIX",
    },
    "datasette.views.index": {
        "IndexView": f"{_PAGES}:IndexView",
        "COUNT_DB_SIZE_LIMIT": "vitrina.execute.counts:HOME_MAX_BYTES",
    },
    "datasette.views.query_helpers": {
        "QueryValidationError": "vitrina.facade.write_decisions:QueryValidationError",
        "SQL_PARAMETER_FORM_PREFIX": "vitrina.web.write.sql:_PREFIX",
    },
    "datasette.views.row": {
        **_all_from(_PAGES, "RowDeleteView RowUpdateView RowView"),
        **_all_from(_CONTEXTS, "RowContext"),
        "ROW_FLASH_LABEL_MAX_LENGTH": "vitrina.web.write.row:_LABEL_LENGTH",
    },
    "datasette.views.special": _all_from(
        _PAGES,
        "AllowDebugView AllowedResourcesView ApiExplorerView AuthTokenView AutocompleteDebugView CreateTokenView "
        "DatabaseSchemaView InstanceSchemaView JsonDataView JumpView LogoutView MessagesDebugView "
        "PatternPortfolioView PermissionCheckView PermissionRulesView PermissionsDebugView TableSchemaView",
    ),
    "datasette.views.stored_queries": _all_from(
        _PAGES,
        "GlobalQueryListView QueryCreateAnalyzeView QueryDefinitionView QueryDeleteView QueryEditView QueryListView "
        "QueryParametersView QueryStoreView QueryUpdateView",
    ),
    "datasette.views.table": {
        **_all_from(
            _PAGES,
            "TableAutocompleteView TableCountView TableDropView TableFragmentView TableInsertView "
            "TableSetColumnTypeView TableUpsertView table_view",
        ),
        **_all_from(_CONTEXTS, "TableContext"),
        "AUTOCOMPLETE_TIME_LIMIT_MS": "vitrina.web.autocomplete:_TIME_LIMIT_MS",
    },
    "datasette.views.table_create_alter": {
        **_all_from(
            _PAGES, "DatabaseForeignKeyTargetsView TableAlterView TableCreateView TableForeignKeySuggestionsView"
        ),
        "FOREIGN_KEY_SUGGESTION_ROW_LIMIT": "vitrina.execute.foreign_key_guess:ROW_LIMIT",
        "FOREIGN_KEY_SUGGESTION_TIME_LIMIT_MS": "vitrina.execute.foreign_key_guess:QUERY_LIMIT_MS",
        "FOREIGN_KEY_SUGGESTION_TOTAL_TIME_LIMIT_MS": "vitrina.execute.foreign_key_guess:TOTAL_LIMIT_MS",
    },
    # Pages compute what ``_extra`` asks for in one trip, not class by class.
    "datasette.views.table_extras": {},
}
