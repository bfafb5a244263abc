"""A process killed in the middle of writing: what was acknowledged is there, nothing is half there."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

KILLS = int(os.environ.get("VITRINA_KILLS", "3"))
CHILD = Path(__file__).with_name("writing_child.py")


@pytest.mark.faults
@pytest.mark.parametrize("kill", range(KILLS))
def test_acknowledged_writes_survive(make_file, kill):
    journal = ("delete", "wal")[kill % 2]
    path = make_file(f"pragma journal_mode={journal}; create table t (number integer, part text);")
    child = subprocess.Popen([sys.executable, str(CHILD), path], stdout=subprocess.PIPE)
    acknowledged = []
    # Another moment each time: after so many answers, wherever the writer is by then.
    for line in child.stdout:
        acknowledged.append(int(line))
        if len(acknowledged) >= 40 + 23 * (kill % 30):
            break
    os.kill(child.pid, signal.SIGKILL)
    rest = child.stdout.read().decode()
    acknowledged += [int(line) for line in rest.split("\n")[:-1]]
    child.wait(10)
    child.stdout.close()

    conn = sqlite3.connect(path)
    assert conn.execute("pragma integrity_check").fetchone() == ("ok",)
    parts = dict(conn.execute("select number, count(*) from t group by number").fetchall())
    conn.close()
    assert set(acknowledged) <= set(parts)
    assert set(parts.values()) == {2}
