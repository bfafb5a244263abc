"""The specifications of every hook a plugin may implement."""

from __future__ import annotations

from typing import Any

from vitrina.hooks.markers import hookspec


@hookspec
def startup(datasette: Any) -> Any:
    """Called once at the end of start-up; may be awaitable."""


@hookspec
def shutdown(datasette: Any) -> Any:
    """Called at a graceful stop, before background tasks are cancelled; may be awaitable."""


@hookspec
def asgi_wrapper(datasette: Any) -> Any:
    """Return a function that takes an ASGI application and returns one around it."""


@hookspec
def prepare_connection(conn: Any, database: Any, datasette: Any) -> Any:
    """Change a new connection: register SQL functions, collations and the like."""


@hookspec
def write_wrapper(datasette: Any, database: Any, request: Any, transaction: Any) -> Any:
    """Return a generator function ``f(conn)`` or ``f(conn, track_event)`` that wraps one write, or None."""


@hookspec
def prepare_jinja2_environment(env: Any, datasette: Any) -> Any:
    """Change the template environment: filters, tests, globals. May be awaitable."""


@hookspec
def jinja2_environment_from_request(datasette: Any, request: Any, env: Any) -> Any:
    """Return the template environment to use for this request."""


@hookspec
def extra_css_urls(
    template: Any, database: Any, table: Any, columns: Any, view_name: Any, request: Any, datasette: Any
) -> Any:
    """Return style sheets for the page: texts or ``{url, sri}``; may be awaitable."""


@hookspec
def extra_js_urls(
    template: Any, database: Any, table: Any, columns: Any, view_name: Any, request: Any, datasette: Any
) -> Any:
    """Return scripts for the page: texts or ``{url, sri, module}``; may be awaitable."""


@hookspec
def extra_body_script(
    template: Any, database: Any, table: Any, columns: Any, view_name: Any, request: Any, datasette: Any
) -> Any:
    """Return a script for the end of the page: text or ``{script, module}``; may be awaitable."""


@hookspec
def extra_template_vars(
    template: Any, database: Any, table: Any, columns: Any, view_name: Any, request: Any, datasette: Any
) -> Any:
    """Return further template variables; may be awaitable."""


@hookspec
def publish_subcommand(publish: Any) -> Any:
    """Add targets to the ``publish`` command group."""


@hookspec
def render_cell(
    row: Any,
    value: Any,
    column: Any,
    table: Any,
    pks: Any,
    database: Any,
    datasette: Any,
    request: Any,
    column_type: Any,
) -> Any:
    """Return HTML for one cell, or None; may be awaitable. First result wins."""


@hookspec
def register_output_renderer(datasette: Any) -> Any:
    """Return ``{extension, render, can_render}`` or a list of them."""


@hookspec
def register_facet_classes() -> Any:
    """Return a list of Facet classes."""


@hookspec
def register_column_types(datasette: Any) -> Any:
    """Return a list of ColumnType classes."""


@hookspec
def register_actions(datasette: Any) -> Any:
    """Return a list of Action objects."""


@hookspec
def register_routes(datasette: Any) -> Any:
    """Return a list of (regular expression, view function) pairs."""


@hookspec
def register_commands(cli: Any) -> Any:
    """Add commands to the command line."""


@hookspec
def actor_from_request(datasette: Any, request: Any) -> Any:
    """Return the actor of a request, or None; may be awaitable."""


@hookspec(firstresult=True)
def actors_from_ids(datasette: Any, actor_ids: Any) -> Any:
    """Return an object id → actor; may be awaitable. First result wins."""


@hookspec
def filters_from_request(request: Any, database: Any, table: Any, datasette: Any) -> Any:
    """Return FilterArguments that add conditions to a table page; may be awaitable."""


@hookspec
def permission_resources_sql(datasette: Any, actor: Any, action: Any) -> Any:
    """Return PermissionSQL rules for an action, a list of them, or None; may be awaitable."""


@hookspec
def register_token_handler(datasette: Any) -> Any:
    """Return a TokenHandler or a list of them."""


@hookspec
def register_magic_parameters(datasette: Any) -> Any:
    """Return a list of (prefix, function) pairs."""


@hookspec
def forbidden(datasette: Any, request: Any, message: Any) -> Any:
    """Answer a refused request; may be awaitable."""


@hookspec
def menu_links(datasette: Any, actor: Any, request: Any) -> Any:
    """Return links for the menu; may be awaitable."""


@hookspec
def jump_items_sql(datasette: Any, actor: Any, request: Any) -> Any:
    """Return JumpSQL entries of the jump menu; may be awaitable."""


@hookspec
def row_actions(datasette: Any, actor: Any, request: Any, database: Any, table: Any, row: Any) -> Any:
    """Return links for the menu of a row page; may be awaitable."""


@hookspec
def table_actions(datasette: Any, actor: Any, database: Any, table: Any, request: Any) -> Any:
    """Return links for the menu of a table page; may be awaitable."""


@hookspec
def view_actions(datasette: Any, actor: Any, database: Any, view: Any, request: Any) -> Any:
    """Return links for the menu of a view page; may be awaitable."""


@hookspec
def query_actions(
    datasette: Any, actor: Any, database: Any, query_name: Any, request: Any, sql: Any, params: Any
) -> Any:
    """Return links for the menu of a query page; may be awaitable."""


@hookspec
def database_actions(datasette: Any, actor: Any, database: Any, request: Any) -> Any:
    """Return links for the menu of a database page; may be awaitable."""


@hookspec
def homepage_actions(datasette: Any, actor: Any, request: Any) -> Any:
    """Return links for the menu of the home page; may be awaitable."""


@hookspec
def handle_exception(datasette: Any, request: Any, exception: Any) -> Any:
    """Answer a request that failed; may be awaitable."""


@hookspec
def track_event(datasette: Any, event: Any) -> Any:
    """Take note of an event; may be awaitable."""


@hookspec
def register_events(datasette: Any) -> Any:
    """Return a list of Event classes; may be awaitable."""


@hookspec
def top_homepage(datasette: Any, request: Any) -> Any:
    """Return HTML for the top of the home page; may be awaitable."""


@hookspec
def top_database(datasette: Any, request: Any, database: Any) -> Any:
    """Return HTML for the top of a database page; may be awaitable."""


@hookspec
def top_table(datasette: Any, request: Any, database: Any, table: Any) -> Any:
    """Return HTML for the top of a table page; may be awaitable."""


@hookspec
def top_row(datasette: Any, request: Any, database: Any, table: Any, row: Any) -> Any:
    """Return HTML for the top of a row page; may be awaitable."""


@hookspec
def top_query(datasette: Any, request: Any, database: Any, sql: Any) -> Any:
    """Return HTML for the top of the page of custom SQL; may be awaitable."""


@hookspec
def top_stored_query(datasette: Any, request: Any, database: Any, query_name: Any) -> Any:
    """Return HTML for the top of a stored query's page; may be awaitable."""
