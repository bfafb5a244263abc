"""Where a person goes on from an error page: up to what exists, to signing in, or back to the SQL that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from vitrina.tilde import tilde_decode

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site

#: key in ``site.state`` of the one who checks passwords; absent unless the configuration asks for it
LOGIN_KEY = "login"
LOGIN_PATH = "/-/login"
_TITLES_OF_SQL = ("Invalid SQL", "SQL Interrupted")
_BAD_REQUEST = 400
_FORBIDDEN = 403

Ways = list[dict[str, str]]


def ways_out(site: Site, request: Request, context: dict[str, Any]) -> dict[str, Any]:
    """The names ``ways_out`` and ``refused_sql`` of the page that shows ``context``.

    Addresses are made of the request's own words, so that none tells of
    something that the visitor may not see.
    """
    if context.get("status") == _FORBIDDEN:
        return {"ways_out": _signing_in(site, request)}
    sql = request.args.get("sql")
    if sql and context.get("title") in _TITLES_OF_SQL:
        return {"refused_sql": {"sql": sql, "others": [pair for pair in request.pairs if pair[0] != "sql"]}}
    return {"ways_out": _upwards(site, request, context)}


def _signing_in(site: Site, request: Request) -> Ways:
    if LOGIN_KEY not in site.state or request.actor:
        return []
    return [{"href": f"{site.urls.path(LOGIN_PATH)}?next={quote(request.full_path, safe='/')}", "label": "Sign in"}]


def _upwards(site: Site, request: Request, context: dict[str, Any]) -> Ways:
    """The table of a row that is missing, or of arguments that are wrong; the database of a table that is missing."""
    database, table = request.url_vars.get("database"), request.url_vars.get("table")
    error = str(context.get("error") or "")
    if database and table and (error.startswith("Row not found") or context.get("status") == _BAD_REQUEST):
        # What follows the last dot of a table's address may be its format.
        return [_way(site, f"/{database}/{table}", table)] if "pks" in request.url_vars else [_way_back(request, table)]
    if database and error.startswith("Table not found"):
        return [_way(site, f"/{database}", database)]
    return []


def _way(site: Site, path: str, name: str) -> dict[str, str]:
    return {"href": str(site.urls.path(path)), "label": f"Go to {tilde_decode(name)}"}


def _way_back(request: Request, name: str) -> dict[str, str]:
    return {"href": request.path, "label": f"Go to {tilde_decode(name)}"}
