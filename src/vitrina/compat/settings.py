"""The settings with their defaults, in the form in which tests of plugins read them."""

from __future__ import annotations

from typing import Any, NamedTuple

from vitrina.config.settings import SETTINGS as _SETTINGS


class Setting(NamedTuple):
    """One setting."""

    name: str
    default: Any
    help: str


SETTINGS = tuple(Setting(name, default, doc) for name, (default, doc) in _SETTINGS.items())
DEFAULT_SETTINGS = {setting.name: setting.default for setting in SETTINGS}

_HASH_URLS = "The hash_urls setting has been removed, try the datasette-hashed-urls plugin instead"
#: settings of earlier releases, and what to do about them
OBSOLETE_SETTINGS = {"hash_urls": _HASH_URLS, "default_cache_ttl_hashed": _HASH_URLS}
#: the name of the internal database, which is not among the served ones
INTERNAL_DB_NAME = "__INTERNAL__"
#: files that can be attached to one connection
SQLITE_LIMIT_ATTACHED = 10
#: rows of a RETURNING clause that a write gives back unless told otherwise
EXECUTE_WRITE_RETURNING_LIMIT = 10
