"""Restrictions: sets of resources outside of which nothing is allowed, and the ``_r`` of an actor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from vitrina.access.actions import Action
from vitrina.access.resources import fold_ascii

Fold = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Restriction:
    """Resources that one source allows at most; None in a pair is a wildcard.

    ``children`` holds (parent, folded child); a parent of None there means
    the child of any parent. ``reason`` says why a resource outside is refused.
    """

    everything: bool
    parents: frozenset[str]
    children: frozenset[tuple[str | None, str]]
    source: str
    reason: str

    @classmethod
    def of(
        cls, rows: Iterable[tuple[str | None, str | None]], *, fold: Fold, source: str, reason: str = ""
    ) -> Restriction:
        """The set made of ``(parent, child)`` rows."""
        everything = False
        parents: set[str] = set()
        children: set[tuple[str | None, str]] = set()
        for parent, child in rows:
            if child is not None:
                children.add((parent, fold(child)))
            elif parent is not None:
                parents.add(parent)
            else:
                everything = True
        return cls(everything, frozenset(parents), frozenset(children), source, reason)

    def contains(self, parent: str | None, child: str | None) -> bool:
        """Whether the resource is in the set; ``child`` must be folded already."""
        if self.everything or parent in self.parents:
            return True
        if child is None:
            return False
        return (parent, child) in self.children or (None, child) in self.children


def fold_of(action: Action) -> Fold:
    """How children of this action's resources are compared."""
    if action.resource_class is not None and action.resource_class.case_insensitive_child:
        return fold_ascii
    return _unchanged


def _unchanged(child: str) -> str:
    return child


def _names_action(listed: Any, action: Action) -> bool:
    return isinstance(listed, list) and (action.name in listed or (action.abbr is not None and action.abbr in listed))


def restricted_resources(restrictions: Any, action: Action) -> list[tuple[str | None, str | None]]:
    """The ``(parent, child)`` rows that an actor's ``_r`` leaves for an action.

    Whatever is not of the documented shape leaves nothing: a damaged
    restriction must never be wider than the intact one.
    """
    if not isinstance(restrictions, Mapping):
        return []
    rows: list[tuple[str | None, str | None]] = []
    if _names_action(restrictions.get("a"), action):
        rows.append((None, None))
    databases = restrictions.get("d")
    if isinstance(databases, Mapping):
        rows.extend((database, None) for database, listed in databases.items() if _names_action(listed, action))
    resources = restrictions.get("r")
    if isinstance(resources, Mapping):
        for database, children in resources.items():
            if isinstance(children, Mapping):
                rows.extend((database, child) for child, listed in children.items() if _names_action(listed, action))
    return rows


def is_restricted(actor: Mapping[str, Any] | None) -> bool:
    """Whether the actor carries restrictions, even empty or damaged ones."""
    return actor is not None and "_r" in actor
