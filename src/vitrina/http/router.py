"""Finds the handler of a path by its number of segments and fixed words."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

Handler = Callable[..., Awaitable[Any]]

_PLACE = re.compile(r"\{(\w+)\}$")
_SUFFIX = re.compile(r"^(?P<stem>.*?)\((?P<formats>\.[\w*]+(?:\|\.[\w*]+)*)\)$")


@dataclass(frozen=True, slots=True)
class Route:
    """One kind of page.

    ``pattern`` is made of segments: fixed words, ``{name}`` for a variable,
    ``{name*}`` as the last segment for all the rest (which may be empty). The
    last segment may end in ``(.json|.md)``, formats that may follow, or
    ``(.*)`` for any word; what followed is the variable ``format``, or None.
    A variable may not contain "." unless it is ``pks``, or the table of a row.

    ``methods`` are those the handler is called for; GET brings HEAD with it,
    and "*" means every method. ``allow`` adds an Allow header to the answer
    to OPTIONS, which other origins may not read then, nor that to a method
    not taken; ``own_html``: nor the page itself, only its other formats.
    ``bare`` marks static files: no CORS headers, and no Vary on success.
    ``json_errors``: failures are told in JSON whatever the path.
    """

    name: str
    pattern: str
    handler: Handler
    methods: tuple[str, ...] = ("GET",)
    allow: bool = False
    bare: bool = False
    json_errors: bool = False
    own_html: bool = False
    any_method: bool = field(init=False)
    accepted: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        accepted = set(self.methods)
        if "GET" in accepted:
            accepted.add("HEAD")
        object.__setattr__(self, "any_method", "*" in accepted)
        object.__setattr__(self, "accepted", frozenset(accepted))

    @property
    def allow_value(self) -> str:
        """The methods for an Allow header, in the contract's order."""
        return ", ".join([method for method in ("HEAD", "GET", "POST") if method in self.accepted])


@dataclass(frozen=True, slots=True)
class PluginRoute:
    """A route that a plugin registered: a regular expression, tried before all others."""

    regex: re.Pattern[str]
    view: Callable[..., Any]
    plugin: str = ""


