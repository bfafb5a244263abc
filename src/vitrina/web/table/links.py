"""Addresses of a table page's other formats."""

from __future__ import annotations

from typing import Any

from vitrina.http.paths import path_with_format
from vitrina.web.table.view import TableView


def renderers(view: TableView) -> dict[str, str]:
    """Format → address of this page in it."""
    extra: dict[str, Any] = {"_labels": "on"} if view.plan.expandable else {}
    found = {"json": str(path_with_format(request=view.request, format="json", extra_qs=extra))}
    for name in view.foreign_renderers:
        found[name] = str(path_with_format(request=view.request, format=name, extra_qs=extra))
    return found


def csv_links(view: TableView) -> dict[str, Any]:
    """The CSV of this page: its address, and path and arguments for the export form."""
    extra: dict[str, Any] = {"_size": "max"}
    if view.plan.expandable:
        extra["_labels"] = "on"
    url = str(path_with_format(request=view.request, format="csv", extra_qs=extra))
    arguments = [(key, value) for key, value in view.request.pairs if key not in ("_labels", "_facet", "_size")]
    return {
        "url_csv": url,
        "url_csv_path": url.partition("?")[0],
        "url_csv_hidden_args": [*arguments, ("_size", "max")],
    }
