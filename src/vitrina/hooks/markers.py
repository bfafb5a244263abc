"""The two decorators that plugins and specifications use."""

from __future__ import annotations

import pluggy

# Plugins declare their hooks for the project name that the ecosystem uses.
PROJECT = "datasette"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