@dataclass(slots=True)
class Match:
    """A route and the named parts of the path, undecoded."""

    route: Route | PluginRoute
    url_vars: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A compiled route: variables as (segment index, name, may contain a dot), and the formats that may follow."""

    route: Route
    variables: tuple[tuple[int, str, bool], ...]
    # None: any word; only read where the group splits the last segment
    formats: frozenset[str] | None
    needs_format: bool
    shows_format: bool

    def fit(self, segments: list[str], format: str | None) -> dict[str, Any] | None:
        """The variables of a path that already has the right fixed words, or None."""
        if format is None:
            if self.needs_format:
                return None
        elif self.formats is not None and format not in self.formats:
            return None
        found: dict[str, Any] = {}
        for index, name, dots in self.variables:
            value = segments[index]
            if not value or (not dots and "." in value):
                return None
            found[name] = value
        if self.shows_format:
            found["format"] = format
        return found


@dataclass(slots=True)
class _Group:
    """Routes with fixed words in the same places. ``splits``: the last segment may carry a format."""

    positions: tuple[int, ...]
    splits: bool
    entries: dict[tuple[str, ...], list[_Entry]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Rest:
    """A route that takes all of a path below ``prefix``, after some single-segment variables."""

    route: Route
    variables: tuple[str, ...]
    rest: str


class Router:
    """A look-up table of routes.

    Plugin routes are tried first, in order. Then routes that take a whole
    subtree; then, among routes with the path's number of segments, the one
    with the most fixed words, and of equals the one given first.
    """

    def __init__(self, routes: Iterable[Route], plugin_routes: Sequence[PluginRoute] = ()) -> None:
        self.plugin_routes = tuple(plugin_routes)
        self._groups: dict[int, list[_Group]] = {}
        self._subtrees: dict[str, _Rest] = {}
        self._deepest = 0
        for route in routes:
            self._add(route)
        for groups in self._groups.values():
            groups.sort(key=lambda group: -len(group.positions))

    def match(self, path: str) -> Match | None:
        """The route for an undecoded ``path`` without query string, or None."""
        for plugin_route in self.plugin_routes:
            found = plugin_route.regex.match(path)
            if found is not None:
                return Match(plugin_route, found.groupdict())
        if not path.startswith("/"):
            return None
        segments = path[1:].split("/")
        return self._match_subtree(segments) or self._match_segments(segments)

    def _match_subtree(self, segments: list[str]) -> Match | None:
        for depth in range(1, min(self._deepest, len(segments) - 1) + 1):
            subtree = self._subtrees.get("/".join(segments[:depth]))
            if subtree is None:
                continue
            below = segments[depth:]
            count = len(subtree.variables)
            if len(below) > count and all(below[:count]):
                url_vars: dict[str, Any] = dict(zip(subtree.variables, below, strict=False))
                url_vars[subtree.rest] = "/".join(below[count:])
                return Match(subtree.route, url_vars)
        return None

    def _match_segments(self, segments: list[str]) -> Match | None:
        for group in self._groups.get(len(segments), ()):
            seen, format = segments, None
            if group.splits:
                seen, format = _split_last(segments)
            for entry in group.entries.get(tuple([seen[index] for index in group.positions]), ()):
                url_vars = entry.fit(seen, format)
                if url_vars is not None:
                    return Match(entry.route, url_vars)
        return None

    def _add(self, route: Route) -> None:
        if not route.pattern.startswith("/"):
            raise ValueError(f"The pattern of route {route.name} must begin with a slash: {route.pattern}")
        segments = route.pattern[1:].split("/")
        if segments[-1].startswith("{") and segments[-1].endswith("*}"):
            self._add_subtree(route, segments)
            return
        segments[-1], formats, needs_format, shows_format = _parse_suffix(segments[-1])
        # The table may contain a dot where a row follows it, and nowhere else.
        is_row = "{pks}" in segments
        words: dict[int, str] = {}
        variables: list[tuple[int, str, bool]] = []
        for index, segment in enumerate(segments):
            place = _PLACE.match(segment)
            if place is None:
                words[index] = segment
            else:
                variables.append((index, place[1], place[1] == "pks" or (is_row and place[1] == "table")))
        splits = needs_format or shows_format
        groups = self._groups.setdefault(len(segments), [])
        positions = tuple(words)
        group = next((item for item in groups if item.positions == positions and item.splits == splits), None)
        if group is None:
            group = _Group(positions, splits)
            groups.append(group)
        entry = _Entry(route, tuple(variables), formats, needs_format, shows_format)
        group.entries.setdefault(tuple(words.values()), []).append(entry)

    def _add_subtree(self, route: Route, segments: list[str]) -> None:
        fixed = [segment for segment in segments if not segment.startswith("{")]
        if segments[: len(fixed)] != fixed:
            raise ValueError(f"Fixed words must come first in a route that ends in *: {route.pattern}")
        variables = tuple([segment[1:-1] for segment in segments[len(fixed) : -1]])
        self._subtrees.setdefault("/".join(fixed), _Rest(route, variables, segments[-1][1:-2]))
        self._deepest = max(self._deepest, len(fixed))


def _split_last(segments: list[str]) -> tuple[list[str], str | None]:
    """The segments with a final ``.word`` taken off the last one, and that word."""
    stem, dot, word = segments[-1].rpartition(".")
    if dot and stem and word.replace("_", "a").isalnum():
        return [*segments[:-1], stem], word
    return segments, None


def _parse_suffix(segment: str) -> tuple[str, frozenset[str] | None, bool, bool]:
    """Take ``(.json|.md)``, ``(.*)`` or a literal ``.db`` off a segment.

    Returns the bare segment, the formats (None: any), whether one must be
    there, and whether it is a variable.
    """
    choice = _SUFFIX.match(segment)
    if choice is not None:
        formats = [text.strip().removeprefix(".") for text in choice["formats"].split("|")]
        return choice["stem"], None if "*" in formats else frozenset(formats), False, True
    stem, dot, word = segment.partition("}.")
    if dot:
        return stem + "}", frozenset((word,)), True, False
    return segment, None, False, False
