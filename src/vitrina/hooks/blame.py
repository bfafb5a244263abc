"""Which plugin is behind an error or a wait: said in the error's notes and in the log."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import pluggy

log = logging.getLogger("vitrina.plugins")

#: seconds for which a hook may keep the event loop from everything else without being named
LONG = 0.1
_SAY_EVERY = 60.0
IGNORE = "VITRINA_IGNORE_PLUGIN_ERRORS"
_RAISED_BY = "Raised by the plugin "

_last_said: dict[tuple[str, str], float] = {}


def ignores_plugin_errors() -> bool:
    """Whether a plugin that cannot be loaded or started is left out instead of stopping the start."""
    return os.environ.get(IGNORE, "") not in ("", "0")


def blamed(error: BaseException) -> str | None:
    """The note that names plugin and hook, None where no plugin is known to be behind the error."""
    return next((note for note in getattr(error, "__notes__", ()) if note.startswith(_RAISED_BY)), None)


def blame_plugin(plugin: str, hook: str, error: BaseException) -> None:
    """Note plugin and hook in an error that is passed on; its type and message stay what the plugin made them."""
    if blamed(error) is None:
        error.add_note(f"{_RAISED_BY}{plugin} in the hook {hook}")


@contextmanager
def blaming(plugin: str, hook: str) -> Iterator[None]:
    """What is raised inside gets the note of :func:`blame_plugin`."""
    try:
        yield
    except Exception as error:  # a plugin call: passed on as the plugin raised it
        blame_plugin(plugin, hook, error)
        raise


def blame(pm: pluggy.PluginManager, hook: str, error: BaseException) -> None:
    """As :func:`blame_plugin`, with the plugin found in the error's traceback; no note where there is none."""
    name = _guilty(pm, hook, error.__traceback__)
    if name is not None:
        blame_plugin(name, hook, error)


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


def report_long_call(plugin: str, hook: str, seconds: float) -> None:
    """Say, once a minute for each plugin and hook, that a call kept everything else on the event loop waiting."""
    if seconds < LONG or asyncio._get_running_loop() is None:
        return
    now = time.monotonic()
    if now - _last_said.get((plugin, hook), float("-inf")) < _SAY_EVERY:
        return
    _last_said[plugin, hook] = now
    log.warning("The hook %s of %s kept the event loop for %d ms", hook, plugin, seconds * 1000)
