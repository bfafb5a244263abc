"""A database that Litestream replicates to a folder, for tests of what is made from replicas."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from vitrina.errors import StartupError
from vitrina.replicate.binary import child_environment, find_litestream

try:
    LITESTREAM = find_litestream()
except StartupError as error:
    pytest.skip(error.message, allow_module_level=True)

PATIENCE = 60.0
ROWS = 300


def until(condition, what):
    """Wait until ``condition()`` is true; what it gave."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            pytest.fail(f"{what} did not happen within {PATIENCE:.0f} s")
        time.sleep(0.01)


class Writer:
    """A database whose rows all have the same number in every committed state, and its Litestream."""

    def __init__(self, folder: Path, name: str = "replica") -> None:
        self.path = folder / "app.db"
        self.replica = f"file://{folder / name}"
        self.conn = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None)
        self.conn.execute("pragma journal_mode=wal")
        self.conn.execute("pragma wal_autocheckpoint=0")
        self.conn.execute("create table t (id integer primary key, number integer, filling text)")
        self.conn.executemany("insert into t values (?, 0, ?)", [(i, "x" * 500) for i in range(ROWS)])
        self.number = 0
        database = {"path": str(self.path), "monitor-interval": "50ms"}
        database["replica"] = {"url": self.replica, "sync-interval": "50ms"}
        self._config = folder / "litestream.yml"
        self._config.write_text(json.dumps({"dbs": [database]}))
        self.start()

    def start(self) -> None:
        """Begin to replicate."""
        self.process = subprocess.Popen(
            [LITESTREAM, "replicate", "-no-expand-env", "-config", str(self._config)],
            env=child_environment(None),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(lambda: list(self.path.parent.glob("[!.]*/ltx/0/*.ltx")), "the first upload")

    def stop(self) -> None:
        """Replicate no more."""
        self.process.terminate()
        self.process.wait()

    def begin_anew(self) -> None:
        """Lose the replica and what Litestream knows of it, and begin another one in its place."""
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.path.parent / "replica")
        shutil.rmtree(self.path.parent / f".{self.path.name}-litestream")
        self.start()

    def write(self) -> None:
        """Give every row the next number, in one transaction."""
        self.number += 1
        self.conn.execute("update t set number = ?", [self.number])

    def close(self) -> None:
        self.conn.close()
        self.stop()
