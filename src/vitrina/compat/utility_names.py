"""Names of the reference's helper modules, and which of our objects stand under them."""

from __future__ import annotations

from collections.abc import Mapping


def _all_from(module: str, names: str) -> dict[str, str]:
    return {name: f"{module}:{name}" for name in names.split()}


_FACTS = (
    "Column detect_fts detect_json1 detect_primary_keys detect_spatialite get_all_foreign_keys "
    "get_outbound_foreign_keys sqlite_timelimit supports_table_xinfo table_column_details table_columns"
)
_CONFIGURATION = (
    "BadMetadataError ValueAsBooleanError deep_dict_update pairs_to_nested_config parse_metadata "
    "parse_size_limit prune_empty_dicts redact_keys resolve_env_secrets value_as_boolean"
)

UTILITIES: Mapping[str, str] = {
    "HASH_LENGTH": "vitrina.compat.sqlite_facts:HASH_LENGTH",
    "CustomRow": "vitrina.render.rows:CustomRow",
    "MultiParams": "vitrina.http.multi_params:MultiParams",
    "PrefixedUrlString": "vitrina.http.urls:PrefixedUrlString",
    "PaginatedResources": "vitrina.facade.resource_lists:PaginatedResources",
    "StartupError": "vitrina.errors:StartupError",
    "QueryInterrupted": "vitrina.errors:QueryInterrupted",
    "InvalidSql": "vitrina.errors:InvalidSQL",
    "StaticMount": "vitrina.cli.parameters:StaticMount",
    "LoadExtension": "vitrina.cli.parameters:LoadExtension",
    "actor_matches_allow": "vitrina.access.actors:actor_matches_allow",
    "async_call_with_supported_arguments": "vitrina.hooks.call:async_call_with_supported_arguments",
    "await_me_maybe": "vitrina.hooks.call:await_me_maybe",
    "call_with_supported_arguments": "vitrina.hooks.call:call_with_supported_arguments",
    "derive_named_parameters": "vitrina.compat.slots:derive_named_parameters",
    "make_slot_function": "vitrina.compat.slots:make_slot_function",
    "display_actor": "vitrina.access.actors:display_actor",
    "escape_css_string": "vitrina.render.templates:escape_css_string",
    "escape_fts": "vitrina.engine.sqlite.functions:escape_fts",
    "escape_sqlite": "vitrina.dialect.quoting:escape_sqlite",
    "format_bytes": "vitrina.render.byte_size:format_bytes",
    "is_url": "vitrina.render.cells:is_url",
    "truncate_url": "vitrina.render.cells:truncate_url",
    "find_spatialite": "vitrina.cli.parameters:find_spatialite",
    "link_or_copy": "vitrina.publish.links:link_or_copy",
    "link_or_copy_directory": "vitrina.publish.links:link_or_copy_directory",
    **_all_from("vitrina.publish.dockerfile", "APT_GET_DOCKERFILE_EXTRAS make_dockerfile"),
    "temporary_docker_directory": "vitrina.publish.context:temporary_docker_directory",
    "named_parameters": "vitrina.dialect.parameters:named_parameters",
    "sha256_file": "vitrina.compat.sending:sha256_file",
    "sqlite3": "sqlite3:",
    "tilde_decode": "vitrina.tilde:tilde_decode",
    "tilde_encode": "vitrina.tilde:tilde_encode",
    "to_css_class": "vitrina.render.css_class:to_css_class",
    "css_class_re": "vitrina.render.css_class:_CLEAN",
    "css_invalid_chars_re": "vitrina.render.css_class:_INVALID",
    "whitespace_re": "vitrina.render.css_class:_SPACE",
    "validate_sql_select": "vitrina.dialect.statement:check_select",
    **_all_from(
        "vitrina.http.paths",
        "path_with_added_args path_with_format path_with_removed_args path_with_replaced_args",
    ),
    **_all_from(
        "vitrina.compat.row_path", "urlsafe_components path_from_row_pks compound_keys_after_sql row_sql_params_pks"
    ),
    **_all_from("vitrina.compat.json_encoder", "CustomJSONEncoder remove_infinites"),
    **_all_from("vitrina.compat.sqlite_facts", _FACTS),
    **_all_from("vitrina.compat.configuration", _CONFIGURATION),
    **_all_from(
        "vitrina.compat.connection_checks",
        "ConnectionProblem SPATIALITE_FUNCTIONS SPATIALITE_PATHS SpatialiteConnectionProblem SpatialiteNotFound "
        "check_connection find_spatialite",
    ),
    **_all_from("vitrina.compat.documented", "documented functions_marked_as_documented"),
    **_all_from("vitrina.compat.filters", "filters_should_redirect"),
    **_all_from(
        "vitrina.compat.folders",
        "calculate_etag copytree initial_path_for_datasette link_or_copy link_or_copy_directory "
        "md5_not_usedforsecurity module_from_path",
    ),
    **_all_from("vitrina.compat.limited_writers", "EscapeHtmlWriter LimitedWriter WriteLimitExceeded"),
    **_all_from("vitrina.compat.old_metadata", "move_plugins_and_allow move_table_config"),
    **_all_from(
        "vitrina.compat.statement_words",
        "allowed_pragmas allowed_sql_res comment_re detect_fts_sql disallawed_sql_res reserved_words",
    ),
    **_all_from(
        "vitrina.compat.write_values",
        "WriteJsonValueError decode_write_json_cell decode_write_json_row decode_write_json_rows",
    ),
    "UNSTABLE_API_MESSAGE": "vitrina.web.unstable:UNSTABLE",
    **_all_from("vitrina.compat.answers", "add_cors_headers append_querystring error_body resolve_routes"),
}

