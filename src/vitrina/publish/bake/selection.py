"""Which links of a page lead to another page of the mirror, and why others do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from vitrina.http.router import PluginRoute
from vitrina.publish.bake.addresses import asset_file, file_of

if TYPE_CHECKING:
    from vitrina.http.router import Router

#: reasons for leaving something out, as the report says them
NEEDS_SERVER = "needs a server: SQL, forms, editing, signing in"
COMBINATION = "combines filters, sorting or other options"
DOWNLOAD = "download of a whole database file"
OVER_LIMIT = "over a limit"

_PAGES = frozenset(
    {"index", "index-json", "database", "queries", "database-queries", "schema", "database-schema", "table-schema"}
    | {"definition", "favicon"}
)
_SHAPES = frozenset({"_shape", "_nl", "_labels"})
_FILTERS = ("_search", "_where", "_through", "_trace")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A URL that belongs into the mirror unless a limit is reached.

    ``kind`` is what it counts as (page, next, variant, row, asset, export),
    ``group`` what it is counted within: the table.
    """

    url: str
    kind: str
    group: str
    file: str


class Selection:
    """Decides by the route of a URL and the keys of its query string."""

    def __init__(self, router: Router, *, has_custom_pages: bool = False) -> None:
        self._router = router
        self._has_custom_pages = has_custom_pages
        self._known: dict[str, Wanted | str] = {}

    def decide(self, url: str) -> Wanted | str:
        """The page that ``url`` (from the root, without fragment) is, or the reason why it is left out."""
        found = self._known.get(url)
        if found is None:
            found = self._known[url] = self._decide(url)
        return found

    def _decide(self, url: str) -> Wanted | str:
        path, _, query = url.partition("?")
        if any(unquote(segment) in (".", "..") for segment in path.split("/")):
            return NEEDS_SERVER
        match = self._router.match(path)
        if match is None:
            return (
                Wanted(url, "page", path, file_of(path, "")) if self._has_custom_pages and not query else NEEDS_SERVER
            )
        if isinstance(match.route, PluginRoute):
            return NEEDS_SERVER if query else Wanted(url, "page", path, file_of(path, ""))
        name = match.route.name
        if name.startswith("static"):
            return Wanted(path, "asset", "", asset_file(path))
        if name == "download":
            return DOWNLOAD
        if name in _PAGES:
            return NEEDS_SERVER if query else Wanted(url, "page", path, file_of(path, ""))
        if name == "table":
            return self._table(path, query, match.url_vars["format"])
        if name == "row":
            return self._row(path, query, match.url_vars["format"])
        return NEEDS_SERVER

    def _table(self, path: str, query: str, format: str | None) -> Wanted | str:
        keys = [key for key, _ in parse_qsl(query, keep_blank_values=True)]
        group = path.removesuffix(f".{format}") if format else path
        if format == "csv":
            return self._csv(path, group, set(keys))
        if format not in (None, "json"):
            return NEEDS_SERVER if query else Wanted(f"{path}", "page", group, file_of(path, ""))
        file = file_of(path, query)
        url = f"{path}?{query}" if query else path
        if not keys:
            return Wanted(url, "page", group, file)
        if keys == ["_next"]:
            return Wanted(url, f"next {format or 'html'}", group, file)
        if format == "json":
            return Wanted(url, "page", group, file) if set(keys) <= _SHAPES else COMBINATION
        rest = [key for key in keys if key != "_next"]
        if len(rest) == 1 and not rest[0].startswith(_FILTERS):
            return Wanted(url, "variant", group, file)
        return COMBINATION

    def _csv(self, path: str, group: str, keys: set[str]) -> Wanted | str:
        """Every way to ask for rows that are not filtered is the one file with all rows."""
        if all(key.startswith("_") and not key.startswith(_FILTERS) for key in keys):
            return Wanted(f"{path}?_stream=on", "export", group, file_of(path, ""))
        return COMBINATION

    def _row(self, path: str, query: str, format: str | None) -> Wanted | str:
        group = path.rpartition("/")[0]
        if format == "blob" or not query:
            url = f"{path}?{query}" if query else path
            return Wanted(url, f"row {format or 'html'}", group, file_of(path, query))
        return COMBINATION
