"""Servers, readers, leases and restores on machines whose clock is hours off, or is put right while they run.

The clock of Litestream itself is the machine's: it does not ask the library that is replaced here.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cli"))

from cli_process import announced, run, started
from file_replica import ROWS, Writer
from offset_clock import OffsetClock
from replicated_server import Load, ReplicatedServer, check_copy, until

HOURS = pytest.mark.parametrize("hours", [5, -5])


@pytest.fixture
def clock(tmp_path_factory) -> OffsetClock:
    return OffsetClock(tmp_path_factory.mktemp("clock"))


def test_the_clock_is_off(clock: OffsetClock) -> None:
    clock.set(5)
    command = [sys.executable, "-c", "import time; print(time.time())"]
    told = subprocess.run(command, env={**os.environ, **clock.environment}, stdout=-1)
    assert 4.9 < (float(told.stdout) - time.time()) / 3600 < 5.1


@HOURS
def test_a_server_whose_clock_the_store_does_not_accept(server: ReplicatedServer, clock: OffsetClock, hours) -> None:
    server.options["durable_timeout"] = 2
    clock.set(hours)
    server.start(**clock.environment)
    assert server.insert("not waiting")[0] == 201
    code, body = server.insert("waiting", durable=True)
    assert (code, body["committed"], body["durable"]) == (504, True, False)
    (database,) = server.status()["databases"]
    assert database["state"] == "waiting" and "the clock of this machine is wrong" in database["lease"]["error"]
    # Nobody has to start it again.
    clock.set(0)
    until(lambda: server.insert("later", durable=True)[0] == 201, "the store has it")
    assert server.restore() == server.rows()


def test_a_clock_that_is_put_right_while_a_server_runs(server: ReplicatedServer, clock: OffsetClock) -> None:
    server.start(**clock.environment)
    health = f"{server.address}/-/healthz/replication"
    with Load(server) as load:
        for shown in (0, 5, -5, 0):
            clock.set(shown)
            durable = len(load.promised)
            until(lambda durable=durable: len(load.promised) > durable + 2, f"writes are durable {shown} hours off")
            (database,) = server.status()["databases"]
            assert (database["state"], database["lease"]["state"]) == ("replicating", "held"), shown
            assert database["lag_seconds"] < 60
            with urllib.request.urlopen(health) as answer:
                assert answer.status == 200
    check_copy(server, server.restore(), load)
    assert "has been behind" not in server.output()


@HOURS
def test_a_lease_is_as_old_as_the_store_says(litestream, tmp_path, clock: OffsetClock, hours: int) -> None:
    servers = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        servers.append(ReplicatedServer(tmp_path / name, None, litestream, name=name))
        servers[-1].replica = f"file://{tmp_path}/replica"
    first, second = servers
    clock.set(hours)
    try:
        # The one with the wrong clock is refused, and refuses.
        for holder, holds, other, comes in (
            (first, {}, second, clock.environment),
            (second, clock.environment, first, {}),
        ):
            holder.start(**holds)
            assert holder.insert("one", durable=True)[0] == 201
            before = len(other.output())
            other.launch(**comes)
            assert other.process is not None and other.process.wait(60) == 1
            assert "is written to by another server" in other.output()[before:]
            holder.stop()
    finally:
        for server in servers:
            server.kill()


@HOURS
def test_a_reader(tmp_path, monkeypatch, clock: OffsetClock, hours: int) -> None:
    writer = Writer(tmp_path)
    try:
        with ExitStack() as stack:
            clock.set(hours)
            for name, value in clock.environment.items():
                monkeypatch.setenv(name, value)
            reader = stack.enter_context(
                started("serve", writer.replica, "--follow-interval", "0.1", "--max-lag", "20", "-p", "0")
            )
            address, _ = announced(reader)
            for _ in range(3):
                writer.write()

                def seen() -> bool:
                    with urllib.request.urlopen(f"{address}/replica/t.json?_size=1&_nocol=filling") as answer:
                        lag, rows = float(answer.headers["vitrina-replica-lag"]), json.load(answer)["rows"]
                        as_of = datetime.fromisoformat(answer.headers["vitrina-replica-as-of"])
                    assert 0 <= lag < 20
                    # By its own clock until it has looked into the store, whose clock counts then.
                    return rows[0]["number"] == writer.number and abs(datetime.now(UTC) - as_of) < timedelta(hours=1)

                until(seen, "the reader has the change")
    finally:
        writer.close()


@HOURS
def test_restoring_an_earlier_moment(tmp_path, clock: OffsetClock, hours: int) -> None:
    writer = Writer(tmp_path)
    uploads = tmp_path / "replica/ltx/0"
    try:
        moments = []
        for _ in range(2):
            before = len(list(uploads.glob("*.ltx")))
            writer.write()
            until(lambda before=before: len(list(uploads.glob("*.ltx"))) > before, "it is uploaded")
            moments.append((writer.number, datetime.now(UTC)))
            # Litestream tells the moments of its files in whole seconds.
            until(lambda: int(time.time()) > int(moments[-1][1].timestamp()), "the next second begins")
    finally:
        writer.close()
    clock.set(hours)
    for number, moment in moments:
        copy = tmp_path / f"copy-{number}.db"
        done = run("restore", writer.replica, "--at", moment.isoformat(), "--to", copy, **clock.environment)
        assert done.returncode == 0, done.stderr
        with closing(sqlite3.connect(copy)) as conn:
            found = conn.execute("select count(*), min(number), max(number) from t").fetchone()
        assert found == (ROWS, number, number)
