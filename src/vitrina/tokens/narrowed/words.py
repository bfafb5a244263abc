"""What a token may do, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from vitrina.tokens.narrowed.conditions import Condition


def describe(condition: Condition) -> str:
    """One condition as a phrase such as "only in the database fixtures"."""
    value = condition.value
    match condition.name:
        case "exp":
            return f"until {shown_time(value)}"
        case "nbf":
            return f"not before {shown_time(value)}"
        case "act":
            return f"only the actions {_list(value)}" if value else "no action at all"
        case "db":
            return f"only in the databases {_list(value)}" if value else "in no database"
        case "res":
            return f"only {_list('/'.join(pair) for pair in value)}" if value else "no table or query"
        case "allow":
            return _describe_restriction(value)
        case "ro":
            return "only reading"
        case "sql":
            return "no SQL of one's own"
        case "rows":
            return f"at most {value:,} rows in one answer"
        case "ms":
            return f"at most {value:,} ms for one query"
        case "ip":
            return f"only from {_list(value)}" if value else "from no address"
        case _:
            return f"note: {value}"


def shown_time(seconds: int) -> str:
    """A time for people; the number itself where the calendar does not go that far."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return str(seconds)


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)


def _describe_restriction(value: Mapping[str, Any]) -> str:
    parts: list[str] = []
    if isinstance(value.get("a"), list):
        parts.append(_list(map(str, value["a"])))
    for database, actions in _items(value.get("d")):
        if isinstance(actions, list):
            parts.append(f"{_list(map(str, actions))} in {database}")
    for database, resources in _items(value.get("r")):
        for resource, actions in _items(resources):
            if isinstance(actions, list):
                parts.append(f"{_list(map(str, actions))} on {database}/{resource}")
    return f"only {'; '.join(parts)}" if parts else "nothing"


def _items(value: Any) -> Iterable[tuple[str, Any]]:
    return value.items() if isinstance(value, Mapping) else ()
