"""Magic parameters of stored queries: values that come from the request, the actor or the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vitrina.errors import BadRequest

#: Gives the value of what stands behind a prefix: ``:_now_epoch`` asks the source "now" for "epoch".
MagicSource = Callable[[str], Any]


def is_magic(name: str) -> bool:
    """Whether a parameter's name begins with ``_`` and has a second ``_``."""
    return name.startswith("_") and "_" in name[1:]


@dataclass(frozen=True, slots=True)
class MagicContext:
    """What the built-in sources read. ``now`` is in UTC; ``random_hex`` makes that many hexadecimal characters."""

    actor: Mapping[str, Any] | None
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    now: datetime
    random_hex: Callable[[int], str]


def builtin_sources(context: MagicContext) -> dict[str, MagicSource]:
    """The sources ``actor``, ``header``, ``cookie``, ``now`` and ``random``."""
    return {
        "actor": lambda key: _of_actor(context.actor, key),
        "header": lambda key: context.headers.get(key.replace("_", "-").lower(), ""),
        "cookie": lambda key: _of_cookies(context.cookies, key),
        "now": lambda key: _of_clock(context.now, key),
        "random": lambda key: _random(context.random_hex, key),
    }


def magic_values(names: Iterable[str], sources: Mapping[str, MagicSource]) -> dict[str, Any]:
    """Values of the magic names among ``names``; None where no source has the prefix.

    Raises BadRequest where a source has no value.
    """
    values: dict[str, Any] = {}
    for name in names:
        if is_magic(name):
            prefix, _, key = name[1:].partition("_")
            source = sources.get(prefix)
            values[name] = None if source is None else source(key)
    return values


def _of_actor(actor: Mapping[str, Any] | None, key: str) -> Any:
    if actor is None:
        raise BadRequest("", hint="This query needs a signed-in actor.")
    return _value_of(actor, key, "This query needs a key of the actor that yours does not have.")


def _of_cookies(cookies: Mapping[str, str], key: str) -> Any:
    return _value_of(cookies, key, "This query needs a cookie that the request did not bring.")


def _value_of(values: Mapping[str, Any], key: str, hint: str) -> Any:
    if key not in values:
        raise BadRequest(repr(key), hint=hint)
    return values[key]


def _of_clock(now: datetime, key: str) -> int | str:
    if key == "epoch":
        return int(now.timestamp())
    if key == "date_utc":
        return now.strftime("%Y-%m-%d")
    if key == "datetime_utc":
        return now.strftime("%Y-%m-%dT%H:%M:%SZ")
    raise BadRequest(repr(key), hint="The clock has epoch, date_utc and datetime_utc.")


def _random(random_hex: Callable[[int], str], key: str) -> str:
    kind, _, length = key.partition("_")
    if kind != "chars" or not length.isdecimal():
        raise BadRequest(repr(key), hint="Random values are asked for as _random_chars_16.")
    return random_hex(int(length))
