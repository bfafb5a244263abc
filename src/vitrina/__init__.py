"""Vitrina: explore and publish data from SQLite files as a website and an API."""

import importlib
from typing import Any

from vitrina.version import REFERENCE_VERSION, __version__

# What plugins and programs use, imported when it is first asked for: a short start is worth more than a plain import.
_PLACES = {
    "Datasette": "vitrina.facade.datasette",
    "Database": "vitrina.facade.database",
    "Forbidden": "vitrina.errors",
    "NotFound": "vitrina.errors",
    "Request": "vitrina.http.request",
    "Response": "vitrina.http.response",
    "hookimpl": "vitrina.hooks.markers",
    "hookspec": "vitrina.hooks.markers",
}

__all__ = ["REFERENCE_VERSION", "__version__", *_PLACES]


def __getattr__(name: str) -> Any:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(place), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})
