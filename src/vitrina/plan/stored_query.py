"""Plans of stored queries: which fields may be set, and what a query is made of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from vitrina.errors import InvalidBody
from vitrina.plan.write_sql import MAGIC_REFUSED

_NAME = re.compile(r"[^/.\n]+")
_TEXTS = ("title", "description", "fragment")
_ON = ("on_success_message", "on_success_redirect", "on_error_message", "on_error_redirect")
_SETTABLE = frozenset(("sql", "hide_sql", "parameters", "is_private", *_TEXTS, *_ON))
# Fields that old forms send along.
_TOLERATED = frozenset(("mode", "csrftoken"))
_TRUE = frozenset(("1", "true", "on", "yes"))


def checked_name(given: Any, *, tables: Iterable[str], queries: Iterable[str]) -> str:
    """The name of a new query. Raises InvalidBody."""
    if not isinstance(given, str) or not given:
        raise InvalidBody("Query name is required")
    if _NAME.fullmatch(given) is None:
        raise InvalidBody("Invalid query name")
    if given in tables:
        raise InvalidBody("Query name conflicts with a table or view")
    if given in queries:
        raise InvalidBody("Query already exists")
    return given


def check_keys(given: Mapping[str, Any], *, new: bool) -> None:
    """Raise InvalidBody for fields that cannot be set; only a ``new`` query can be given a name."""
    known = _SETTABLE | _TOLERATED | ({"name"} if new else frozenset())
    unknown = sorted(set(given) - known)
    if unknown:
        raise InvalidBody(f"Invalid keys: {', '.join(unknown)}")


def checked_sql(given: Any) -> str:
    """The statement. Raises InvalidBody where there is none."""
    if not isinstance(given, str) or not given.strip():
        raise InvalidBody("SQL is required")
    return given


def changes(given: Mapping[str, Any], *, named: list[str] | None, is_write: bool) -> dict[str, Any]:
    """Field → value of those that are given, but SQL and name.

    ``named`` are the parameters of the query's SQL, None where they stay as
    they are. Raises InvalidBody.
    """
    if not is_write and any(given.get(key) for key in _ON):
        raise InvalidBody("Writable query fields require writable SQL")
    changed: dict[str, Any] = {key: _text(given[key]) for key in (*_TEXTS, *_ON) if key in given}
    changed.update({key: flag(given[key]) for key in ("hide_sql", "is_private") if key in given})
    parameters = _parameters(given.get("parameters"))
    if any(name.startswith("_") for name in parameters):
        raise InvalidBody(MAGIC_REFUSED)
    if named is not None:
        if parameters and sorted(parameters) != sorted(named):
            raise InvalidBody("parameters must match SQL named parameters")
        changed["parameters"] = tuple(parameters or named)
    return changed


def flag(value: Any) -> bool:
    """Whether a field of a form or of JSON says yes."""
    return str(value).lower() in _TRUE if isinstance(value, (str, bool, int)) else False


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _parameters(given: Any) -> list[str]:
    if isinstance(given, str):
        return [name.strip() for name in given.split(",") if name.strip()]
    if isinstance(given, list):
        return [str(name) for name in given]
    return []
