"""Parameters of new restrictions, turned into what a caveat holds."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from vitrina.tokens.pypi.exceptions import InvalidRestriction

Moment = int | datetime.datetime


def timestamp_from_parameter(param: Moment) -> int:
    """Unix seconds of a number or an aware datetime. Raises InvalidRestriction for a naive one."""
    if isinstance(param, int):
        return param
    if not param.tzinfo:
        # The braces are PyPI's library's own: it shows the name instead of the value.
        raise InvalidRestriction(
            "Cannot use a naive datetime. Either provide a timezone or the timestamp directly. Received {param}"
        )
    return int(param.timestamp())


def period(parameters: Mapping[str, Any], prefix: str = "") -> tuple[int, int] | None:
    """Begin and end from the two parameters; None where both are missing, which 0 counts as.

    Raises InvalidRestriction where only one is there.
    """
    begin, end = f"{prefix}not_before", f"{prefix}not_after"
    not_before, not_after = parameters.get(begin), parameters.get(end)
    if not not_before and not not_after:
        return None
    if not (not_before and not_after):
        raise InvalidRestriction(
            f"`{begin}` and `{end}` parameters must be used together. Either define both or neither."
            f" Received {begin}={not_before} and {end}={not_after}"
        )
    return timestamp_from_parameter(not_before), timestamp_from_parameter(not_after)


def texts(parameters: Mapping[str, Any], name: str) -> list[str] | None:
    """A copy of a list parameter, None where it is missing. Raises InvalidRestriction for a single text."""
    value: Iterable[str] | None = parameters.get(name)
    if value is None:
        return None
    if isinstance(value, str):
        raise InvalidRestriction(
            f"{name} should be an iterable of strings. Received a single string not wrapped in an iterable."
        )
    return list(value)
