"""The blocks that ``?_extra=`` adds to JSON: their names, where they exist, and what they say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vitrina.errors import BadRequest
from vitrina.http.paths import path_with_added_args, path_with_removed_args
from vitrina.web.absolute import absolute_url

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site

TABLE, ROW, QUERY = "T", "R", "Q"


@dataclass(frozen=True, slots=True)
class Extra:
    """One block: ``scopes`` has a letter for each kind of page (table, row, query) that offers it."""

    name: str
    scopes: str
    description: str


EXTRAS: tuple[Extra, ...] = (
    Extra("count", "T", "Number of rows that match, at most 10001; null when not counted."),
    Extra("count_truncated", "T", "Whether there are more rows than the count says."),
    Extra("count_sql", "T", "The SQL of the count."),
    Extra("facet_results", "T", "Facets by key under results, and the names of those that ran out of time."),
    Extra("facets_timed_out", "T", "Names of facets that ran out of time."),
    Extra("suggested_facets", "T", "Facets that may be of interest, each with the address that adds it."),
    Extra("human_description_en", "T", "The filters and the order in English words."),
    Extra("columns", "TRQ", "Names of the selected columns."),
    Extra("all_columns", "T", "Names of all columns of the table, selected or not."),
    Extra("primary_keys", "TR", "Names of the primary key columns."),
    Extra("column_details", "TR", "Declared type, affinity, default and key of each column."),
    Extra("display_columns", "T", "The columns as the HTML page heads them."),
    Extra("render_cell", "TRQ", "HTML of the cells that plugins and column types render."),
    Extra("debug", "TRQ", "Facts for debugging; their shape changes without notice."),
    Extra("request", "TRQ", "The request as the server understood it."),
    Extra("query", "TRQ", "The SQL that was run, and its parameters."),
    Extra("column_types", "TR", "Column types assigned to columns, with their configuration."),
    Extra("set_column_type_ui", "T", "What a form needs to assign column types; null where that is not permitted."),
    Extra("metadata", "TRQ", "Title, description, source and licence, and descriptions of columns."),
    Extra("extras", "TRQ", "This list."),
    Extra("database", "TRQ", "Name of the database."),
    Extra("table", "TR", "Name of the table."),
    Extra("database_color", "TRQ", "Six hexadecimal digits that mark the database."),
    Extra("renderers", "T", "Other formats of this page, with their addresses."),
    Extra("custom_table_templates", "T", "Templates looked for to show the rows, in order."),
    Extra("sorted_facet_results", "T", "The facets in the order that the HTML page shows them."),
    Extra("table_definition", "T", "SQL that creates the table and its indexes; null for a view."),
    Extra("view_definition", "T", "SQL that creates the view; null for a table."),
    Extra("is_view", "T", "Whether this is a view."),
    Extra("private", "TRQ", "Whether only people with permission can see this."),
    Extra("expandable_columns", "T", "Foreign keys that can be expanded, each with the column that labels it."),
    Extra("form_hidden_args", "T", "Arguments of this page that a form has to carry along."),
    Extra("foreign_key_tables", "R", "Tables with rows that point to this one, and how many."),
)

_NAMES: dict[str, frozenset[str]] = {
    scope: frozenset(extra.name for extra in EXTRAS if scope in extra.scopes) for scope in (TABLE, ROW, QUERY)
}


def requested_extras(request: Request, scope: str, *, strict: bool) -> tuple[str, ...]:
    """The extras that the query string asks for, in its order, each once.

    Raises BadRequest for a name that this kind of page does not have, where
    ``strict`` (every format but HTML).
    """
    values = request.args.getlist("_extra")
    if not values:
        return ()
    names = list(dict.fromkeys(name for value in values for name in value.split(",") if name))
    known = _NAMES[scope]
    unknown = [name for name in names if name not in known]
    if unknown and strict:
        raise BadRequest(
            f"Unknown _extra: {', '.join(sorted(unknown))}", hint="_extra=extras lists the extras of this page."
        )
    return tuple(name for name in names if name in known)


def refuse_unknown_extras(request: Request, scope: str) -> None:
    """Raise BadRequest for extras that the page does not have; pages do so last, when all else is well."""
    requested_extras(request, scope, strict=True)


def describe_extras(site: Site, request: Request, scope: str, selected: Iterable[str]) -> list[dict[str, Any]]:
    """The ``extras`` extra: every block of this kind of page, with the address that turns it on or off."""
    chosen = frozenset(selected)
    listed = []
    for extra in EXTRAS:
        if scope not in extra.scopes:
            continue
        if extra.name in chosen:
            path = path_with_removed_args(request, {"_extra": extra.name})
        else:
            path = path_with_added_args(request, [("_extra", extra.name)])
        listed.append(
            {
                "name": extra.name,
                "description": extra.description,
                "toggle_url": absolute_url(site, request, path),
                "selected": extra.name in chosen,
            }
        )
    return listed


def describe_request(request: Request) -> dict[str, Any]:
    """The ``request`` extra."""
    return {
        "url": request.url,
        "path": request.path,
        "full_path": request.full_path,
        "host": request.host,
        "args": {key: request.args.getlist(key) for key in request.args.keys()},  # noqa: SIM118 - the plugin API's way
    }


def describe_debug(request: Request, **facts: Any) -> dict[str, Any]:
    """The ``debug`` extra."""
    return {"url_vars": dict(request.url_vars), **facts}


def with_implied(names: Sequence[str]) -> tuple[str, ...]:
    """``names`` with what they bring along: asking for ``count`` adds ``count_truncated``."""
    if "count" in names and "count_truncated" not in names:
        return (*names, "count_truncated")
    return tuple(names)
