"""What each extra of a table page says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vitrina.render.css_class import to_css_class
from vitrina.web.extras import TABLE, describe_debug, describe_extras, describe_request
from vitrina.web.table import columns as table_columns
from vitrina.web.table import facets, links
from vitrina.web.table.edit_ui import set_column_type_ui
from vitrina.web.table.foreign import rendered_cells
from vitrina.web.table.view import TableView


def metadata(view: TableView) -> dict[str, Any]:
    """The table's metadata, always with the descriptions of its columns."""
    return {**view.metadata, "columns": dict(view.column_metadata)}


def display_columns(view: TableView) -> list[dict[str, Any]]:
    """Headings of the HTML table."""
    return table_columns.display_columns(
        view.table,
        view.plan.columns,
        pk_columns=view.plan.pk_columns,
        sortable=view.plan.sortable,
        descriptions=view.column_metadata,
        column_types=view.column_types,
    )


def custom_table_templates(view: TableView) -> list[str]:
    """Templates looked for to show the rows."""
    names = f"{to_css_class(view.database.name)}-{to_css_class(view.name)}"
    return [f"_table-{names}.html", f"_table-table-{names}.html", "_table.html"]


def definition(view: TableView) -> str:
    """The SQL that made the table, and that of its indexes."""
    statements = [view.table.sql or ""]
    statements += [index.sql for index in view.table.indexes if index.sql]
    return "\n".join(f"{statement};" for statement in statements if statement)


def expandable_columns(view: TableView) -> list[Any]:
    """Foreign keys that can be expanded."""
    return [
        [
            {"column": plan.column, "other_table": plan.declared_table, "other_column": plan.declared_column},
            plan.label_column,
        ]
        for plan in view.plan.expandable
    ]


def form_hidden_args(view: TableView) -> list[tuple[str, str]]:
    """Special arguments that the filter form carries along."""
    left_out = ("_sort", "_sort_desc", "_search", "_next")
    args = view.request.args
    names = [key for key in args.keys() if key.startswith("_") and "__" not in key and key not in left_out]  # noqa: SIM118
    return [(name, value) for name in names for value in args.getlist(name)]


def _facet_results(view: TableView) -> dict[str, Any]:
    return {"results": facets.facets_by_key(view), "timed_out": facets.timed_out(view)}


def _debug(view: TableView) -> dict[str, Any]:
    args = view.request.args
    return describe_debug(
        view.request,
        resolved=f"{view.database.name}/{view.name}",
        nofacet=args.get("_nofacet"),
        nosuggest=args.get("_nosuggest"),
    )


_COMPUTE: dict[str, Callable[[TableView], Any]] = {
    "count": lambda view: view.result.count,
    "count_truncated": lambda view: view.result.count_truncated,
    "count_sql": lambda view: view.plan.count_sql,
    "facet_results": _facet_results,
    "facets_timed_out": facets.timed_out,
    "suggested_facets": facets.suggestions,
    "human_description_en": lambda view: view.plan.human_description,
    "columns": lambda view: list(view.plan.columns),
    "all_columns": lambda view: list(view.table.column_names),
    "primary_keys": lambda view: list(view.table.primary_keys),
    "column_details": lambda view: table_columns.column_details(view.table, view.table.column_names),
    "display_columns": display_columns,
    "render_cell": rendered_cells,
    "debug": _debug,
    "request": lambda view: describe_request(view.request),
    "query": lambda view: {"sql": view.plan.sql, "params": dict(view.plan.params)},
    "column_types": lambda view: {name: assigned.as_json() for name, assigned in view.column_types.items()},
    "set_column_type_ui": set_column_type_ui,
    "metadata": metadata,
    "extras": lambda view: describe_extras(view.site, view.request, TABLE, view.extras),
    "database": lambda view: view.database.name,
    "table": lambda view: view.name,
    "database_color": lambda view: view.database.color,
    "renderers": links.renderers,
    "custom_table_templates": custom_table_templates,
    "sorted_facet_results": facets.sorted_facets,
    "table_definition": lambda view: None if view.table.is_view else definition(view),
    "view_definition": lambda view: definition(view) if view.table.is_view else None,
    "is_view": lambda view: view.table.is_view,
    "private": lambda view: view.private,
    "expandable_columns": expandable_columns,
    "form_hidden_args": form_hidden_args,
}


def compute_extra(view: TableView, name: str) -> Any:
    """The value of one extra; ``name`` is one that table pages have."""
    return _COMPUTE[name](view)


def compute_extras(view: TableView) -> dict[str, Any]:
    """Every extra that was asked for or implied, by name."""
    return {name: _COMPUTE[name](view) for name in view.extras}
