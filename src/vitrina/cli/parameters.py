"""Parameter types of the command line."""

from __future__ import annotations

import glob
import os
from typing import Any

import click

from vitrina.config.merge import parse_assignment
from vitrina.errors import ConfigError

_SPATIALITE = (
    "/usr/lib/*/mod_spatialite.so",
    "/usr/lib/mod_spatialite.so",
    "/usr/lib64/mod_spatialite.so",
    "/usr/local/lib/mod_spatialite.so",
    "/usr/local/lib/mod_spatialite.dylib",
    "/opt/homebrew/lib/mod_spatialite.dylib",
)


class StaticMount(click.ParamType[Any]):
    """``MOUNT:DIRECTORY`` → (mount, directory)."""

    name = "mount:directory"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        mount, separator, directory = str(value).partition(":")
        if not separator:
            self.fail(f'"{value}" should be of format mountpoint:directory', param, ctx)
        if not os.path.isdir(directory):
            self.fail(f"{value} is not a valid directory path", param, ctx)
        return mount, directory


class LoadExtension(click.ParamType[Any]):
    """``PATH[:ENTRYPOINT]`` → path, or (path, entry point); the word ``spatialite`` is looked up."""

    name = "path:entrypoint?"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str | tuple[str, str]:
        if isinstance(value, tuple):
            return value
        if value == "spatialite":
            return find_spatialite()
        path, separator, entry_point = str(value).partition(":")
        # A drive letter ("C:\\lib.dll") is no path with an entry point.
        if not separator or os.path.exists(value):
            return str(value)
        return path, entry_point


def find_spatialite() -> str:
    """Path of the SpatiaLite extension in the usual places. Raises click.ClickException when it is in none."""
    for pattern in _SPATIALITE:
        for path in sorted(glob.glob(pattern)):
            return path
    raise click.ClickException(
        "Could not find SpatiaLite extension: install it (Debian and Ubuntu: libsqlite3-mod-spatialite; "
        "Homebrew: libspatialite) or give its path with --load-extension=PATH"
    )


def parse_settings(
    ctx: click.Context, param: click.Parameter, values: tuple[tuple[str, str], ...]
) -> list[tuple[str, Any]]:
    """Callback of ``-s NAME VALUE``: dotted keys with typed values."""
    try:
        return [parse_assignment(name, value) for name, value in values]
    except ConfigError as error:
        raise click.BadParameter(error.message, ctx=ctx, param=param) from error
