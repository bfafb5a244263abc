"""The path of the current page with query string arguments or format changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from vitrina.http.urls import PrefixedUrlString

if TYPE_CHECKING:
    from vitrina.http.request import Request

Arguments = Mapping[str, Any] | Iterable[tuple[str, Any]]


def own_path(request: Request) -> PrefixedUrlString:
    """The undecoded path of ``request``, with the base_url prefix exactly once however it came."""
    return PrefixedUrlString(request.base_url + request.route_path.removeprefix("/"))


def path_with_added_args(request: Request, args: Arguments, path: str | None = None) -> str:
    """The path of ``request`` with ``args`` added to its own; a value of None takes that key away.

    Arguments without a value are left out. ``path`` replaces the path, not the arguments.
    """
    added = _pairs_of(args)
    gone = {key for key, value in added if value is None}
    kept = [(key, value) for key, value in request.pairs if value and key not in gone]
    return _join(request, path, kept + [(key, value) for key, value in added if value is not None])


def path_with_removed_args(request: Request, args: Mapping[str, str] | Collection[str], path: str | None = None) -> str:
    """The path of ``request`` without some arguments.

    ``args`` is a collection of keys, or an object of key → the one value to
    take away. A ``path`` given brings its own query string.
    """
    pairs: Iterable[tuple[str, str]] = request.pairs
    if path is not None and "?" in path:
        path, _, query_string = path.partition("?")
        pairs = parse_qsl(query_string)
    if isinstance(args, Mapping):
        kept = [(key, value) for key, value in pairs if value and (key not in args or args[key] != value)]
    else:
        kept = [(key, value) for key, value in pairs if value and key not in args]
    return _join(request, path, kept)


def path_with_replaced_args(request: Request, args: Arguments, path: str | None = None) -> str:
    """The path of ``request`` with all arguments named in ``args`` replaced; a value of None only removes."""
    replaced = _pairs_of(args)
    names = {key for key, _ in replaced}
    kept = [(key, value) for key, value in request.pairs if value and key not in names]
    return _join(request, path, kept + [(key, value) for key, value in replaced if value is not None])


def path_with_format(
    *,
    request: Request | None = None,
    path: str | None = None,
    format: str | None = None,
    extra_qs: Mapping[str, Any] | None = None,
    replace_format: str | None = None,
) -> str:
    """The page of ``request`` (or ``path``) in another format, its query string kept as written.

    Where the path has a dot the format cannot be added to it and becomes
    ``_format=``, unless the dot is that of ``replace_format``.
    """
    query: dict[str, Any] = dict(extra_qs or {})
    base: str = path if path is not None else own_path(request) if request is not None else ""
    if replace_format:
        base = base.removesuffix(f".{replace_format}")
    if "." in base:
        query["_format"] = format
    else:
        base = f"{base}.{format}"
    pieces = [request.query_string if request is not None else "", urlencode(sorted(query.items()))]
    query_string = "&".join([piece for piece in pieces if piece])
    return _marked(request, path, f"{base}?{query_string}" if query_string else base)


def _pairs_of(args: Arguments) -> list[tuple[str, Any]]:
    return list(args.items()) if isinstance(args, Mapping) else list(args)


def _join(request: Request, path: str | None, pairs: list[tuple[str, Any]]) -> str:
    base = own_path(request) if path is None else path
    if pairs:
        base = f"{base}{'&' if '?' in base else '?'}{urlencode(pairs)}"
    return _marked(request, path, base)


def _marked(request: Request | None, path: str | None, url: str) -> str:
    """The prefix stands in paths made from the request itself, so urls.path() must not add it again."""
    return PrefixedUrlString(url) if path is None or isinstance(path, PrefixedUrlString) else url
