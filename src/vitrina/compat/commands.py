"""Functions around the command line that programs import beside the commands themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import click

from vitrina.cli.environment import twins
from vitrina.cli.inspect import summarize
from vitrina.cli.parameters import LoadExtension
from vitrina.compat.connection_checks import check_connection

T = TypeVar("T")


async def inspect_(files: Sequence[str], sqlite_extensions: Sequence[Any]) -> dict[str, Any]:
    """What the command ``inspect`` prints. Raises StartupError."""
    return await asyncio.to_thread(summarize, files, tuple(sqlite_extensions or ()))


async def check_databases(ds: Any) -> None:
    """Read the tables of every database of an instance. Raises what a broken file raises."""
    for database in ds.databases.values():
        await database.execute_fn(check_connection)


def run_sync(coro_func: Callable[[], Awaitable[T]]) -> T:
    """Call a coroutine function in a loop of its own."""

    async def run() -> T:
        return await coro_func()

    return asyncio.run(run())


def sqlite_extensions(fn: T) -> T:
    """Give a command the option ``--load-extension``."""
    option = click.option(
        "sqlite_extensions",
        "--load-extension",
        type=LoadExtension(),
        envvar=twins("LOAD_EXTENSION"),
        multiple=True,
        help="SQLite extension to load, with an optional entry point",
    )
    return option(fn)  # type: ignore[type-var]
