"""Names that modules of the reference have because they import them from each other."""

from __future__ import annotations

from collections.abc import Mapping

#: module → the module it takes names from → those names
_REPEATED: Mapping[str, Mapping[str, str]] = {
    "datasette.app": {
        "datasette.background_tasks": "BackgroundTask BackgroundTaskSupervisor",
        "datasette.column_types": "SQLiteType",
        "datasette.csrf": "CrossOriginProtectionMiddleware",
        "datasette.database": "QueryInterrupted",
        "datasette.events": "Event",
        "datasette.plugins": "DEFAULT_PLUGINS get_plugins",
        "datasette.renderer": "json_renderer",
        "datasette.resources": "DatabaseResource TableResource",
        "datasette.telemetry": (
            "TelemetryMiddleware clamp_http_method register_datasette request_span unregister_datasette"
        ),
        "datasette.telemetry_registry": "HTTP_ROUTE STARTUP",
        "datasette.template_contexts": "TEMPLATE_BASE_CONTEXT",
        "datasette.tokens": "TokenInvalid",
        "datasette.url_builder": "Urls",
        "datasette.utils": (
            "PrefixedUrlString SPATIALITE_FUNCTIONS StartupError add_cors_headers "
            "async_call_with_supported_arguments await_me_maybe call_with_supported_arguments "
            "detect_json1 display_actor escape_css_string escape_sqlite find_spatialite "
            "format_bytes module_from_path move_plugins_and_allow move_table_config "
            "parse_metadata redact_keys resolve_env_secrets resolve_routes row_sql_params_pks "
            "sha256_file tilde_decode tilde_encode to_css_class urlsafe_components"
        ),
        "datasette.utils.asgi": (
            "AsgiLifespan AsgiRunOnFirstRequest BadRequest DatabaseNotFound Forbidden NotFound "
            "Request Response RowNotFound TableNotFound asgi_send asgi_send_file "
            "asgi_send_redirect asgi_static"
        ),
        "datasette.utils.internal_db": "init_internal_db populate_schema_tables",
        "datasette.views": "Context",
        "datasette.views.database": "DatabaseView QueryView database_download",
        "datasette.views.execute_write": "ExecuteWriteAnalyzeView ExecuteWriteView",
        "datasette.views.index": "IndexView",
        "datasette.views.row": "RowDeleteView RowUpdateView RowView",
        "datasette.views.special": (
            "AllowDebugView AllowedResourcesView ApiExplorerView AuthTokenView "
            "AutocompleteDebugView CreateTokenView DatabaseSchemaView InstanceSchemaView "
            "JsonDataView JumpView LogoutView MessagesDebugView PatternPortfolioView "
            "PermissionCheckView PermissionRulesView PermissionsDebugView TableSchemaView"
        ),
        "datasette.views.stored_queries": (
            "GlobalQueryListView QueryCreateAnalyzeView QueryDefinitionView QueryDeleteView "
            "QueryEditView QueryListView QueryParametersView QueryStoreView QueryUpdateView"
        ),
        "datasette.views.table": (
            "TableAutocompleteView TableCountView TableDropView TableFragmentView TableInsertView "
            "TableSetColumnTypeView TableUpsertView table_view"
        ),
        "datasette.views.table_create_alter": (
            "DatabaseForeignKeyTargetsView TableAlterView TableCreateView TableForeignKeySuggestionsView"
        ),
    },
    "datasette.blob_renderer": {
        "datasette.utils": "to_css_class",
        "datasette.utils.asgi": "BadRequest Response",
    },
    "datasette.cli": {
        "datasette.app": "Datasette SQLITE_LIMIT_ATTACHED",
        "datasette.inspect": "inspect_tables",
        "datasette.utils": (
            "ConnectionProblem SpatialiteConnectionProblem SpatialiteNotFound StartupError "
            "ValueAsBooleanError check_connection deep_dict_update find_spatialite "
            "initial_path_for_datasette pairs_to_nested_config parse_metadata value_as_boolean"
        ),
    },
    "datasette.csrf": {
        "datasette.utils.asgi": "asgi_send",
    },
    "datasette.database": {
        "datasette.inspect": "inspect_hash",
        "datasette.telemetry": (
            "callback_name linked_root_span_kwargs record_operation_duration "
            "record_query_interrupted record_write_queue_wait sql_attribute sql_operation_name"
        ),
        "datasette.telemetry_registry": (
            "CALLBACK DB_NAMESPACE DB_OPERATION_NAME DB_QUERY DB_QUERY_EXECUTE DB_QUERY_TEXT "
            "DB_SYSTEM DB_WRITE_EXECUTE DB_WRITE_QUEUE_WAIT EXECUTEMANY EXECUTESCRIPT INTERRUPTED "
            "ISOLATED_CONNECTION PARAM_COUNT PARAM_SETS ROWS_RETURNED SQL_ERROR_SUPPRESSED "
            "TIME_LIMIT_MS TRANSACTION TRUNCATED"
        ),
        "datasette.tracer": "trace",
        "datasette.utils": (
            "call_with_supported_arguments detect_fts detect_primary_keys detect_spatialite "
            "escape_sqlite get_all_foreign_keys get_outbound_foreign_keys md5_not_usedforsecurity "
            "sqlite_timelimit table_column_details table_columns"
        ),
        "datasette.utils.sql_analysis": "SQLAnalysis analyze_sql_tables",
        "datasette.utils.sqlite": "sqlite_derived_table_dependencies sqlite_hidden_table_names",
    },
    "datasette.default_actions": {
        "datasette.permissions": "Action",
        "datasette.resources": "DatabaseResource QueryResource TableResource",
    },
    "datasette.default_column_types": {
        "datasette.column_types": "ColumnType SQLiteType",
    },
    "datasette.default_database_actions": {
        "datasette.resources": "DatabaseResource",
    },
    "datasette.default_debug_menu": {
        "datasette.jump": "JumpSQL",
    },
    "datasette.default_jump_items": {
        "datasette.jump": "JumpSQL",
    },
    "datasette.default_permissions.config": {
        "datasette.default_permissions.helpers": "PermissionRowCollector get_action_name_variants",
        "datasette.permissions": "PermissionSQL",
        "datasette.utils": "actor_matches_allow",
    },
    "datasette.default_permissions.defaults": {
        "datasette.permissions": "PermissionSQL",
    },
    "datasette.default_permissions.helpers": {
        "datasette.permissions": "PermissionSQL",
    },
    "datasette.default_permissions.restrictions": {
        "datasette.default_permissions.helpers": "action_in_list get_action_name_variants",
        "datasette.permissions": "PermissionSQL",
    },
    "datasette.default_permissions.root": {
        "datasette.permissions": "PermissionSQL",
    },
    "datasette.default_permissions.sqlite_statistics": {
        "datasette.permissions": "PermissionSQL",
    },
    "datasette.default_permissions.tokens": {
        "datasette.tokens": "SignedTokenHandler",
    },
    "datasette.default_query_actions": {
        "datasette.resources": "QueryResource",
    },
    "datasette.default_table_actions": {
        "datasette.resources": "TableResource",
    },
    "datasette.extras": {
        "datasette.utils.asgi": "BadRequest",
    },
    "datasette.facets": {
        "datasette.database": "QueryInterrupted",
        "datasette.utils": "detect_json1 escape_sqlite path_with_added_args path_with_removed_args",
    },
    "datasette.filters": {
        "datasette.resources": "DatabaseResource TableResource",
        "datasette.utils": "detect_json1 escape_sqlite path_with_removed_args",
        "datasette.utils.asgi": "BadRequest",
        "datasette.views.base": "DatasetteError",
    },
    "datasette.fixtures": {
        "datasette.utils": "documented",
    },
    "datasette.forbidden": {
        "datasette.utils": "add_cors_headers",
        "datasette.utils.asgi": "Response",
    },
    "datasette.handle_exception": {
        "datasette.utils": "add_cors_headers error_body",
        "datasette.utils.asgi": "Base400 Response",
        "datasette.views.base": "DatasetteError",
    },
    "datasette.inspect": {
        "datasette.utils": (
            "detect_fts detect_primary_keys detect_spatialite escape_sqlite get_all_foreign_keys table_columns"
        ),
    },
    "datasette.renderer": {
        "datasette.extras": "extra_names_from_request",
        "datasette.utils": "error_body path_from_row_pks value_as_boolean",
        "datasette.utils.asgi": "Response",
    },
    "datasette.sql_functions": {
        "datasette.utils": "escape_fts",
    },
    "datasette.stored_queries": {
        "datasette.utils": "tilde_encode urlsafe_components",
    },
    "datasette.telemetry": {
        "datasette.telemetry_registry": (
            "DB_NAMESPACE DB_SYSTEM ERROR_TYPE HTTP_REQUEST_METHOD HTTP_RESPONSE_STATUS_CODE "
            "INTERNAL_CLIENT M_CONNECTIONS_OPEN M_OPERATION_DURATION M_QUERIES_INTERRUPTED "
            "M_QUERIES_PENDING M_THREADS_LIMIT M_THREADS_QUEUE_DEPTH M_WRITE_QUEUE_DEPTH "
            "M_WRITE_QUEUE_WAIT OPERATION SERVER_ADDRESS URL_PATH URL_SCHEME USER_AGENT_ORIGINAL"
        ),
    },
    "datasette.telemetry_testing": {
        "datasette.telemetry_registry": "attribute_allowed attribute_value_allowed metric_for span_for",
    },
    "datasette.template_contexts": {
        "datasette.views.database": "DatabaseContext QueryContext",
        "datasette.views.row": "RowContext",
        "datasette.views.table": "TableContext",
    },
    "datasette.url_builder": {
        "datasette.utils": "path_with_format tilde_encode",
    },
    "datasette.utils.actions_sql": {
        "datasette.utils.permissions": "gather_permission_sql_from_hooks",
    },
    "datasette.utils.asgi": {
        "datasette.utils": "calculate_etag error_body",
        "datasette.utils.multipart": (
            "DEFAULT_MAX_FIELDS DEFAULT_MAX_FIELD_SIZE DEFAULT_MAX_FILES DEFAULT_MAX_FILE_SIZE "
            "DEFAULT_MAX_MEMORY_FILE_SIZE DEFAULT_MAX_PARTS DEFAULT_MAX_PART_HEADER_BYTES "
            "DEFAULT_MAX_PART_HEADER_LINES DEFAULT_MAX_REQUEST_SIZE DEFAULT_MIN_FREE_DISK_BYTES "
            "MultipartParseError parse_form_data"
        ),
    },
    "datasette.utils.internal_db": {
        "datasette.utils": "escape_sqlite table_column_details",
    },
    "datasette.utils.permissions": {
        "datasette.permissions": "PermissionSQL",
        "datasette.utils": "await_me_maybe",
    },
    "datasette.utils.sql_analysis": {
        "datasette.utils": "escape_sqlite",
        "datasette.utils.sqlite": "sqlite_table_type",
    },
    "datasette.views.base": {
        "datasette.utils": (
            "EscapeHtmlWriter InvalidSql LimitedWriter add_cors_headers path_from_row_pks path_with_format"
        ),
        "datasette.utils.asgi": "AsgiStream BadRequest Request Response",
    },
    "datasette.views.database": {
        "datasette.database": "QueryInterrupted",
        "datasette.extras": "ExtraScope extra_names_from_request",
        "datasette.resources": "DatabaseResource QueryResource",
        "datasette.stored_queries": "StoredQuery stored_query_to_dict",
        "datasette.utils": (
            "InvalidSql add_cors_headers await_me_maybe call_with_supported_arguments "
            "derive_named_parameters error_body format_bytes is_url make_slot_function "
            "path_with_added_args path_with_format path_with_removed_args tilde_decode "
            "to_css_class truncate_url validate_sql_select"
        ),
        "datasette.utils.asgi": "AsgiFileDownload Forbidden NotFound Response",
        "datasette.views": "Context",
        "datasette.views.base": "DatasetteError View",
        "datasette.write_sql": "QueryWriteRejected",
    },
    "datasette.views.execute_write": {
        "datasette.database": "QueryInterrupted",
        "datasette.resources": "DatabaseResource",
        "datasette.utils": "UNSTABLE_API_MESSAGE",
        "datasette.utils.asgi": "Response",
        "datasette.views.base": "BaseView",
        "datasette.views.query_helpers": "QueryValidationError",
    },
    "datasette.views.index": {
        "datasette.utils": (
            "CustomJSONEncoder UNSTABLE_API_MESSAGE add_cors_headers await_me_maybe make_slot_function"
        ),
        "datasette.utils.asgi": "Response",
        "datasette.views.base": "BaseView",
    },
    "datasette.views.query_helpers": {
        "datasette.resources": "DatabaseResource",
        "datasette.stored_queries": "StoredQuery",
        "datasette.utils": (
            "InvalidSql derive_named_parameters escape_sqlite parse_size_limit path_from_row_pks validate_sql_select"
        ),
        "datasette.utils.asgi": "Forbidden",
        "datasette.utils.sql_analysis": "Operation SQLAnalysis",
        "datasette.write_sql": (
            "IgnoreWriteSqlOperation QueryWriteRejected RequireWriteSqlPermissions "
            "decision_for_write_sql_operation operation_is_write"
        ),
    },
    "datasette.views.row": {
        "datasette.database": "QueryInterrupted",
        "datasette.events": "DeleteRowEvent UpdateRowEvent",
        "datasette.extras": "ExtraScope extra_names_from_request",
        "datasette.resources": "TableResource",
        "datasette.utils": (
            "CustomJSONEncoder CustomRow InvalidSql WriteJsonValueError add_cors_headers "
            "await_me_maybe call_with_supported_arguments decode_write_json_row escape_sqlite "
            "make_slot_function path_from_row_pks path_with_format path_with_removed_args "
            "tilde_decode to_css_class"
        ),
        "datasette.utils.asgi": "Forbidden NotFound PayloadTooLarge Response",
        "datasette.utils.sqlite": "check_structured_write_table",
        "datasette.views": "Context from_extra",
        "datasette.views.base": "BaseView DatasetteError",
    },
    "datasette.views.special": {
        "datasette.events": "CreateTokenEvent LoginEvent LogoutEvent",
        "datasette.jump": "JumpSQL namespace_sql_params",
        "datasette.resources": "DatabaseResource TableResource",
        "datasette.utils": (
            "UNSTABLE_API_MESSAGE actor_matches_allow add_cors_headers await_me_maybe error_body "
            "parse_size_limit tilde_decode tilde_encode"
        ),
        "datasette.utils.asgi": "Forbidden Response",
        "datasette.views.base": "BaseView View",
    },
    "datasette.views.stored_queries": {
        "datasette.resources": "DatabaseResource QueryResource",
        "datasette.stored_queries": "stored_query_to_dict",
        "datasette.utils": "UNSTABLE_API_MESSAGE tilde_decode",
        "datasette.utils.asgi": "Response",
        "datasette.views.base": "BaseView",
        "datasette.views.query_helpers": "QueryValidationError",
    },
    "datasette.views.table": {
        "datasette.column_types": "SQLiteType",
        "datasette.database": "QueryInterrupted",
        "datasette.events": "AlterTableEvent DropTableEvent InsertRowsEvent UpsertRowsEvent",
        "datasette.extras": "ExtraScope extra_names_from_request",
        "datasette.filters": "Filters",
        "datasette.resources": "DatabaseResource TableResource",
        "datasette.utils": (
            "CustomJSONEncoder CustomRow InvalidSql WriteJsonValueError add_cors_headers "
            "append_querystring await_me_maybe call_with_supported_arguments "
            "compound_keys_after_sql decode_write_json_rows escape_sqlite filters_should_redirect "
            "format_bytes is_url make_slot_function path_from_row_pks path_with_added_args "
            "path_with_format path_with_removed_args path_with_replaced_args tilde_encode "
            "to_css_class truncate_url urlsafe_components value_as_boolean"
        ),
        "datasette.utils.asgi": "BadRequest Forbidden NotFound PayloadTooLarge Request Response",
        "datasette.utils.sqlite": "check_structured_write_table",
        "datasette.views": "Context from_extra",
        "datasette.views.base": "BaseView DatasetteError",
        "datasette.views.database": "QueryView",
    },
    "datasette.views.table_create_alter": {
        "datasette.column_types": "SQLiteType",
        "datasette.database": "QueryInterrupted",
        "datasette.events": "AlterTableEvent CreateTableEvent InsertRowsEvent",
        "datasette.resources": "DatabaseResource TableResource",
        "datasette.utils": (
            "WriteJsonValueError decode_write_json_rows escape_sqlite get_outbound_foreign_keys table_column_details"
        ),
        "datasette.utils.asgi": "NotFound PayloadTooLarge Response",
        "datasette.utils.permissions": (
            "SKIP_PERMISSION_CHECKS gather_permission_sql_from_hooks resolve_permissions_with_candidates"
        ),
        "datasette.utils.sqlite": "check_structured_write_table sqlite_hidden_table_names",
        "datasette.views.base": "BaseView",
    },
    "datasette.write_sql": {
        "datasette.permissions": "Resource",
        "datasette.resources": "DatabaseResource TableResource",
        "datasette.utils": "named_parameters",
        "datasette.utils.asgi": "Forbidden",
        "datasette.utils.sql_analysis": "Operation SQLAnalysis",
    },
}


def with_repeated(names: Mapping[str, Mapping[str, str]]) -> dict[str, Mapping[str, str]]:
    """``names`` with those that modules share."""
    found: dict[str, Mapping[str, str]] = {**names}
    for module, sources in _REPEATED.items():
        taken = {word: names[source][word] for source, words in sources.items() for word in words.split()}
        found[module] = {**taken, **names[module]}
    return found
