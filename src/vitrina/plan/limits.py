"""Page size and time limit of a page, from the query string, the configuration and the settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vitrina.config.settings import Settings
from vitrina.errors import BadRequest


def page_size(given: str | None, table_config: Mapping[str, Any], settings: Settings) -> int:
    """Rows of a page: ``_size``, else the table's ``size`` unless 0, else the setting; ``max`` is the largest allowed.

    Raises BadRequest for anything but a whole number from 0 to ``max_returned_rows``.
    """
    wanted = given or table_config.get("size")
    if not wanted:
        return min(settings.default_page_size, settings.max_returned_rows)
    if wanted == "max":
        return settings.max_returned_rows
    try:
        size = int(wanted)
    except (ValueError, TypeError):
        size = -1
    if size < 0:
        raise BadRequest("_size must be a positive integer")
    if settings.exact_limits and not given:
        # What the configuration asks for was meant for people without a limit of their own.
        return min(size, settings.max_returned_rows)
    if size > settings.max_returned_rows:
        raise BadRequest(f"_size must be <= {settings.max_returned_rows}")
    return size


def time_limit(given: str | None, settings: Settings) -> float:
    """Milliseconds for the main statement: the setting, or ``_timelimit`` where that is lower.

    Raises BadRequest when ``_timelimit`` is no whole number.
    """
    limit = settings.sql_time_limit_ms
    if not given:
        return limit
    try:
        wanted = int(given)
    except ValueError as error:
        raise BadRequest(str(error), hint="_timelimit is a number of milliseconds.") from error
    return min(wanted, limit) if wanted else limit
