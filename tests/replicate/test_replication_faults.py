"""Replication while processes are killed, keys change, and the object store or the disk fails; compared row by row.

``VITRINA_KILLS`` is the number of rounds of each kind; one unless set.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bad_network import BadNetwork
from object_store import ACCESS_KEY, MORE_KEYS, SECRET_KEY, ObjectStore
from replicated_server import Load, ReplicatedServer, check_copy, is_running, seconds_lost, until

from vitrina.credentials.model import Credentials
from vitrina.replicate.store_of import open_store
from vitrina.replicate.target import parse_target

pytestmark = [pytest.mark.faults, pytest.mark.timeout(7200)]

ROUNDS = int(os.environ.get("VITRINA_KILLS", "1"))
# Ten with one database and one store: then their copies get so large that they take most of the time.
PARTS = [pytest.param(min(10, ROUNDS - first), id=str(first)) for first in range(0, ROUNDS, 10)]


def _more(load: Load, count: int = 5) -> None:
    """Wait for some more durable writes."""
    wanted = len(load.promised) + count
    until(lambda: len(load.promised) >= wanted, "further writes are durable")


def _in_step(server: ReplicatedServer) -> None:
    """Everything is in the store after this."""
    assert server.insert("everything until here", durable=True)[0] == 201


def _seconds_of_an_upload(store: ObjectStore) -> float:
    """How long one takes that is as large as Litestream's are, at this moment."""
    import obstore

    target = parse_target(f"s3://replica/beside?endpoint={store.endpoint}&region=us-east-1", "here")
    place = open_store(target, lambda: Credentials(ACCESS_KEY, SECRET_KEY))
    assert place is not None
    content = os.urandom(50_000)
    began = time.monotonic()
    obstore.put(place.store, place.key(os.urandom(4).hex()), content)
    return time.monotonic() - began


class Killed:
    """Rounds in which ``victim`` is killed while clients write, and what they showed."""

    def __init__(self, store: ObjectStore, victim: str, seed: str) -> None:
        self._store = store
        self._victim = victim
        self._chance = random.Random(os.environ.get("VITRINA_SEED", "7") + seed)
        self.rows_behind: list[int] = []
        self.seconds_behind: list[float] = []
        self.waits: list[float] = []
        self.uploads: list[float] = []
        self.promised = 0

    def round(self, server: ReplicatedServer) -> None:
        """One kill; the server writes before it and may be gone after it."""
        chance, store, victim = self._chance, self._store, self._victim
        if server.process is None:
            server.start()
        pid = server.litestream_pid()
        with Load(server) as load:
            _more(load, 2)
            self.uploads.append(_seconds_of_an_upload(store))
            time.sleep(chance.uniform(0.0, 2.0))
            killed_at = time.monotonic()
            if victim in ("server", "all"):
                server.kill()
            if victim in ("litestream", "all"):
                os.kill(pid, signal.SIGKILL)
            if victim in ("store", "all"):
                store.stop()
            time.sleep(chance.uniform(0.0, 1.5))
            if victim in ("store", "all"):
                store.start()
            if server.process is not None:
                _more(load)
        until(lambda: victim not in ("server", "all") or not is_running(pid), "Litestream has ended")
        copy = server.restore()
        self.rows_behind.append(check_copy(server, copy, load))
        self.seconds_behind.append(seconds_lost(server, copy, load, killed_at))
        self.promised += len(load.promised)
        self.waits += load.waits
        if server.process is None:
            server.start()
        _in_step(server)
        assert server.restore() == server.rows()


@pytest.mark.parametrize("rounds", PARTS)
@pytest.mark.parametrize("victim", ["litestream", "server", "store", "all"])
def test_killed_under_load(own_store, litestream, tmp_path, capsys, request, record_property, victim, rounds) -> None:
    killed = Killed(own_store, victim, seed=request.node.name)
    server = ReplicatedServer(tmp_path, own_store, litestream)
    try:
        for _ in range(rounds):
            killed.round(server)
    finally:
        server.kill()
    record_property("killed", rounds)
    record_property("durable", killed.promised)
    record_property("behind", sum(killed.rows_behind))
    record_property("most_behind_ms", round(1000 * max(killed.seconds_behind)))
    record_property("most_upload_ms", round(1000 * max(killed.uploads)))
    with capsys.disabled():
        print(
            f"\n{victim} killed {rounds} times: {killed.promised} durable writes, none lost; a durable write took "
            f"{statistics.median(killed.waits):.2f} s in the median; rows not in the copy at once: "
            f"{max(killed.rows_behind)} at most, of the last {max(killed.seconds_behind):.2f} s, where monitor and "
            f"sync interval and one upload are 2 s and up to {max(killed.uploads):.2f} s"
        )


def test_credentials_rotated_under_load(server: ReplicatedServer) -> None:
    keys = server.folder / "keys.json"

    def use(more: str) -> None:
        fresh = keys.with_suffix(".new")
        fresh.write_text(json.dumps({"access-key-id": ACCESS_KEY + more, "secret-access-key": SECRET_KEY + more}))
        fresh.replace(keys)

    use("")
    server.options = {"credentials-file": str(keys), "credentials-refresh-interval": 0.5}
    server.start()
    with Load(server) as load:
        for number in range(max(ROUNDS, 3)):
            use(("", *MORE_KEYS)[(number + 1) % 3])
            time.sleep(2)
        _more(load)
    _in_step(server)
    assert server.restore() == server.rows()
    check_copy(server, server.rows(), load)
    status = server.status()
    assert status["credentials"]["rotations"] >= 3 and status["litestream"]["crashes"] == 0
    assert not any(SECRET_KEY in json.dumps(part) for part in (status, server.output()))


