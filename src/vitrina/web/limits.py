"""Limits that come with the actor, such as a token's number of rows, made part of the settings a page sees."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from vitrina.config.settings import LimitedSettings, Settings

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site


def limited_site(site: Site, request: Request) -> Site:
    """``site``, or for an actor with limits a copy whose settings are no wider than those.

    Every page plans with its site's settings, so that none has to know of
    limits. Endless exports are off where rows are limited.
    """
    actor = request.actor
    limits = actor.get("_limits") if actor is not None else None
    if not limits:
        return site
    return replace(site, settings=_limited(site.settings, limits.get("rows"), limits.get("ms")))


@lru_cache(maxsize=256)
def _limited(settings: Settings, rows: int | None, milliseconds: int | None) -> Settings:
    values = asdict(settings)
    if rows is not None:
        values["max_returned_rows"] = min(settings.max_returned_rows, rows)
        values["default_page_size"] = min(settings.default_page_size, rows)
        values["allow_csv_stream"] = False
    if milliseconds is not None:
        values["sql_time_limit_ms"] = min(settings.sql_time_limit_ms, milliseconds)
    return LimitedSettings(**values)
