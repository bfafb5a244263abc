"""Running the command line as people do: in a process of its own."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: seconds after which a process that should have ended or answered counts as hung
PATIENCE = 30.0


def environment(**extra: str) -> dict[str, str]:
    """The environment without variables that would change what is tested."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VITRINA_", "DATASETTE_"))}
    return {**kept, "PYTHONUNBUFFERED": "1", **extra}


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "vitrina", *map(str, arguments)]


def run(*arguments: str | Path, cwd: Path | None = None, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run to the end; output as text."""
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, timeout=PATIENCE, env=environment(**extra), cwd=cwd
    )


@contextmanager
def started(*arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    """A process that is ended at the latest when the test is."""
    # A file, not a pipe: a process whose pipe nobody empties stops after some hundred lines.
    with tempfile.NamedTemporaryFile() as written, open(written.name) as printed:
        process = subprocess.Popen(
            command(*arguments), stdout=written, stderr=subprocess.STDOUT, text=True, env=environment()
        )
        process.stdout = printed
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


def announced(process: subprocess.Popen[str]) -> tuple[str, list[str]]:
    """The address that a server says it listens on, and the lines it printed until then."""
    assert process.stdout is not None
    lines = [""]
    while True:
        has_ended = process.poll() is not None
        while part := process.stdout.readline():
            lines[-1] += part.rstrip("\n")
            if part.endswith("\n"):
                if "running on" in lines[-1]:
                    return lines[-1].split("running on ")[1].split(" (")[0], lines
                lines.append("")
        if has_ended:
            raise AssertionError("the server ended: " + "\n".join(lines))
        time.sleep(0.01)


def fetch(url: str) -> bytes:
    """The body of an answer with status 200, asked for again while nobody listens."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
                return bytes(answer.read())
        except urllib.error.URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def make_database(path: Path, rows: int = 1) -> Path:
    """A database with one table ``t (id, n)``."""
    conn = sqlite3.connect(path)
    with conn:
        conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT)")
        conn.executemany("INSERT INTO t (n) VALUES (?)", [(str(number),) for number in range(rows)])
    conn.close()
    return path
