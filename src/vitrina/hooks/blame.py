"""Which plugin is behind an error or a wait: said in the error's notes and in the log."""

from __future__ import annotations

import logging
import os
import time
from types import TracebackType
from typing import Any

import pluggy

log = logging.getLogger("vitrina.plugins")

#: seconds for which a hook may keep the event loop from everything else without being named
_LONG = 0.1
_SAY_EVERY = 60.0
IGNORE = "VITRINA_IGNORE_PLUGIN_ERRORS"

_last_said: dict[str, float] = {}


def ignores_plugin_errors() -> bool:
    """Whether a plugin that cannot be loaded or started is left out instead of stopping the start."""
    return os.environ.get(IGNORE, "") not in ("", "0")


def blame(pm: pluggy.PluginManager, hook: str, error: BaseException) -> None:
    """Note plugin and hook in an error that is passed on; its type and message stay what the plugin made them."""
    if any(note.startswith("Raised by the plugin ") for note in getattr(error, "__notes__", ())):
        return
    name = _guilty(pm, hook, error.__traceback__)
    if name is not None:
        error.add_note(f"Raised by the plugin {name} in the hook {hook}")


def _guilty(pm: pluggy.PluginManager, hook: str, traceback: TracebackType | None) -> str | None:
    """The plugin whose implementation, or another function of its package, stands in the traceback."""
    implementations = getattr(pm.hook, hook).get_hookimpls()
    by_module = {_module_of(each): str(each.plugin_name) for each in implementations}
    while traceback is not None:
        module = traceback.tb_frame.f_globals.get("__name__", "")
        for known, name in by_module.items():
            if module == known or module.startswith(f"{known}."):
                return name
        traceback = traceback.tb_next
    return None


def _module_of(implementation: Any) -> str:
    return getattr(implementation.function, "__module__", None) or str(implementation.plugin_name)


def report_long_call(pm: pluggy.PluginManager, hook: str, seconds: float) -> None:
    """Say, once a minute and hook, that a call kept everything else waiting."""
    if seconds < _LONG:
        return
    now = time.monotonic()
    if now - _last_said.get(hook, float("-inf")) < _SAY_EVERY:
        return
    _last_said[hook] = now
    names = sorted({str(each.plugin_name) for each in getattr(pm.hook, hook).get_hookimpls()})
    log.warning("The hook %s of %s kept the event loop for %d ms", hook, ", ".join(names), seconds * 1000)
