"""How far an import is: a bar in a terminal where rich is installed, else a line now and then."""

from __future__ import annotations

import importlib
import os
import sys
import time
from types import TracebackType
from typing import IO, Any

import click

from vitrina.execute.imports.report import ImportReport

# Seconds between two lines where there is no terminal.
_LINE_S = 10.0


class Progress:
    """Says nothing. ``update`` is called after every thousand rows or so."""

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        return None

    def update(self) -> None:
        """Look at the report again."""


class Lines(Progress):
    """A line on stderr every ten seconds."""

    def __init__(self, report: ImportReport) -> None:
        self._report = report
        self._next = time.monotonic() + _LINE_S

    def update(self) -> None:
        if time.monotonic() >= self._next:
            self._next += _LINE_S
            click.echo(f"{self._report.read:,} rows", err=True)


class Bar(Progress):
    """A bar of the bytes that were read, and the number of rows."""

    def __init__(self, rich_progress: Any, file: IO[bytes], total: int | None, report: ImportReport) -> None:
        columns = (
            rich_progress.BarColumn(),
            rich_progress.TextColumn("{task.fields[rows]} rows"),
            rich_progress.TimeRemainingColumn(),
        )
        self._bar = rich_progress.Progress(*columns, console=_console(), transient=True, refresh_per_second=5)
        self._task = self._bar.add_task("", total=total, rows="0")
        self._file, self._total, self._report = file, total, report

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.stop()

    def update(self) -> None:
        done = self._file.tell() if self._total is not None else None
        self._bar.update(self._task, completed=done, rows=f"{self._report.read:,}")


def _console() -> Any:
    return importlib.import_module("rich.console").Console(stderr=True)


def open_progress(file: IO[bytes], name: str, report: ImportReport, *, quiet: bool) -> Progress:
    """The progress that fits where this runs; ``name`` is "-" for standard input."""
    if quiet:
        return Progress()
    if not sys.stderr.isatty():
        return Lines(report)
    try:
        rich_progress = importlib.import_module("rich.progress")
    except ImportError:
        return Lines(report)
    total = None if name == "-" else os.path.getsize(name)
    return Bar(rich_progress, file, total, report)
