"""A real server with a real Litestream and a real object store: what people and programs see of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from object_store import ACCESS_KEY, SECRET_KEY
from replicated_server import Load, ReplicatedServer, check_copy, environment, is_running, until


def test_status_page_json_and_metrics(server: ReplicatedServer) -> None:
    server.start()
    assert server.insert("one", durable=True)[0] == 201
    status = server.status()
    assert status["running"] and status["litestream"]["pid"] == server.litestream_pid()
    (database,) = status["databases"]
    assert database["state"] == "replicating" and database["lease"]["state"] == "held"
    assert 0 < database["replicated_txid"] == database["txid"]
    assert database["oldest_restorable"] and database["replica_size"] > 0
    page = urllib.request.urlopen(f"{server.address}/-/litestream-status").read().decode()
    assert "Litestream status" in page and "WARNING: metrics-addr was not defined" in page
    metrics = urllib.request.urlopen(f"{server.address}/-/litestream-metrics").read().decode()
    assert 'vitrina_replication_in_step{database="app"} 1' in metrics
    health = urllib.request.urlopen(f"{server.address}/-/healthz/replication").read()
    assert health == b"ok"


def test_durable_writes_are_in_the_store(server: ReplicatedServer) -> None:
    server.start()
    code, body = server.insert("by body", durable=True)
    assert (code, body["durable"]) == (201, True)
    code, body = server.post("/app/t/-/insert?_durable=1", {"row": {"payload": "by address"}})
    assert (code, body["durable"]) == (201, True)
    sql = {"sql": "insert into t (payload) values (:p)", "params": {"p": "by SQL"}, "durable": True}
    code, body = server.post("/app/-/execute-write", sql)
    assert (code, body["durable"]) == (200, True)
    code, body = server.post("/app/t/1/-/update", {"update": {"payload": "changed"}, "durable": True})
    assert (code, body["durable"]) == (200, True)
    assert [payload for _, payload in server.restore()] == ["changed", "by address", "by SQL"]
    code, body = server.post("/app/t/-/insert", {"row": {"payload": "no"}, "durable": "yes"})
    assert (code, body["error"]) == (400, '"durable" must be true or false')
    code, body = server.post("/app/t/-/insert", {"row": {"payload": "plain"}})
    assert "durable" not in body


def test_whole_files_and_stored_queries_can_be_durable(server: ReplicatedServer) -> None:
    server.queries = {"add": {"sql": "insert into t (payload) values (:p)", "write": True}}
    server.start()
    for path, kind, body in (
        ("/app/t/-/insert?_durable=1", "text/csv", b"payload\none\ntwo\n"),
        ("/app/add?_durable=1&_json=1", "application/x-www-form-urlencoded", b"p=three"),
    ):
        request = urllib.request.Request(server.address + path, body, {"Content-Type": kind})
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert json.loads(answer.read())["durable"] is True
    assert [payload for _, payload in server.restore()] == ["one", "two", "three"]


def test_a_restart_goes_on_where_the_last_run_ended(server: ReplicatedServer) -> None:
    for run in range(3):
        server.start()
        with Load(server, plain=1, durable=1) as load:
            until(lambda load=load: len(load.promised) > 2, "some writes are durable")
        server.stop()
        # Nothing is left behind when it ends by itself.
        assert check_copy(server, server.restore(), load) == 0, f"run {run}"
    snapshots = subprocess.run(
        [server.litestream, "ltx", "-json", "-level", "0", server.replica],
        capture_output=True,
        env={**os.environ, "AWS_ACCESS_KEY_ID": "devkey", "AWS_SECRET_ACCESS_KEY": SECRET_KEY, "AWS_CA_BUNDLE": ""},
    )
    assert snapshots.returncode == 0


def test_no_secret_is_seen(server: ReplicatedServer) -> None:
    server.options["session-token"] = ""
    server.start()
    pid = server.litestream_pid()
    arguments = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    configuration = Path(arguments[arguments.index("-config") + 1])
    assert SECRET_KEY not in " ".join(arguments)
    assert configuration.stat().st_mode & 0o777 == 0o600
    assert configuration.parent.stat().st_mode & 0o777 == 0o700
    for path in ("/-/litestream-status", "/-/litestream-status.json", "/-/litestream-metrics", "/-/config.json"):
        assert SECRET_KEY.encode() not in urllib.request.urlopen(server.address + path).read()
    server.stop()
    assert SECRET_KEY not in server.output()
    assert not configuration.exists()


def test_a_second_server_on_the_same_file_is_refused(server: ReplicatedServer) -> None:
    server.start()
    second = ReplicatedServer(server.folder, server.store, server.litestream, name="second")
    second.launch()
    assert second.process is not None and second.process.wait(30) == 1
    assert "is replicated by another server of this machine already" in second.output()
    # One answer from the same files needs no replica.
    arguments = [str(server.database), "-c", str(server.folder / "vitrina.json"), "--get", "/app/t.json"]
    once = subprocess.run([sys.executable, "-m", "vitrina", *arguments], capture_output=True, env=environment())
    assert once.returncode == 0 and b'"rows"' in once.stdout
    assert server.insert("still here", durable=True)[0] == 201


def test_a_second_server_on_the_same_place_is_refused(server: ReplicatedServer, tmp_path_factory) -> None:
    server.start()
    elsewhere = ReplicatedServer(tmp_path_factory.mktemp("other"), server.store, server.litestream)
    elsewhere.replica = server.replica
    elsewhere.launch()
    assert elsewhere.process is not None and elsewhere.process.wait(30) == 1
    assert "is written to by another server" in elsewhere.output() and "--take-over" in elsewhere.output()
    try:
        elsewhere.start("--take-over")
        until(lambda: server.status()["databases"][0]["state"] == "lost", "the first one notices")
        code, body = server.insert("too late", durable=True)
        assert code == 504 and body["committed"] is True and body["durable"] is False
        assert "has taken" in server.output()
    finally:
        elsewhere.kill()


def test_the_litestream_of_a_killed_server_ends_and_the_next_one_goes_on(server: ReplicatedServer) -> None:
    server.start()
    pid = server.litestream_pid()
    with Load(server) as load:
        until(lambda: len(load.promised) > 2, "some writes are durable")
        server.kill()
    until(lambda: not is_running(pid), "Litestream ends with its server")
    check_copy(server, server.restore(), load)
    server.start()
    assert server.insert("after", durable=True)[0] == 201
    assert server.restore() == server.rows()


def test_an_orphan_is_ended_by_the_next_start(server: ReplicatedServer) -> None:
    server.start()
    pid = server.litestream_pid()
    os.kill(pid, signal.SIGSTOP)
    server.kill()
    server.launch()
    os.kill(pid, signal.SIGCONT)
    until(lambda: server.output().count("running on") == 2, "the server starts")
    assert not is_running(pid)


def test_a_start_that_cannot_work_ends_with_the_reason(server: ReplicatedServer) -> None:
    server.options["metrics-addr"] = "127.0.0.1:9"
    server.options["levels"] = "nonsense"
    server.launch()
    assert server.process is not None and server.process.wait(60) == 1
    assert "Litestream ended with status" in server.output()
    assert SECRET_KEY not in server.output()


@pytest.mark.parametrize("kind", ["killed", "stopped"])
def test_litestream_is_started_again(server: ReplicatedServer, kind: str) -> None:
    server.start()
    pid = server.litestream_pid()
    os.kill(pid, signal.SIGKILL if kind == "killed" else signal.SIGTERM)
    until(lambda: server.litestream_pid() != pid, "another one runs")
    assert server.insert("again", durable=True)[0] == 201
    assert server.restore() == server.rows()
    assert server.status()["litestream"]["crashes"] == 1


def test_a_write_that_times_out_stands(own_store, litestream, tmp_path) -> None:
    server = ReplicatedServer(tmp_path, own_store, litestream)
    server.options["durable_timeout"] = "4s"
    try:
        server.start()
        assert server.insert("first", durable=True)[0] == 201
        own_store.stop()
        began = time.monotonic()
        code, body = server.insert("second", durable=True)
        assert code == 504 and time.monotonic() - began >= 4
        assert (body["ok"], body["committed"], body["durable"], body["status"]) == (False, True, False, 504)
        assert "within 4 seconds" in body["error"]
        assert [payload for _, payload in server.rows()] == ["first", "second"]
        own_store.start()
        until(lambda: server.insert("third", durable=True)[0] == 201, "the store answers again")
        assert server.restore() == server.rows()
    finally:
        server.kill()


def test_keys_from_the_environment(server: ReplicatedServer) -> None:
    server.options = {}
    server.start(AWS_ACCESS_KEY_ID=ACCESS_KEY, AWS_SECRET_ACCESS_KEY=SECRET_KEY)
    assert server.insert("one", durable=True)[0] == 201
    (database,) = server.status()["databases"]
    assert database["lease"]["state"] == "held"
    assert server.restore() == server.rows()


def test_no_keys_anywhere(server: ReplicatedServer) -> None:
    server.options = {"durable_timeout": "1s"}
    server.start()
    code, body = server.insert("one", durable=True)
    assert code == 504 and body["committed"] is True
    (database,) = server.status()["databases"]
    assert database["state"] == "waiting" and "No credentials from environment" in database["lease"]["error"]
