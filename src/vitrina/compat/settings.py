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
