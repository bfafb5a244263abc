"""Where something may be done: everywhere, in databases, or to single tables and queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vitrina.access.actions import Action
from vitrina.access.resources import DatabaseResource, Resource
from vitrina.access.restrictions import fold_of, restricted_resources


@dataclass(frozen=True, slots=True)
class Places:
    """A set of resources; the names of ``children`` are folded as rules compare them."""

    everything: bool = False
    parents: frozenset[str] = frozenset()
    children: frozenset[tuple[str, str]] = frozenset()

    def meet(self, other: Places) -> Places:
        """What is in both sets."""
        if self.everything:
            return other
        if other.everything:
            return self
        children = {child for child in self.children if child[0] in other.parents or child in other.children}
        children.update(child for child in other.children if child[0] in self.parents)
        return Places(False, self.parents & other.parents, frozenset(children))


EVERYWHERE = Places(everything=True)
NOWHERE = Places()


def places_of_restriction(value: object, action: Action) -> Places:
    """What a restriction object (``_r``) leaves for an action."""
    fold = fold_of(action)
    rows = restricted_resources(value, action)
    return Places(
        any(parent is None for parent, _ in rows),
        frozenset(parent for parent, child in rows if parent is not None and child is None),
        frozenset((parent, fold(child)) for parent, child in rows if parent is not None and child is not None),
    )


def places_in_databases(names: Iterable[str], action: Action) -> Places:
    """What of an action happens in these databases; of the instance as a whole only looking at it is left."""
    if action.resource_class is None:
        return EVERYWHERE if action.name == "view-instance" else NOWHERE
    return Places(parents=frozenset(names)) if _is_in_database(action.resource_class) else NOWHERE


def places_of_resources(pairs: Iterable[tuple[str, str]], action: Action) -> Places:
    """What of an action is done to exactly these tables, views and queries."""
    if action.resource_class is None or not action.takes_child or not _is_in_database(action.resource_class):
        return NOWHERE
    fold = fold_of(action)
    return Places(children=frozenset((parent, fold(child)) for parent, child in pairs))


def _is_in_database(resource_class: type[Resource]) -> bool:
    top = resource_class
    while top.parent_class is not None:
        top = top.parent_class
    return issubclass(top, DatabaseResource)
