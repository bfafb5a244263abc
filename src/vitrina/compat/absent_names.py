"""Names of the reference's modules behind which nothing of ours stands: module → names."""

from __future__ import annotations

from collections.abc import Mapping

#: each can be imported, and says where it is used that it is not there
ABSENT: Mapping[str, frozenset[str]] = {
    module: frozenset(names.split())
    for module, names in {
        "datasette.app": (
            "AsgiTracer DEFAULT_NOT_SET DatasetteRouter FAVICON_PATH NotFoundExplicit _DatasetteClientContext "
            "_HASH_URLS_REMOVED _cleaner_task_str _cleaner_task_str_re _curly_re _in_datasette_client "
            "_legacy_template_csrftoken _permission_cache_key _resolve_static_asset_path "
            "_template_context_json_default _to_string app_root tracer using_pysqlite3"
        ),
        "datasette.background_tasks": "_function_path _on_task_done _utcnow_iso",
        "datasette.blob_renderer": "_BLOB_COLUMN _BLOB_HASH",
        "datasette.cli": "Setting",
        "datasette.csrf": "_install_legacy_csrftoken _normalize_headers _origin_tuple",
        "datasette.database": ("WriteTask _SHUTDOWN _apply_write_wrapper _deliver_write_result connections tracer"),
        "datasette.default_column_types": "_HTTP_URL_RE _normalize_http_url",
        "datasette.default_debug_menu": "DEBUG_MENU_ITEMS",
        "datasette.default_permissions.config": "ConfigPermissionProcessor",
        "datasette.events": "write_wrapper",
        "datasette.extras": "_camel_to_snake",
        "datasette.filters": "_coerce_numeric_filter_value _quote_sqlite_identifier",
        "datasette.handle_exception": "rich",
        "datasette.jump": "_PARAM_RE",
        "datasette.permissions": "_SQLITE_IDENTIFIER_CASE _permission_check_cache _reason_id _skip_permission_checks",
        "datasette.plugins": "DATASETTE_LOAD_PLUGINS DATASETTE_TRACE_PLUGINS after before plugin",
        "datasette.telemetry": (
            "_HEADERS_GETTER _KNOWN_METHODS _LEADING_KEYWORD _ScopeHeadersGetter _databases_of "
            "_duration_attributes _first_header _in_datasette_client _live_datasettes _live_datasettes_lock "
            "_live_instances _url_path meter open_connections_gauge pending_queries_gauge queries_interrupted "
            "sql_operation_duration sql_thread_limit_gauge sql_thread_queue_depth_gauge tracer "
            "write_queue_depth_gauge write_queue_wait"
        ),
        "datasette.tracer": "AsgiTracer trace_task_id tracers",
        "datasette.utils": (
            "TildeEncoder _TILDE_ENCODING_SAFE _boring_keyword_re _combine _comments_and_strings_re _css_re "
            "_escape_fts_re _etag_cache _gather_arguments _handle_pair _infinities _named_param_re _space "
            "_table_config_keys filter_column_re"
        ),
        "datasette.utils.actions_sql": (
            "_build_single_action_sql _child_collation _explain_single_action _permission_explanation_summary "
            "_unused_parameter_name"
        ),
        "datasette.utils.asgi": "_RequestHeaders",
        "datasette.utils.internal_db": "_internal_schema_exists initial_internal_schema",
        "datasette.utils.multipart": "MultipartParser",
        "datasette.utils.permissions": "_iter_permission_sql_from_result _plugin_name_from_hookimpl",
        "datasette.utils.shutil_backport": "_copytree",
        "datasette.utils.sql_analysis": (
            "_ACTION_TO_OPERATION _AUTHORIZER_ACTION_NAMES _CREATE_ACTIONS _DROP_ACTIONS "
            "_SQLITE_INTERNAL_SCHEMA_FUNCTIONS _SQLITE_SCHEMA_TABLES _TEMP_SCHEMA_ACTIONS "
            "_VTABLE_SCHEMA_ACTIONS _add_schema_action _allow_authorizer_action _disable_authorizer "
            "schema_action"
        ),
        "datasette.utils.sqlite": (
            "_SQLITE_IDENTIFIER_RE _VIRTUAL_TABLE_MODULE_RE _VIRTUAL_TABLE_SHADOW_SUFFIXES "
            "_cached_sqlite_version _cached_supports_returning _fts_external_content_table "
            "_fts_vocabulary_source _is_fts_content_virtual_table _is_known_shadow_table _quote_identifier "
            "_split_sql_arguments _sqlite_schema_table _sqlite_table_type_from_schema _sqlite_version "
            "_strip_sql_comments _unquote_sql_value _virtual_table_module"
        ),
        "datasette.views": "_type_name",
        "datasette.views.base": "stream_csv",
        "datasette.views.database": (
            "DatabaseTable DatabaseViewInfo QueryExtraContext _block_framing _create_table_ui_context "
            "_ensure_stored_query_execution_permissions _table_columns _table_count_truncated display_rows "
            "get_tables resolve_query_extras stream_csv table_extra_registry"
        ),
        "datasette.views.execute_write": (
            "CREATE_TABLE_TEMPLATE_SQL WRITE_TEMPLATE_LABELS WRITE_TEMPLATE_OPERATIONS _analysis_changes_schema "
            "_analysis_is_write _analysis_rows _analysis_rows_with_permissions _auto_incrementing_primary_key "
            "_block_framing _coerce_execute_write_payload _create_table_template_sql _delete_template_sql "
            "_derived_query_parameters _execute_write_analysis_data _execute_write_disabled_reason "
            "_insert_template_sql _inserted_row_url _json_or_form_payload _parameter_names "
            "_preferred_where_column _prepare_execute_write _quote_identifier _table_columns "
            "_template_sql_allowed _template_sqls_for_table _update_template_sql _wants_json "
            "_write_template_operations _write_template_tables display_query_rows"
        ),
        "datasette.views.index": "TRUNCATE_AT",
        "datasette.views.query_helpers": (
            "_actor_id _analysis_is_write _analysis_rows _analysis_rows_with_permissions _analyze_user_query "
            "_apply_query_data_types _as_bool _as_optional_bool _block_framing _check_query_name "
            "_coerce_execute_write_payload _coerce_query_parameters _derived_query_parameters "
            "_display_operations _ensure_stored_query_execution_permissions _execute_write_analysis_data "
            "_execute_write_disabled_reason _inserted_row_url _json_or_form_payload _prepare_execute_write "
            "_prepare_query_create _prepare_query_update _query_create_analysis_data _query_create_fields "
            "_query_create_form_context _query_create_form_error_message _query_edit_form_context _query_fields "
            "_query_list_limit _query_name_re _query_update_fields _query_write_fields _table_columns "
            "_wants_json"
        ),
        "datasette.views.row": (
            "RowError RowExtraContext _database_and_table_resource_from_request "
            "_resolve_row_and_check_permission _row_flash_message _table_page_data _truncated_row_flash_label "
            "display_columns_and_rows resolve_row_extras row_label_from_label_column stream_csv "
            "table_extra_registry"
        ),
        "datasette.views.special": "SchemaBaseView _check_permission_for_actor _resource_path",
        "datasette.views.stored_queries": (
            "QueryCreateView _as_bool _as_optional_bool _block_framing _derived_query_parameters "
            "_json_or_form_payload _prepare_query_create _prepare_query_update _query_create_analysis_data "
            "_query_create_form_context _query_create_form_error_message _query_edit_form_context "
            "_query_list_limit _query_list_url"
        ),
        "datasette.views.table": (
            "ALTER_TABLE_COLUMN_TYPES ALTER_TABLE_TYPE_FOR_SQLITE_TYPE LINK_WITH_LABEL LINK_WITH_VALUE Row "
            "TABLE_EXTRA_BUNDLES TableExtraContext _autocomplete_initial_order_by _autocomplete_like "
            "_autocomplete_order_by _autocomplete_pk_order_by _autocomplete_prefix_like "
            "_autocomplete_response_rows _column_sqlite_type_for_insert_form _column_value_kind_for_insert_form "
            "_columns_to_select _custom_column_type_options_for_create_table _escape_like _exact_filter_key "
            "_foreign_key_autocomplete_urls _fragment_request_for_row _next_value_and_url _prefix_range_end "
            "_redirect _redirect_if_needed _request_with_query_string _sort_order _sortable_columns_for_table "
            "_table_alter_ui _table_filters _table_insert_ui _table_page_data _validate_column_types "
            "count_is_truncated default_expr_for_sql default_expression_options display_columns_and_rows "
            "precompute_database_action_permissions precompute_table_action_permissions resolve_table_extras "
            "row_label_from_label_column run_sequential stream_csv table_extra_registry table_view_data "
            "table_view_traced"
        ),
        "datasette.views.table_create_alter": (
            "ALTER_TABLE_COLUMN_TYPES ALTER_TABLE_TYPE_FOR_SQLITE_TYPE AddColumnArgs AddColumnOperation "
            "AddForeignKeyOperation AlterColumnArgs AlterColumnOperation AlterTableRequest "
            "CREATE_TABLE_COLUMN_TYPES CREATE_TABLE_SQLITE_TYPES CREATE_TABLE_TYPE_FOR_SQLITE_TYPE "
            "CreateTableColumn CreateTableRequest DEFAULT_EXPRESSIONS DEFAULT_EXPR_BY_SQL DEFAULT_EXPR_SQL "
            "DropColumnArgs DropColumnOperation DropForeignKeyArgs DropForeignKeyOperation "
            "FOREIGN_KEY_TARGETS_SQL ForeignKeyArgs ForeignKeySuggestionTimedOut RenameColumnArgs "
            "RenameColumnOperation RenameTableArgs RenameTableOperation ReorderColumnsArgs "
            "ReorderColumnsOperation SQLITE_UTILS_DEFAULT SetForeignKeysArgs SetForeignKeysOperation "
            "SetPrimaryKeyArgs SetPrimaryKeyOperation TABLE_NAME_RE _DefaultArgsMixin _StrictPydanticModel "
            "_create_table_pydantic_errors _create_table_ui_context "
            "_custom_column_type_options_for_create_table _default_expr_error_message "
            "_default_expression_lookup_key _default_expression_sql _filter_visible_foreign_key_targets "
            "_foreign_key_name_reasons _foreign_key_option_sort_key _foreign_key_suggestion_metadata "
            "_foreign_key_suggestion_samples _foreign_key_suggestion_values_exist _foreign_key_type_compatible "
            "_literal_default _primary_key_value _public_foreign_key_target _pydantic_errors _quoted_options "
            "_singular _sqlite_type_affinity _strip_wrapping_parentheses _table_schema_from_conn "
            "default_expr_for_sql default_expression_options"
        ),
        "datasette.views.table_extras": (
            "ActionsExtra AllColumnsExtra ColumnDetailsExtra ColumnTypesExtra ColumnsExtra CountExtra "
            "CountSqlExtra CountTruncatedExtra CustomTableTemplatesExtra DatabaseColorExtra DatabaseExtra "
            "DatabaseResource DebugExtra DisplayColumnsAndRowsProvider DisplayColumnsExtra DisplayRowsExtra "
            "ExpandableColumnsExtra Extra ExtraExample ExtraRegistry ExtraScope ExtrasExtra "
            "FacetInstancesProvider FacetResultsExtra FacetsTimedOutExtra FiltersExtra ForeignKeyTablesExtra "
            "FormHiddenArgsExtra HumanDescriptionEnExtra IsViewExtra MetadataExtra PrimaryKeysExtra "
            "PrivateExtra Provider QueryExtra QueryExtraContext QueryInterrupted RenderCellExtra RenderersExtra "
            "RequestExtra RowExtraContext SQLiteType SetColumnTypeUiExtra SortedFacetResultsExtra "
            "SuggestedFacetsExtra TABLE_EXTRA_BUNDLES TABLE_EXTRA_CLASSES TableDefinitionExtra TableExtra "
            "TableExtraContext TableResource ViewDefinitionExtra await_me_maybe call_with_supported_arguments "
            "column_detail_as_json count_is_truncated path_with_added_args path_with_format "
            "path_with_removed_args precompute_database_action_permissions precompute_table_action_permissions "
            "resolve_query_extras resolve_row_extras resolve_table_extras table_extra_registry to_css_class"
        ),
    }.items()
}
