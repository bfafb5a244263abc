"""Where the jump menu's items come from, and how they are searched and ordered."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vitrina.web.query_search import like, matches_pattern

#: (label, path, description) of the pages for people who look after an instance
DEBUG_PAGES = (
    ("Databases", "/-/databases", "List of databases known to this Datasette instance."),
    ("Installed plugins", "/-/plugins", "Review loaded plugins, their versions and their registered hooks."),
    ("Version info", "/-/versions", "Check the Python, SQLite and dependency versions used by this server."),
    ("Settings", "/-/settings", "Inspect the active Datasette settings and configuration values."),
    ("Debug permissions", "/-/permissions", "Test permission checks for actors, actions and resources."),
    ("Debug messages", "/-/messages", "Try out temporary flash messages shown to users."),
    ("Debug allow rules", "/-/allow-debug", "Explore how allow blocks match actors against permission rules."),
    ("Debug autocomplete", "/-/debug/autocomplete", "Try out table autocomplete against a detected label column."),
    ("Debug threads", "/-/threads", "Inspect worker threads and database tasks."),
    ("Debug actor", "/-/actor", "View the actor object for the current signed-in user."),
    ("Pattern portfolio", "/-/patterns", "Browse Datasette UI patterns."),
)

_TYPE_ORDER = {"database": 0, "table": 1, "view": 2, "query": 3}


@dataclass(frozen=True, slots=True)
class JumpItem:
    """One place to jump to. ``target`` names its parts: (database,) or (database, child), or the path itself."""

    type: str
    label: str
    search_text: str
    target: tuple[str, ...]
    description: str | None = None
    display_name: str | None = None


def debug_items() -> Iterator[JumpItem]:
    """The debug pages as items."""
    for label, path, description in DEBUG_PAGES:
        yield JumpItem("debug", label, f"debug {label} {description}", (path,), description)


def database_item(name: str) -> JumpItem:
    """A database as an item."""
    return JumpItem("database", name, name, (name,))


def child_item(kind: str, database: str, name: str) -> JumpItem:
    """A table, view or query as an item."""
    return JumpItem(kind, f"{database}: {name}", f"{database} {name}", (database, name))


def jump_pattern(q: str) -> re.Pattern[str] | None:
    """What ``q`` looks for: its words in this order, whatever stands between; None finds everything."""
    words = q.split()
    return like("%".join(words)) if words else None


def best_matches(items: Iterable[JumpItem], q: str, limit: int) -> list[JumpItem]:
    """The first ``limit`` items that match ``q``: exact labels, then beginnings, then the rest; short ones first."""
    pattern = jump_pattern(q)
    wanted = " ".join(q.split()).lower()

    def rank(item: JumpItem) -> tuple[int, int, str, int, str]:
        label = item.label.lower()
        place = 0 if label == wanted else 1 if label.startswith(wanted) else 2
        return place, _TYPE_ORDER.get(item.type, 9), item.type, len(item.label), item.label

    found = (item for item in items if pattern is None or matches_pattern(pattern, item.search_text))
    return heapq.nsmallest(limit, found, key=rank)