_FORMS = {
    "FormData": "vitrina.http.form_data:FormData",
    "UploadedFile": "vitrina.http.form_data:UploadedFile",
}

ASGI: Mapping[str, str] = {
    "Request": "vitrina.http.request:Request",
    "Response": "vitrina.http.response:Response",
    "MultiParams": "vitrina.http.multi_params:MultiParams",
    "FormData": _FORMS["FormData"],
    "AsgiFileDownload": "vitrina.compat.static_views:AsgiFileDownload",
    "asgi_static": "vitrina.compat.static_views:asgi_static",
    **_all_from(
        "vitrina.compat.asgi_parts",
        "AsgiLifespan AsgiRunOnFirstRequest DEFAULT_MAX_POST_BODY_BYTES HASHED_STATIC_CACHE_CONTROL SAMESITE_VALUES",
    ),
    **_all_from("vitrina.http.streaming", "AsgiStream AsgiWriter"),
    **_all_from(
        "vitrina.compat.sending",
        "asgi_send asgi_send_file asgi_send_html asgi_send_json asgi_send_redirect asgi_start sha256_file",
    ),
    **_all_from(
        "vitrina.errors",
        "BadRequest DatabaseNotFound Forbidden NotFound PayloadTooLarge RowNotFound TableNotFound",
    ),
    "Base400": "vitrina.errors:ClientError",
}

MULTIPART: Mapping[str, str] = {
    **_FORMS,
    **_all_from(
        "vitrina.compat.form_parsing",
        "DEFAULT_MAX_FIELDS DEFAULT_MAX_FIELD_SIZE DEFAULT_MAX_FILES DEFAULT_MAX_FILE_SIZE "
        "DEFAULT_MAX_MEMORY_FILE_SIZE DEFAULT_MAX_PARTS DEFAULT_MAX_PART_HEADER_BYTES DEFAULT_MAX_PART_HEADER_LINES "
        "DEFAULT_MAX_REQUEST_SIZE DEFAULT_MIN_FREE_DISK_BYTES MultipartParseError parse_content_disposition "
        "parse_content_type parse_form_data",
    ),
}

SQLITE: Mapping[str, str] = {
    "sqlite3": "sqlite3:",
    **_all_from(
        "vitrina.compat.sqlite_facts",
        "sqlite_hidden_table_names sqlite_version supports_generated_columns supports_returning "
        "supports_table_list supports_table_xinfo check_structured_write_table sqlite_derived_table_dependencies "
        "sqlite_table_type using_pysqlite3",
    ),
}
