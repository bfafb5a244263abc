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
    "validate_sql_select": "vitrina.dialect.statement:check_select",
    **_all_from(
        "vitrina.http.paths",
        "path_with_added_args path_with_format path_with_removed_args path_with_replaced_args",
    ),
    **_all_from("vitrina.compat.row_path", "urlsafe_components path_from_row_pks compound_keys_after_sql"),
    **_all_from("vitrina.compat.json_encoder", "CustomJSONEncoder remove_infinites"),
    **_all_from("vitrina.compat.sqlite_facts", _FACTS),
    **_all_from("vitrina.compat.configuration", _CONFIGURATION),
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
    **_all_from("vitrina.http.streaming", "AsgiStream AsgiWriter"),
    **_all_from(
        "vitrina.compat.sending",
        "asgi_send asgi_send_file asgi_send_html asgi_send_json asgi_send_redirect asgi_start sha256_file",
    ),
    **_all_from(
        "vitrina.errors",
        "BadRequest DatabaseNotFound Forbidden NotFound PayloadTooLarge RowNotFound TableNotFound",
    ),
    "Base400": "vitrina.errors:VitrinaError",
}

MULTIPART: Mapping[str, str] = _FORMS

SQLITE: Mapping[str, str] = {
    "sqlite3": "sqlite3:",
    **_all_from(
        "vitrina.compat.sqlite_facts",
        "sqlite_hidden_table_names sqlite_version supports_generated_columns supports_returning "
        "supports_table_list supports_table_xinfo",
    ),
}
