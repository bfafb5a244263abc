"""Another process that uses a database file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CODE = (
    "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute('begin ' + sys.argv[2]);"
    "print('held', flush=True); sys.stdin.read()"
)


@contextmanager
def held(path: Path, lock: str) -> Iterator[None]:
    """Another process has a transaction open that holds a ``lock``: "immediate" or "exclusive"."""
    command = [sys.executable, "-c", _CODE, str(path), lock]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"held\n"
        yield
    finally:
        process.communicate()
