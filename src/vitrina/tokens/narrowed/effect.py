"""What the conditions of a token come to, taken together."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from vitrina.access.actions import Action
from vitrina.tokens.narrowed.conditions import Condition
from vitrina.tokens.narrowed.places import (
    EVERYWHERE,
    NOWHERE,
    Places,
    places_in_databases,
    places_of_resources,
    places_of_restriction,
)

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: What counts as reading; every other action, known or not, is a write.
READING_ACTIONS = frozenset({"execute-sql", "files-browse", "permissions-debug"})
READING_PREFIXES = ("view-", "debug-")
_SQL_ACTIONS = frozenset({"execute-sql", "execute-write-sql"})
_PERMISSION_KINDS = frozenset({"act", "db", "res", "allow", "ro", "sql", "rows"})


def is_reading(action: str) -> bool:
    """Whether the action changes nothing."""
    return action in READING_ACTIONS or action.startswith(READING_PREFIXES)


def places_left(condition: Condition, action: Action) -> Places:
    """Where one condition alone lets the action be done."""
    value = condition.value
    match condition.name:
        case "act":
            return EVERYWHERE if action.name in value else NOWHERE
        case "db":
            return places_in_databases(value, action)
        case "res":
            return places_of_resources(((pair[0], pair[1]) for pair in value), action)
        case "allow":
            return places_of_restriction(value, action)
        case "ro":
            return EVERYWHERE if is_reading(action.name) else NOWHERE
        case "sql":
            return NOWHERE if action.name in _SQL_ACTIONS else EVERYWHERE
        case "rows":
            # A database file is all of its rows at once.
            return NOWHERE if action.name == "view-database-download" else EVERYWHERE
        case _:
            return EVERYWHERE


def fold_restrictions(conditions: Iterable[Condition], actions: Iterable[Action]) -> dict[str, Any] | None:
    """All conditions on actions and places as one restriction object (``_r``); None where there are none.

    It is exact for the given actions and denies all others, so that code
    which knows nothing but ``_r`` sees neither more nor less.
    """
    relevant = [condition for condition in conditions if condition.name in _PERMISSION_KINDS]
    if not relevant:
        return None
    anywhere: list[str] = []
    databases: dict[str, list[str]] = {}
    resources: dict[str, dict[str, list[str]]] = {}
    for action in actions:
        places = reduce(Places.meet, (places_left(condition, action) for condition in relevant))
        name = action.abbr or action.name
        if places.everything:
            anywhere.append(name)
            continue
        for parent in sorted(places.parents):
            databases.setdefault(parent, []).append(name)
        for parent, child in sorted(places.children):
            if parent not in places.parents:
                resources.setdefault(parent, {}).setdefault(child, []).append(name)
    folded = {"a": anywhere, "d": databases, "r": resources}
    return {key: value for key, value in folded.items() if value}


@dataclass(frozen=True, slots=True)
class Effect:
    """The conditions of a token, taken together.

    ``expires`` and ``begins`` are Unix seconds, ``networks`` one list for each
    condition on the address, ``restrictions`` the actor's ``_r``, ``limits``
    what pages keep to.
    """

    expires: int | None
    begins: int | None
    networks: tuple[tuple[Network, ...], ...]
    restrictions: Mapping[str, Any] | None
    limits: Mapping[str, Any]


def combine(conditions: Sequence[Condition], actions: Iterable[Action]) -> Effect:
    """What all conditions come to for a server that knows these actions."""
    limits: dict[str, Any] = {}
    for kind in ("rows", "ms"):
        values = _values(conditions, kind)
        if values:
            limits[kind] = min(values)
    if any(condition.name == "ro" for condition in conditions):
        limits["read_only"] = True
    return Effect(
        min(_values(conditions, "exp"), default=None),
        max(_values(conditions, "nbf"), default=None),
        tuple(tuple(map(ipaddress.ip_network, networks)) for networks in _values(conditions, "ip")),
        fold_restrictions(conditions, actions),
        limits,
    )


def _values(conditions: Iterable[Condition], kind: str) -> list[Any]:
    return [condition.value for condition in conditions if condition.name == kind]
