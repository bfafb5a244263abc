"""Which of our objects stands under which name that plugins import: module → name → where it is."""

from __future__ import annotations

from collections.abc import Mapping

_RESPONSES = {
    "Request": "vitrina.http.request:Request",
    "Response": "vitrina.http.response:Response",
    "NotFound": "vitrina.errors:NotFound",
    "Forbidden": "vitrina.errors:Forbidden",
    "PayloadTooLarge": "vitrina.errors:PayloadTooLarge",
}

_TOKENS = {
    "TokenHandler": "vitrina.tokens.handlers:TokenHandler",
    "TokenRestrictions": "vitrina.tokens.restrictions:TokenRestrictions",
    "TokenInvalid": "vitrina.errors:TokenInvalid",
}

#: names of a module; a value is "module:attribute"
NAMES: Mapping[str, Mapping[str, str]] = {
    "datasette": {
        **_RESPONSES,
        **_TOKENS,
        "hookimpl": "vitrina.hooks.markers:hookimpl",
        "hookspec": "vitrina.hooks.markers:hookspec",
        "Event": "vitrina.hooks.events:Event",
        "BackgroundTask": "vitrina.facade.lifespan:BackgroundTask",
        "BackgroundTaskSupervisor": "vitrina.facade.lifespan:BackgroundTaskSupervisor",
        "actor_matches_allow": "vitrina.access.actors:actor_matches_allow",
        "__version__": "vitrina.version:REFERENCE_VERSION",
        "__version_info__": "vitrina.version:REFERENCE_VERSION_INFO",
    },
    "datasette.version": {
        "__version__": "vitrina.version:REFERENCE_VERSION",
        "__version_info__": "vitrina.version:REFERENCE_VERSION_INFO",
    },
    "datasette.app": {"Datasette": "vitrina.facade.datasette:Datasette"},
    "datasette.cli": {"cli": "vitrina.cli.main:cli"},
    "datasette.column_types": {
        "ColumnType": "vitrina.render.column_types:ColumnType",
        "SQLiteType": "vitrina.catalog.affinity:SQLiteType",
    },
    "datasette.database": {
        "Database": "vitrina.facade.database:Database",
        "Results": "vitrina.facade.results:Results",
        "ExecuteWriteResult": "vitrina.facade.results:ExecuteWriteResult",
        "MultipleValues": "vitrina.facade.results:MultipleValues",
        "QueryInterrupted": "vitrina.errors:QueryInterrupted",
        "DatasetteClosedError": "vitrina.errors:DatabaseClosed",
    },
    "datasette.events": {"Event": "vitrina.hooks.events:Event"},
    "datasette.facets": {"Facet": "vitrina.web.table.facet_class:Facet"},
    "datasette.filters": {"FilterArguments": "vitrina.web.table.filter_arguments:FilterArguments"},
    "datasette.hookspecs": {"hookimpl": "vitrina.hooks.markers:hookimpl", "hookspec": "vitrina.hooks.markers:hookspec"},
    "datasette.jump": {"JumpSQL": "vitrina.web.jump_sql:JumpSQL"},
    "datasette.permissions": {
        "Action": "vitrina.access.actions:Action",
        "Resource": "vitrina.access.resources:Resource",
        "PermissionSQL": "vitrina.access.permission_sql:PermissionSQL",
        "SkipPermissions": "vitrina.execute.permissions:skip_permissions",
    },
    "datasette.plugins": {
        "pm": "vitrina.facade.plugins:pm",
        "get_plugins": "vitrina.facade.plugins:get_plugins",
    },
    "datasette.resources": {
        "DatabaseResource": "vitrina.access.resources:DatabaseResource",
        "TableResource": "vitrina.access.resources:TableResource",
        "QueryResource": "vitrina.access.resources:QueryResource",
    },
    "datasette.tokens": {**_TOKENS, "SignedTokenHandler": "vitrina.tokens.handlers:SignedTokenHandler"},
    "datasette.utils": {
        "CustomRow": "vitrina.render.rows:CustomRow",
        "MultiParams": "vitrina.http.multi_params:MultiParams",
        "StartupError": "vitrina.errors:StartupError",
        "QueryInterrupted": "vitrina.errors:QueryInterrupted",
        "actor_matches_allow": "vitrina.access.actors:actor_matches_allow",
        "async_call_with_supported_arguments": "vitrina.hooks.call:async_call_with_supported_arguments",
        "await_me_maybe": "vitrina.hooks.call:await_me_maybe",
        "call_with_supported_arguments": "vitrina.hooks.call:call_with_supported_arguments",
        "display_actor": "vitrina.access.actors:display_actor",
        "escape_sqlite": "vitrina.dialect.quoting:escape_sqlite",
        "named_parameters": "vitrina.dialect.parameters:named_parameters",
        "path_with_added_args": "vitrina.http.paths:path_with_added_args",
        "path_with_format": "vitrina.http.paths:path_with_format",
        "path_with_removed_args": "vitrina.http.paths:path_with_removed_args",
        "path_with_replaced_args": "vitrina.http.paths:path_with_replaced_args",
        "sqlite3": "sqlite3:",
        "tilde_decode": "vitrina.tilde:tilde_decode",
        "tilde_encode": "vitrina.tilde:tilde_encode",
        "to_css_class": "vitrina.render.css_class:to_css_class",
    },
    "datasette.utils.asgi": {
        **_RESPONSES,
        "AsgiStream": "vitrina.http.streaming:AsgiStream",
        "BadRequest": "vitrina.errors:BadRequest",
        "Base400": "vitrina.errors:BadRequest",
        "DatabaseNotFound": "vitrina.errors:DatabaseNotFound",
        "RowNotFound": "vitrina.errors:RowNotFound",
        "TableNotFound": "vitrina.errors:TableNotFound",
    },
    "datasette.utils.sqlite": {"sqlite3": "sqlite3:"},
}

_PYPI_EXCEPTIONS = {
    name: f"vitrina.tokens.pypi.exceptions:{name}"
    for name in ("InvalidRestriction", "LoaderError", "MissingContextError", "PyPITokenException", "ValidationError")
}

_PYPI_RESTRICTIONS = {
    name: f"vitrina.tokens.pypi.restrictions:{name}"
    for name in (
        "DateRestriction",
        "LegacyDateRestriction",
        "LegacyNoopRestriction",
        "LegacyProjectNamesRestriction",
        "ProjectIDsRestriction",
        "ProjectNamesRestriction",
        "Restriction",
        "UserIDRestriction",
    )
}

#: as ``NAMES``, for the package that reads PyPI's tokens; served where the real one is missing
PYPI_NAMES: Mapping[str, Mapping[str, str]] = {
    "pypitoken": {**_PYPI_EXCEPTIONS, **_PYPI_RESTRICTIONS, "Token": "vitrina.tokens.pypi.token:Token"},
    "pypitoken.exceptions": _PYPI_EXCEPTIONS,
    "pypitoken.restrictions": {**_PYPI_RESTRICTIONS, "Context": "vitrina.tokens.pypi.restrictions:Context"},
    "pypitoken.token": {"Token": "vitrina.tokens.pypi.token:Token", "PREFIX": "vitrina.tokens.pypi.token:PREFIX"},
}

#: modules that have modules below them
PACKAGES = frozenset({"datasette", "datasette.utils", "pypitoken"})
