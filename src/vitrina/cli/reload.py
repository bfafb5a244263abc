"""``serve --reload``: a parent process that starts the server again when a file changes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import click

from vitrina.cli.options import ServeOptions

_CHILD = "VITRINA_RELOAD_CHILD"
# Seconds between two looks, and that a child gets to shut down.
_INTERVAL = 1.0
_PATIENCE = 10.0
_SUFFIXES = {".py", ".html", ".json", ".yaml", ".yml", ".css", ".js"}

Snapshot = dict[str, tuple[int, int]]


def in_child() -> bool:
    """Whether this is the process that serves."""
    return os.environ.get(_CHILD) == "1"


def supervise(options: ServeOptions) -> int:
    """Run the same command line in a child, again after each change, until it is interrupted; the exit status."""
    roots = watched_paths(options)
    stopped: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda got, _frame: stopped.append(got))
    while not stopped:
        before = snapshot(roots)
        child = _start()
        changed = _wait_for_change(roots, before, child, stopped)
        _end(child)
        if changed:
            click.echo(f"{changed} changed: starting again", err=True)
    return 0


def watched_paths(options: ServeOptions) -> list[Path]:
    """Files and folders whose change calls for a new start."""
    paths = [Path(__file__).resolve().parent.parent]
    paths += [Path(file.name) for file in (options.config, options.metadata) if file and isinstance(file.name, str)]
    paths += [Path(folder) for folder in (options.template_dir, options.plugins_dir) if folder]
    paths += [Path(file) for file in options.immutable]
    paths += [Path(name) for name in options.files if Path(name).is_dir()]
    return paths


def snapshot(paths: Iterable[Path]) -> Snapshot:
    """Name → time of change and size of every watched file (blocking)."""
    seen: Snapshot = {}
    for path in paths:
        files = [file for file in path.rglob("*") if file.suffix in _SUFFIXES] if path.is_dir() else [path]
        for file in files:
            try:
                status = file.stat()
            except OSError:
                continue
            seen[str(file)] = (status.st_mtime_ns, status.st_size)
    return seen


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "vitrina", *sys.argv[1:]], env={**os.environ, _CHILD: "1"})


def _wait_for_change(roots: list[Path], before: Snapshot, child: subprocess.Popen[bytes], stopped: list[int]) -> str:
    """The name of a file that changed; "" when the process is to end. A child that failed is left for a change."""
    told = False
    while not stopped:
        time.sleep(_INTERVAL)
        now = snapshot(roots)
        if now != before:
            return min(name for name in {*now, *before} if now.get(name) != before.get(name))
        if child.poll() is not None and not told:
            told = True
            click.echo("The server ended; it is started again when a file changes", err=True)
    return ""


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