def test_a_credentials_command_that_misbehaves(server: ReplicatedServer) -> None:
    mode, script = server.folder / "mode", server.folder / "keys.py"
    mode.write_text("good")
    script.write_text(
        "import json, pathlib, sys, time\n"
        f"mode = pathlib.Path({str(mode)!r}).read_text()\n"
        "if mode == 'hanging': time.sleep(600)\n"
        "if mode == 'failing': sys.exit(7)\n"
        "if mode == 'nonsense': print('<html>', 'devsecret'); sys.exit()\n"
        "if mode == 'endless':\n"
        "    while True: print('x' * 1000)\n"
        f"print(json.dumps({{'access-key-id': {ACCESS_KEY!r}, 'secret-access-key': {SECRET_KEY!r}}}))\n"
    )
    command = f"{sys.executable} {script}"
    server.options = {"credentials-command": command, "credentials-refresh-interval": 0.3}
    server.start()
    for bad, told in (("failing", "status 7"), ("nonsense", "not JSON"), ("endless", "too much"), ("hanging", "")):
        mode.write_text(bad)
        until(lambda told=told: told in (server.status()["credentials"]["last_error"] or ""), f"{bad} is noticed")
        _in_step(server)
        if bad != "hanging":
            mode.write_text("good")
            until(lambda: server.status()["credentials"]["last_error"] is None, "the command works again")
    assert server.restore() == server.rows()
    assert SECRET_KEY not in server.output()
    assert server.status()["litestream"]["crashes"] == 0


@pytest.mark.parametrize("mode", ["failing", "nonsense", "missing"])
def test_no_first_credentials_no_start(server: ReplicatedServer, mode: str) -> None:
    commands = {"failing": "false", "nonsense": "echo hello", "missing": "no-such-program-here"}
    server.options = {"credentials-command": commands[mode], "credentials-refresh-interval": 5}
    server.launch()
    assert server.process is not None and server.process.wait(30) == 1
    assert "failed to load initial credentials" in server.output()


@pytest.mark.parametrize("mode", ["slow", "refusing", "failing"])
def test_a_bad_way_to_the_store(shared_store, litestream, tmp_path, mode) -> None:
    network = BadNetwork(int(shared_store.endpoint.rpartition(":")[2]))
    server = ReplicatedServer(tmp_path, shared_store, litestream)
    straight = server.replica
    server.replica = straight.replace(shared_store.endpoint, f"http://127.0.0.1:{network.port}")
    try:
        server.start()
        with Load(server) as load:
            _more(load, 2)
            network.change(mode)
            time.sleep(4)
            if mode == "slow":
                _more(load, 2)
            # Nobody who does not wait for the store notices.
            before = len(load.acknowledged)
            until(lambda: len(load.acknowledged) > before + 20, "plain writes go on")
            network.change("good")
            _more(load)
        _in_step(server)
        server.replica = straight
        assert server.restore() == server.rows()
        check_copy(server, server.rows(), load)
    finally:
        server.kill()
        network.close()


def test_a_store_that_is_down_at_the_start(own_store, litestream, tmp_path) -> None:
    server = ReplicatedServer(tmp_path, own_store, litestream)
    own_store.stop()
    try:
        server.start()
        assert server.insert("not waiting for anything")[0] == 201
        status = server.status()
        assert status["databases"][0]["state"] == "waiting" and status["databases"][0]["lease"]["error"]
        own_store.start()
        until(lambda: server.insert("again", durable=True)[0] == 201, "the store answers")
        assert server.restore() == server.rows()
    finally:
        server.kill()


def test_a_file_replaced_underneath(server: ReplicatedServer) -> None:
    server.start()
    assert server.insert("old", durable=True)[0] == 201
    other = server.folder / "other.db"
    conn = sqlite3.connect(other)
    conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, payload TEXT)")
    conn.executemany("INSERT INTO t (payload) VALUES (?)", [(f"other {number}",) for number in range(50)])
    conn.commit()
    conn.close()
    for left in ("-wal", "-shm"):
        Path(f"{server.database}{left}").unlink()
    other.replace(server.database)
    assert server.insert("new", durable=True)[0] == 201
    rows = server.restore()
    assert len(rows) == 51 and rows == server.rows()
    assert "another file stands in its place" in server.output()


def test_a_full_disk(shared_store, litestream, tmp_path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(small)], capture_output=True).returncode:
        pytest.skip("this user may not mount a small file system")
    server = ReplicatedServer(small, shared_store, litestream, name="full")
    server.replica = server.replica.replace("/small-", f"/{tmp_path.name}-")
    filler = small / "filler"
    try:
        server.start()
        with Load(server) as load:
            _more(load)
            room = shutil.disk_usage(small).free
            filler.write_bytes(b"0" * max(0, room - 150_000))
            until(lambda: 500 in load.refused or shutil.disk_usage(small).free < 8192, "the disk is full")
            time.sleep(2)
            filler.unlink()
            _more(load)
        _in_step(server)
        server.folder = tmp_path
        assert server.restore() == server.rows()
        check_copy(server, server.rows(), load)
    finally:
        server.kill()
        subprocess.run(["umount", "-l", str(small)], check=True)
