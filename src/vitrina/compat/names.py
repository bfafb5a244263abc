"""Which of our objects stands under which name that plugins import: module → name → where it is."""

from __future__ import annotations

from collections.abc import Mapping

from vitrina.compat.inner_names import INNER
from vitrina.compat.repeated_names import with_repeated
from vitrina.compat.utility_names import ASGI, MULTIPART, SQLITE, UTILITIES

_TOKENS = {
    "TokenHandler": "vitrina.tokens.handlers:TokenHandler",
    "TokenRestrictions": "vitrina.tokens.restrictions:TokenRestrictions",
    "TokenInvalid": "vitrina.errors:TokenInvalid",
}
_VERSION = {
    "__version__": "vitrina.version:REFERENCE_VERSION",
    "__version_info__": "vitrina.version:REFERENCE_VERSION_INFO",
}
_TASKS = {
    "BackgroundTask": "vitrina.facade.lifespan:BackgroundTask",
    "BackgroundTaskSupervisor": "vitrina.facade.lifespan:BackgroundTaskSupervisor",
}
_HOOK_NAMES = {"hookimpl": "vitrina.hooks.markers:hookimpl", "hookspec": "vitrina.hooks.markers:hookspec"}
_EVENTS = (
    "AlterTableEvent CreateTableEvent CreateTokenEvent DeleteRowEvent DropTableEvent Event InsertRowsEvent "
    "LoginEvent LogoutEvent RenameTableEvent UpdateRowEvent UpsertRowsEvent"
)
_FIXTURES = (
    "EXTRA_DATABASE_SQL TABLES TABLE_PARAMETERIZED_SQL generate_compound_rows generate_sortable_rows "
    "populate_extra_database populate_fixture_database write_extra_database write_fixture_database"
)
_HOOKS = (
    "actor_from_request actors_from_ids asgi_wrapper database_actions extra_body_script extra_css_urls "
    "extra_js_urls extra_template_vars filters_from_request forbidden handle_exception homepage_actions "
    "jinja2_environment_from_request jump_items_sql menu_links permission_resources_sql prepare_connection "
    "prepare_jinja2_environment publish_subcommand query_actions register_actions register_column_types "
    "register_commands register_events register_facet_classes register_magic_parameters "
    "register_output_renderer register_routes register_token_handler render_cell row_actions shutdown startup "
    "table_actions top_database top_homepage top_query top_row top_stored_query top_table track_event "
    "view_actions write_wrapper"
)


def _all_from(module: str, names: str) -> dict[str, str]:
    return {name: f"{module}:{name}" for name in names.split()}


#: modules that are ours themselves, so that what a test puts into them is what we call
SAME_MODULES: Mapping[str, str] = {
    "datasette.publish.cloudrun": "vitrina.publish.cloudrun",
    "datasette.publish.common": "vitrina.publish.common",
    "datasette.publish.heroku": "vitrina.publish.heroku",
}
#: names that are put into our module, too, when somebody sets them
SET_THROUGH: Mapping[str, frozenset[str]] = {
    "datasette.cli": frozenset({"call", "run_module"}),
    "datasette.views.index": frozenset({"COUNT_DB_SIZE_LIMIT"}),
    "datasette.views.table": frozenset({"AUTOCOMPLETE_TIME_LIMIT_MS"}),
    "datasette.views.table_create_alter": frozenset(
        f"FOREIGN_KEY_SUGGESTION_{name}" for name in ("ROW_LIMIT", "TIME_LIMIT_MS", "TOTAL_TIME_LIMIT_MS")
    ),
}

