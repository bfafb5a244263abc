"""The hooks of files; known to the plugin manager only where files are configured."""

from __future__ import annotations

from typing import Any

from vitrina.hooks.markers import hookspec


@hookspec
def register_files_storage_types(datasette: Any) -> Any:
    """Return a list of Storage classes; one with the name of an earlier one takes its place. May be awaitable."""


@hookspec
def file_actions(datasette: Any, actor: Any, file: Any, preview_bytes: Any) -> Any:
    """Return links ``{href, label, description?}`` for the page of a file; may be awaitable."""


@hookspec
def register_thumbnail_generators(datasette: Any) -> Any:
    """Return a list of ThumbnailGenerator instances, which are asked before the built-in one; may be awaitable."""
