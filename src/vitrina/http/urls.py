"""The URLs of pages, each with the base_url prefix exactly once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from vitrina.tilde import tilde_encode


class PrefixedUrlString(str):
    """A URL that already has the prefix. Text made from it with string methods keeps that mark."""

    __slots__ = ()

    def __add__(self, other: str) -> PrefixedUrlString:
        return PrefixedUrlString(super().__add__(other))


def _keep_mark(name: str) -> Callable[..., PrefixedUrlString]:
    method = getattr(str, name)

    def marked(self: PrefixedUrlString, *args: Any, **kwargs: Any) -> PrefixedUrlString:
        return PrefixedUrlString(method(self, *args, **kwargs))

    marked.__name__ = name
    return marked


_TEXT_METHODS = """
    capitalize casefold expandtabs format format_map join ljust lower lstrip removeprefix removesuffix replace
    rjust rstrip strip swapcase title translate upper zfill
"""
for _name in _TEXT_METHODS.split():
    setattr(PrefixedUrlString, _name, _keep_mark(_name))


class Urls:
    """Builds the URLs of one instance.

    ``base_url`` has a leading and a trailing slash. ``route_of`` gives the
    route of a database by its name and raises KeyError where there is none;
    without it the route is the name.
    """

    def __init__(self, base_url: str = "/", route_of: Callable[[str], str] | None = None) -> None:
        self.base_url = base_url
        self._route_of = route_of

    def path(self, path: str, format: str | None = None) -> PrefixedUrlString:
        """``path`` (from the root of the instance) under the prefix, unless it already has it."""
        if not isinstance(path, PrefixedUrlString):
            path = PrefixedUrlString(self.base_url + path.removeprefix("/"))
        return PrefixedUrlString(f"{path}.{format}") if format is not None else path

    def instance(self, format: str | None = None) -> PrefixedUrlString:
        return self.path("", format)

    def static(self, path: str) -> PrefixedUrlString:
        return self.path(f"-/static/{path}")

    def static_plugins(self, plugin: str, path: str) -> PrefixedUrlString:
        return self.path(f"-/static-plugins/{plugin}/{path}")

    def logout(self) -> PrefixedUrlString:
        return self.path("-/logout")

    def database(self, database: str, format: str | None = None) -> PrefixedUrlString:
        """The page of a database. Raises KeyError for a name that is not served."""
        route = database if self._route_of is None else self._route_of(database)
        # A database called "-" would stand where the pages of the instance are.
        return self.path("~2D" if route == "-" else tilde_encode(route), format)

    def database_query(self, database: str, sql: str, format: str | None = None) -> PrefixedUrlString:
        return self.path(self.database(database) + f"/-/query?{urlencode({'sql': sql})}", format)

    def table(self, database: str, table: str, format: str | None = None) -> PrefixedUrlString:
        return self.path(self.database(database) + "/" + tilde_encode(table), format)

    def query(self, database: str, query: str, format: str | None = None) -> PrefixedUrlString:
        return self.path(self.database(database) + "/" + tilde_encode(query), format)

    def row(self, database: str, table: str, row_path: str, format: str | None = None) -> PrefixedUrlString:
        """A row; ``row_path`` is already tilde-encoded."""
        return self.path(self.table(database, table) + "/" + row_path, format)

    def row_blob(self, database: str, table: str, row_path: str, column: str) -> PrefixedUrlString:
        return self.row(database, table, f"{row_path}.blob?{urlencode({'_blob_column': column})}")
