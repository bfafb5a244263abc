"""Who is asking: matching an actor against an allow block, and showing its name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Actor = Mapping[str, Any]

_DISPLAY_KEYS = ("display", "name", "username", "login", "id")


def actor_matches_allow(actor: Actor | None, allow: Any) -> bool:
    """Whether ``actor`` (None: anonymous) matches the allow block.

    None and True match everybody, False and ``{}`` nobody. An object matches
    when any one of its keys does: the actor's value equals the block's, or one
    of its list; ``"*"`` asks only that the key is there. A list in the actor
    matches when the two lists share a value. ``unauthenticated: true`` matches
    the anonymous. Anything that is not an allow block matches nobody.
    """
    if allow is None or allow is True:
        return True
    if not isinstance(allow, Mapping):
        # Configuration written as 0 or 1 means false or true; all else is refused.
        return isinstance(allow, int) and allow == 1
    if actor is None:
        return allow.get("unauthenticated") is True
    return any(_value_matches(actor, key, wanted) for key, wanted in allow.items())


def _value_matches(actor: Actor, key: str, wanted: Any) -> bool:
    if wanted == "*":
        return key in actor
    value = actor.get(key)
    if value is None:
        return False
    accepted = wanted if isinstance(wanted, list) else [wanted]
    if isinstance(value, list):
        return any(item in accepted for item in value)
    return value in accepted


def actor_id(actor: Actor | None) -> str | None:
    """The actor's id as text, or None for the anonymous and for actors without one."""
    value = actor.get("id") if actor else None
    return None if value is None else str(value)


def display_actor(actor: Actor) -> Any:
    """The label pages show: the first of display, name, username, login, id; else the whole actor as text."""
    for key in _DISPLAY_KEYS:
        value = actor.get(key)
        if value:
            return value
    return str(actor)


def actor_key(actor: Actor | None) -> str | None:
    """A text that two equal actors share, to keep compiled decisions under; None when the actor is not JSON."""
    if actor is None:
        return "null"
    try:
        return json.dumps(actor, sort_keys=True, separators=(",", ":"))
    except (TypeError, ValueError):
        return None
