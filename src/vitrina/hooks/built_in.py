"""What is built in, under the names that the ecosystem knows: listed beside plugins, though no plugin itself."""

from __future__ import annotations

#: name → hooks that it would implement were it a plugin
BUILT_IN_HOOKS: dict[str, tuple[str, ...]] = {
    "datasette.actor_auth_cookie": ("actor_from_request",),
    "datasette.blob_renderer": ("register_output_renderer",),
    "datasette.default_actions": ("register_actions",),
    "datasette.default_column_types": ("register_column_types",),
    "datasette.default_database_actions": ("database_actions",),
    "datasette.default_debug_menu": ("jump_items_sql",),
    "datasette.default_jump_items": ("jump_items_sql",),
    "datasette.default_magic_parameters": ("register_magic_parameters",),
    "datasette.default_permissions": ("permission_resources_sql",),
    "datasette.default_permissions.sqlite_statistics": ("permission_resources_sql",),
    "datasette.default_permissions.tokens": ("actor_from_request", "register_token_handler"),
    "datasette.default_query_actions": ("query_actions",),
    "datasette.default_table_actions": ("table_actions",),
    "datasette.events": ("register_events", "write_wrapper"),
    "datasette.facets": ("register_facet_classes",),
    "datasette.filters": ("filters_from_request",),
    "datasette.forbidden": ("forbidden",),
    "datasette.handle_exception": ("handle_exception",),
    "datasette.publish.cloudrun": ("publish_subcommand",),
    "datasette.publish.heroku": ("publish_subcommand",),
    "datasette.sql_functions": ("prepare_connection",),
}

BUILT_IN_PLUGINS = tuple(BUILT_IN_HOOKS)