#: names of a module; a value is "module:attribute", or "module:" for the module itself
_OUTER: Mapping[str, Mapping[str, str]] = {
    "datasette": {
        **{name: ASGI[name] for name in ("Request", "Response", "NotFound", "Forbidden", "PayloadTooLarge")},
        **_TOKENS,
        **_HOOK_NAMES,
        **_TASKS,
        **_VERSION,
        "Event": "vitrina.hooks.events:Event",
        "Permission": "vitrina.access.legacy:Permission",
        "Context": "vitrina.facade.views:Context",
        "actor_matches_allow": "vitrina.access.actors:actor_matches_allow",
    },
    "datasette.__main__": {},
    "datasette._pytest_plugin": {},
    "datasette.version": _VERSION,
    "datasette.app": {
        "Datasette": "vitrina.facade.datasette:Datasette",
        "DatasetteClient": "vitrina.http.client:InProcessClient",
        **_all_from(
            "vitrina.compat.settings",
            "DEFAULT_SETTINGS INTERNAL_DB_NAME OBSOLETE_SETTINGS SETTINGS SQLITE_LIMIT_ATTACHED Setting",
        ),
        **_all_from("vitrina.compat.routing", "permanent_redirect route_pattern_from_filepath wrap_view"),
        "wrap_view_function": "vitrina.compat.routing:wrap_view",
        "wrap_view_class": "vitrina.compat.routing:wrap_view",
        **_all_from("vitrina.facade.resolving", "ResolvedRow ResolvedTable"),
        "PermissionCheck": "vitrina.execute.permissions:Check",
        "favicon": "vitrina.facade.page_classes:favicon",
        "Database": "vitrina.facade.database:Database",
        "PaginatedResources": "vitrina.facade.resource_lists:PaginatedResources",
        "ResourcesSQL": "vitrina.facade.resource_lists:ResourcesSQL",
    },
    "datasette.background_tasks": _TASKS,
    "datasette.cli": {
        "cli": "vitrina.cli.main:cli",
        "serve": "vitrina.cli.serve:serve",
        "DEFAULT_SETTINGS": "vitrina.compat.settings:DEFAULT_SETTINGS",
        "SETTINGS": "vitrina.compat.settings:SETTINGS",
        "StaticMount": "vitrina.cli.parameters:StaticMount",
        "LoadExtension": "vitrina.cli.parameters:LoadExtension",
        "TestClient": "vitrina.compat.test_client:TestClient",
        "call": "vitrina.publish.package:call",
        "package": "vitrina.publish.package:package",
        "publish": "vitrina.publish.group:publish",
        "temporary_docker_directory": "vitrina.publish.context:temporary_docker_directory",
        **_all_from("vitrina.compat.commands", "check_databases inspect_ run_sync sqlite_extensions"),
        **_all_from("vitrina.cli.packages", "install run_module uninstall"),
        "create_token": "vitrina.cli.tokens:create_token",
        "inspect": "vitrina.cli.inspect:inspect",
        "plugins": "vitrina.cli.plugins:plugins",
        "DefaultGroup": "click_default_group:DefaultGroup",
        "pm": "vitrina.facade.plugins:pm",
        "uvicorn": "uvicorn:",
    },
    "datasette.column_types": {
        "ColumnType": "vitrina.render.column_types:ColumnType",
        "SQLiteType": "vitrina.catalog.affinity:SQLiteType",
    },
    "datasette.database": {
        "Database": "vitrina.facade.database:Database",
        "AttachedDatabase": "vitrina.facade.results:AttachedDatabase",
        "Results": "vitrina.facade.results:Results",
        "ExecuteWriteResult": "vitrina.facade.results:ExecuteWriteResult",
        "MultipleValues": "vitrina.facade.results:MultipleValues",
        "QueryInterrupted": "vitrina.errors:QueryInterrupted",
        "DatasetteClosedError": "vitrina.errors:DatabaseClosed",
        "EXECUTE_WRITE_RETURNING_LIMIT": "vitrina.compat.settings:EXECUTE_WRITE_RETURNING_LIMIT",
    },
    "datasette.events": {
        **_all_from("vitrina.hooks.events", _EVENTS),
        "register_events": "vitrina.compat.built_in_hooks:register_events",
    },
    "datasette.facets": {
        "Facet": "vitrina.web.table.facet_class:Facet",
        "register_facet_classes": "vitrina.compat.built_in_hooks:register_facet_classes",
        **_all_from("vitrina.compat.facets", "ColumnFacet ArrayFacet DateFacet load_facet_configs"),
    },
    "datasette.filters": {
        "FilterArguments": "vitrina.web.table.filter_arguments:FilterArguments",
        "Filters": "vitrina.compat.filters:Filters",
        **_all_from("vitrina.compat.filter_classes", "Filter InFilter NotInFilter TemplatedFilter"),
        **_all_from("vitrina.compat.table_filters", "search_filters through_filters where_filters"),
    },
    "datasette.fixtures": _all_from("vitrina.compat.fixtures", _FIXTURES),
    "datasette.hookspecs": {**_HOOK_NAMES, **_all_from("vitrina.hooks.spec", _HOOKS)},
    "datasette.jump": _all_from("vitrina.web.jump_sql", "JumpSQL namespace_sql_params"),
    "datasette.permissions": {
        "Action": "vitrina.access.actions:Action",
        "Permission": "vitrina.access.legacy:Permission",
        "Resource": "vitrina.access.resources:Resource",
        "PermissionSQL": "vitrina.access.permission_sql:PermissionSQL",
        "SkipPermissions": "vitrina.execute.permissions:skip_permissions",
        "AllowedResource": "vitrina.facade.resource_lists:AllowedResource",
    },
    "datasette.plugins": {
        "pm": "vitrina.facade.plugins:pm",
        "get_plugins": "vitrina.facade.plugins:get_plugins",
        "DEFAULT_PLUGINS": "vitrina.hooks.built_in:BUILT_IN_PLUGINS",
    },
    "datasette.publish": {},
    **{name: {} for name in SAME_MODULES},
    "datasette.renderer": {
        **_all_from("vitrina.compat.json_encoder", "CustomJSONEncoder remove_infinites"),
        **_all_from("vitrina.compat.json_answers", "convert_specific_columns_to_json json_renderer"),
    },
    "datasette.resources": _all_from(
        "vitrina.access.resources", "Resource DatabaseResource TableResource QueryResource"
    ),
    "datasette.tokens": {**_TOKENS, "SignedTokenHandler": "vitrina.tokens.handlers:SignedTokenHandler"},
    "datasette.tracer": _all_from(
        "vitrina.hooks.tracing", "trace trace_child_tasks capture_traces get_task_id TRACE_RESERVED_KEYS"
    ),
    "datasette.url_builder": _all_from("vitrina.http.urls", "Urls PrefixedUrlString"),
    "datasette.utils": UTILITIES,
    "datasette.utils.asgi": ASGI,
    "datasette.utils.baseconv": _all_from("vitrina.compat.base_numbers", "BaseConverter base62 bin hexconv"),
    "datasette.utils.check_callable": _all_from("vitrina.compat.callables", "CallableStatus check_callable"),
    "datasette.utils.multipart": MULTIPART,
    "datasette.utils.sqlite": SQLITE,
    "datasette.utils.testing": _all_from("vitrina.compat.test_client", "TestClient TestResponse"),
}

#: names of every module, with those that it takes from its neighbours
NAMES: Mapping[str, Mapping[str, str]] = with_repeated({**_OUTER, **INNER})

#: modules that have modules below them
PACKAGES = frozenset(
    {
        "datasette",
        "datasette.default_permissions",
        "datasette.publish",
        "datasette.utils",
        "datasette.views",
        "pypitoken",
    }
)
