"""How commands about files print: lines for people, JSON lines for programs, progress in a terminal."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import click


class Advance(Protocol):
    """Told how far it is: bytes, and what is being looked at."""

    def __call__(self, done: int, what: str) -> None: ...


def shown(text: str) -> str:
    """``text`` on one line and harmless in a terminal: control and direction characters are written as escapes."""
    return "".join([char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text])


def print_line(line: str, item: dict[str, Any], *, as_json: bool) -> None:
    """One result: the line for people, or the object as one line of JSON."""
    click.echo(json.dumps(item, ensure_ascii=False) if as_json else line)


@contextmanager
def transfer_progress(total: int | None, *, quiet: bool) -> Iterator[Advance]:
    """A bar of bytes in a terminal where rich is installed; else silence."""
    if quiet or not sys.stderr.isatty():
        yield _silence
        return
    try:
        progress = importlib.import_module("rich.progress")
        console = importlib.import_module("rich.console").Console(stderr=True)
    except ImportError:
        yield _silence
        return
    columns = (
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(),
        progress.DownloadColumn(),
        progress.TransferSpeedColumn(),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=console, transient=True, refresh_per_second=5) as bar:
        task = bar.add_task("", total=total)

        def advance(done: int, what: str) -> None:
            bar.update(task, completed=done, description=shown(what)[-40:])

        yield advance


def _silence(done: int, what: str) -> None:
    return None
