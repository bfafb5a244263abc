"""What a hook was called with, by whom it is implemented and what came of it, told on stderr after each call."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pprint import pformat
from textwrap import indent
from typing import Any

import pluggy


def reports_calls() -> bool:
    """Whether the environment asks for it: VITRINA_TRACE_PLUGINS or DATASETTE_TRACE_PLUGINS."""
    return any(os.environ.get(f"{name}_TRACE_PLUGINS") for name in ("VITRINA", "DATASETTE"))


def report_calls(pm: pluggy.PluginManager) -> None:
    """Tell of every call of this manager's hooks from now on."""
    pm.add_hookcall_monitoring(lambda *_: None, _report)


def _report(outcome: Any, hook: str, implementations: Sequence[Any], arguments: Mapping[str, Any]) -> None:
    plugins = ", ".join(str(each.plugin_name) for each in implementations) or "no plugin"
    ended = f"raised {outcome.exception!r}" if outcome.exception else f"returned {pformat(outcome.get_result())}"
    given = [f"{name} = {pformat(value)}" for name, value in arguments.items()]
    # At once, since hooks are also called in threads.
    sys.stderr.write(f"{hook}: {plugins}\n" + indent("\n".join([*given, ended]), "    ") + "\n")
