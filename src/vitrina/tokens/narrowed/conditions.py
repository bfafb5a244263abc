"""Conditions: the caveats of Vitrina's tokens, read, written and checked for their shape."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vitrina.errors import BadRequest, TokenInvalid

#: bytes of one caveat
LONGEST_CAVEAT = 2048
# Larger ones are not the same number in JavaScript.
_LARGEST_NUMBER = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Condition:
    """One narrowing: the name of its kind and its value, None where the kind has none."""

    name: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class ConditionKind:
    """What can stand in a caveat. ``example`` is the caveat as it is written, ``meaning`` half a sentence on it."""

    name: str
    is_valid: Callable[[Any], bool]
    example: str
    option: str
    meaning: str
    has_value: bool = True


def _is_time(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _LARGEST_NUMBER


def _is_limit(value: Any) -> bool:
    return type(value) is int and 1 <= value <= _LARGEST_NUMBER


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _is_pairs(value: Any) -> bool:
    return isinstance(value, list) and all(_is_names(pair) and len(pair) == 2 for pair in value)


def _is_restriction(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) <= {"a", "d", "r"}


def _is_networks(value: Any) -> bool:
    if not _is_names(value):
        return False
    try:
        for network in value:
            ipaddress.ip_network(network)
    except ValueError:
        return False
    return True


KINDS: Mapping[str, ConditionKind] = {
    kind.name: kind
    for kind in (
        ConditionKind("exp", _is_time, '["exp",1795000000]', "--expires", "only before this time (Unix seconds)"),
        ConditionKind("nbf", _is_time, '["nbf",1795000000]', "--not-before", "only from this time on (Unix seconds)"),
        ConditionKind("act", _is_names, '["act",["view-table"]]', "--action", "only these actions, by full name"),
        ConditionKind("db", _is_names, '["db",["fixtures"]]', "--database", "only in these databases"),
        ConditionKind(
            "res", _is_pairs, '["res",[["fixtures","facetable"]]]', "--table", "only these tables, views and queries"
        ),
        ConditionKind(
            "allow",
            _is_restriction,
            '["allow",{"d":{"fixtures":["view-table"]}}]',
            "",
            "only what this restriction object lists, as the _r of a signed token",
        ),
        ConditionKind("ro", lambda value: value is None, '["ro"]', "--read-only", "only reading", has_value=False),
        ConditionKind("sql", lambda value: value is False, '["sql",false]', "--no-sql", "no SQL of the holder's own"),
        ConditionKind("rows", _is_limit, '["rows",1000]', "--max-rows", "at most so many rows in one answer"),
        ConditionKind("ms", _is_limit, '["ms",500]', "--max-ms", "at most so many milliseconds for one query"),
        ConditionKind("ip", _is_networks, '["ip",["203.0.113.0/24"]]', "--ip", "only from these networks"),
        ConditionKind("note", _is_text, '["note","for CI"]', "--note", "a remark; no effect"),
    )
}


class UnknownCondition(TokenInvalid):
    """A caveat of a kind that this version does not know; the token counts as invalid."""


def write_condition(condition: Condition) -> bytes:
    """The condition as the bytes of a caveat.

    Raises BadRequest for one that no server would accept.
    """
    kind = KINDS.get(condition.name)
    if kind is None or not kind.is_valid(condition.value):
        raise BadRequest(f"No such restriction: {condition.name} {condition.value!r}")
    items = [condition.name, condition.value] if kind.has_value else [condition.name]
    written = json.dumps(items, separators=(",", ":"), ensure_ascii=False).encode()
    if len(written) > LONGEST_CAVEAT:
        raise BadRequest(f"A restriction may be {LONGEST_CAVEAT} bytes long, not {len(written)}")
    return written


def parse_condition(caveat: bytes) -> Condition:
    """The condition that the bytes of a caveat say.

    Raises UnknownCondition for kinds this version does not know, TokenInvalid
    for anything else that is not exactly a condition.
    """
    if len(caveat) > LONGEST_CAVEAT:
        raise TokenInvalid("Invalid token")
    try:
        items = json.loads(caveat)
    except (ValueError, RecursionError) as error:
        raise _not_understood(caveat) from error
    if not isinstance(items, list) or not items or not isinstance(items[0], str):
        raise _not_understood(caveat)
    kind = KINDS.get(items[0])
    if kind is None:
        raise _not_understood(items[0].encode("utf-8", "replace"))
    if len(items) != (2 if kind.has_value else 1):
        raise TokenInvalid(f"Token has a malformed restriction: {kind.name}")
    value = items[1] if kind.has_value else None
    if not kind.is_valid(value):
        raise TokenInvalid(f"Token has a malformed restriction: {kind.name}")
    return Condition(kind.name, value)


def _not_understood(what: bytes) -> UnknownCondition:
    shown = what[:40].decode("utf-8", "replace")
    shown = "".join(character if character.isprintable() else "?" for character in shown)
    return UnknownCondition(f"Token has a restriction this server does not understand: {shown}")
