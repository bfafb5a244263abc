"""Facets of a table page: results with their toggle links, suggestions, and the order they are shown in."""

from __future__ import annotations

from typing import Any

from vitrina.dialect.select import escape
from vitrina.errors import BadRequest
from vitrina.http.paths import path_with_added_args, path_with_removed_args
from vitrina.plan.model import FacetPlan, FacetResult, FacetType, Suggestion
from vitrina.web.table.view import TableView

_ROWIDS = ("rowid", "_rowid_", "oid")
_PARAMETERS: dict[str, str] = {"column": "_facet"}


def facet_parameter(kind: FacetType | str) -> str:
    """The query string key that asks for a facet of this type."""
    return _PARAMETERS.get(kind, f"_facet_{kind}")


def _filter_keys(plan: FacetPlan) -> tuple[str, ...]:
    """Filter keys that choose a value of the facet, the one used for links first."""
    column = plan.column
    if plan.type == "array":
        return (f"{column}__arraycontains",)
    if plan.type == "date":
        return (f"{column}__date",)
    exact = f"{column}__exact"
    return (exact,) if column.startswith("_") else (column, exact)


def check_facet_columns(view: TableView) -> None:
    """Refuse facets of columns that do not exist where no facet is computed, as other formats do. Raises BadRequest."""
    args = view.request.args
    if args.get("_nofacet") or args.get("_shape") in ("array", "object"):
        return
    known = {name.lower() for name in (*view.table.column_names, *_ROWIDS)}
    for key in ("_facet", "_facet_array", "_facet_date"):
        for column in args.getlist(key):
            # SQLite takes an unknown name in quotes for a text.
            if column and column == escape(column) and column.lower() not in known:
                raise BadRequest(f"no such column: {column}")


def facet_object(view: TableView, facet: FacetResult) -> dict[str, Any]:
    """One facet as JSON and templates have it."""
    plan = facet.plan
    gone = {facet_parameter(plan.type): plan.name}
    return {
        "name": plan.name,
        "type": plan.type,
        "hideable": plan.source != "metadata",
        "toggle_url": str(path_with_removed_args(view.request, gone)),
        "results": _values(view, facet),
        "truncated": facet.truncated,
    }


def _values(view: TableView, facet: FacetResult) -> list[dict[str, Any]]:
    pairs = set(view.request.pairs)
    keys = _filter_keys(facet.plan)
    results = []
    for value, count in facet.values:
        # Bytes are percent-encoded as they are.
        text = value if isinstance(value, bytes) else str(value)
        chosen = next((key for key in keys if (key, text) in pairs), None)
        if chosen is not None:
            path = path_with_removed_args(view.request, {chosen: text})
        else:
            # What is no value, as every rowid of a view, cannot be chosen.
            path = path_with_added_args(view.request, [(keys[0], None if value is None else text)])
        results.append(
            {
                "value": value,
                "label": facet.labels.get(value, value),
                "count": count,
                "toggle_url": view.absolute(path),
                "selected": chosen is not None,
            }
        )
    return results


def facets_by_key(view: TableView) -> dict[str, dict[str, Any]]:
    """Every facet under its key; names that repeat get ``_2``, ``_3``."""
    found: dict[str, dict[str, Any]] = {}
    _add_facets(found, view.early_facets)
    for own in view.result.facets:
        _add_facets(found, [facet_object(view, own)], own.plan.key)
    _add_facets(found, view.foreign_facets)
    return found


def _add_facets(found: dict[str, dict[str, Any]], facets: list[dict[str, Any]], name: str | None = None) -> None:
    for facet in facets:
        key = name = name or facet["name"]
        number = 1
        while key in found:
            number += 1
            key = f"{name}_{number}"
        found[key] = facet
        name = None


def timed_out(view: TableView) -> list[str]:
    """Names of facets that ran out of time."""
    return [*view.result.timed_out, *view.foreign_timed_out]


def sorted_facets(view: TableView) -> list[dict[str, Any]]:
    """Facets in display order: configured ones as configured, then by number of values and name, descending."""
    return sort_facets(view, list(facets_by_key(view).values()))


def sort_facets(view: TableView, facets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """``facets`` in display order."""
    order = {name: position for position, name in enumerate(_configured(view))}
    configured = [facet for facet in facets if facet["name"] in order]
    others = [facet for facet in facets if facet["name"] not in order]
    configured.sort(key=lambda facet: order[facet["name"]])
    others.sort(key=lambda facet: (len(facet["results"]), facet["name"]), reverse=True)
    return configured + others


def _configured(view: TableView) -> list[str]:
    names = []
    for entry in view.config.get("facets") or ():
        names.append(entry if isinstance(entry, str) else str(next(iter(entry.values()))))
    return names


def suggestions(view: TableView) -> list[dict[str, Any]]:
    """Facets that the page offers."""
    own = [_suggestion(view, each) for each in view.result.suggestions]
    return [*view.early_suggestions, *own, *view.foreign_suggestions]


def _suggestion(view: TableView, suggestion: Suggestion) -> dict[str, Any]:
    offered: dict[str, Any] = {"name": suggestion.column}
    if suggestion.type != "column":
        offered["type"] = suggestion.type
    path = path_with_added_args(view.request, [(facet_parameter(suggestion.type), suggestion.column)])
    offered["toggle_url"] = view.absolute(path)
    return offered
