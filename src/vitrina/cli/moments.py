"""Times as people write them on the command line."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import click

_DURATION = re.compile(r"(\d{1,9})([smhdw])\Z")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


def parse_moment(text: str, now: datetime, *, end: bool) -> int:
    """Unix seconds of a duration from now (90s, 15m, 1h, 7d, 2w), a weekday, a date or an ISO time.

    ``now`` is aware; its zone is the one of times without any. A day counts
    whole: with ``end`` to its end, else from its beginning. Raises ValueError.
    """
    word = text.strip().lower()
    duration = _DURATION.match(word)
    if duration is not None:
        return int(now.timestamp()) + int(duration[1]) * _UNITS[duration[2]]
    days = [day for day in _WEEKDAYS if len(word) >= 3 and day.startswith(word)]
    if days:
        ahead = (_WEEKDAYS.index(days[0]) - now.weekday()) % 7
        moment = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=ahead)
    else:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=now.tzinfo)
    if end and (days or _DATE.match(word)):
        moment += timedelta(days=1)
    seconds = int(moment.timestamp())
    if seconds < 0:
        raise ValueError("a time before 1970")
    return seconds


class Moment(click.ParamType[int]):
    """A point in time, as Unix seconds."""

    name = "when"

    def __init__(self, *, end: bool) -> None:
        self._end = end

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return parse_moment(value, datetime.now().astimezone(), end=self._end)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no time: write 15m, 7d, friday, 2026-11-27 or 2026-11-27T17:00", param, ctx)
