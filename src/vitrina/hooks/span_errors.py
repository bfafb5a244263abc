"""What spans and metrics tell of an error."""

from __future__ import annotations

import sqlite3

from vitrina.errors import QueryInterrupted, VitrinaError


def told_error(error: BaseException) -> BaseException:
    """The driver's error where one of ours stands for it, but that a time limit ended it is told as that."""
    cause = error.__cause__
    if isinstance(error, VitrinaError) and not isinstance(error, QueryInterrupted) and isinstance(cause, sqlite3.Error):
        return cause
    return error


def may_be_told(error: BaseException) -> bool:
    """Whether its message holds nothing that a person sent: ours may repeat values of a body."""
    return not isinstance(error, VitrinaError) or isinstance(error, QueryInterrupted)
