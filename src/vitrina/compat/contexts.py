"""The names of the template variables that are promised to custom templates, by page."""

from __future__ import annotations

#: variables of every page, each with what it is
TEMPLATE_BASE_CONTEXT = {
    "request": "The request, or None",
    "crumb_items": "Async function that gives the breadcrumbs of a page",
    "urls": "Builds addresses",
    "actor": "The signed-in actor, or None",
    "menu_links": "Async function that gives the links of the menu",
    "display_actor": "Function that names an actor",
    "show_logout": "Whether the menu offers to sign out",
    "zip": "Python's own zip()",
    "body_scripts": "Scripts of plugins for the end of the page",
    "format_bytes": "Function that words a number of bytes",
    "show_messages": "Function that gives this visitor's messages and forgets them",
    "extra_css_urls": "Style sheets of plugins and the configuration",
    "extra_js_urls": "Scripts of plugins and the configuration",
    "base_url": "The setting of that name",
    "datasette_version": "The version that this server is compatible with",
}

_NAMES = {
    "database": """database private path size tables hidden_count views queries queries_more queries_count
        allow_execute_sql table_columns metadata database_color database_page_data database_actions show_hidden
        editable allow_download attached_databases alternate_url_json select_templates top_database""",
    "query": """database database_color query stored_query private stored_query_write metadata db_is_immutable error
        hide_sql show_hide_link show_hide_text show_hide_hidden editable allow_execute_sql save_query_url tables
        named_parameter_values edit_sql_url display_rows columns renderers url_csv table_columns alternate_url_json
        select_templates top_query top_stored_query query_actions""",
    "table": """actions all_columns columns count count_sql count_truncated custom_table_templates database
        database_color display_columns display_rows expandable_columns facet_results facets_timed_out filters
        form_hidden_args human_description_en is_view metadata primary_keys private query renderers
        set_column_type_ui sorted_facet_results suggested_facets table table_definition view_definition ok next
        next_url rows filter_columns supports_search extra_wheres_for_ui url_csv url_csv_path url_csv_hidden_args
        sort sort_desc append_querystring path_with_replaced_args fix_path settings alternate_url_json
        datasette_allow_facet is_sortable allow_execute_sql query_ms select_templates top_table table_page_data
        table_insert_ui table_alter_ui""",
    "row": """columns database database_color foreign_key_tables metadata primary_keys private table ok rows
        primary_key_values query_ms display_columns display_rows custom_table_templates row_actions row_mutation_ui
        table_page_data top_row renderers url_csv url_csv_path url_csv_hidden_args settings select_templates
        alternate_url_json""",
}


def _context_class(page: str, names: list[str]) -> type:
    name = f"{page.title()}Context"
    return type(name, (), {"__doc__": f"The variables of the {page} page.", "names": tuple(names)})


#: page → class whose ``names`` are its variables
PAGES: dict[str, type] = {page: _context_class(page, names.split()) for page, names in _NAMES.items()}

DatabaseContext = PAGES["database"]
QueryContext = PAGES["query"]
TableContext = PAGES["table"]
RowContext = PAGES["row"]


def documented_context_keys(page_name: str) -> set[str]:
    """Names of all variables of a page. Raises KeyError for an unknown page."""
    names: tuple[str, ...] = vars(PAGES[page_name])["names"]
    return {*TEMPLATE_BASE_CONTEXT, *names}
