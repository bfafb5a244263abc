"""Read replicas: a server that follows a replica with Litestream, under load and with its processes killed."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cli"))

from cli_process import announced, run, started
from file_replica import LITESTREAM, PATIENCE, ROWS, Writer, until

from vitrina.replicate.binary import child_environment
from vitrina.replicate.gate import ReadGate
from vitrina.replicate.mirror import Mirror


@pytest.fixture
def writer(tmp_path):
    made = Writer(tmp_path)
    yield made
    made.close()


def numbers(path):
    """The smallest and the largest number in a copy, which are equal in every committed state."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as conn:
        return conn.execute("select min(number), max(number) from t where id < ?", [ROWS]).fetchone()


@contextmanager
def mirrored(writer, folder):
    command = (LITESTREAM, "restore", "-f", "-follow-interval", "50ms", writer.replica)
    mirror = Mirror("app", folder / "copies", command, lambda: child_environment(None))
    mirror.start()
    mirror.wait()
    try:
        yield mirror
    finally:
        mirror.stop()


def test_a_copy_waits_for_its_readers():
    gate = ReadGate()
    early = gate.reading()
    early.__enter__()
    gate.switch()
    assert not gate.wait_until_left(0)
    with gate.reading():
        early.__exit__(None, None, None)
        # Who came after the switch reads the other copy.
        assert gate.wait_until_left(0)
        gate.switch()
        assert not gate.wait_until_left(0)
        with pytest.raises(RuntimeError):
            gate.switch()
    assert gate.wait_until_left(0)
    assert gate.switches == 2


def test_no_reader_sees_half_a_change_even_when_followers_are_killed(writer, tmp_path):
    stop = threading.Event()
    seen: list[tuple[int, int]] = []

    def write():
        while not stop.is_set():
            writer.write()
            time.sleep(0.02)

    def read(mirror):
        while not stop.is_set():
            with mirror.gate.reading():
                seen.append(numbers(mirror.path))

    chance = random.Random(11)
    with mirrored(writer, tmp_path) as mirror:
        threads = [threading.Thread(target=write), *(threading.Thread(target=read, args=(mirror,)) for _ in range(2))]
        for thread in threads:
            thread.start()
        try:
            for _ in range(4):
                before = mirror.served.txid
                until(lambda before=before: mirror.served.txid > before + 2, "a change")
                victim = chance.choice([mirror._following, mirror._shown])
                if victim._process is not None:
                    victim._process.kill()
                time.sleep(chance.uniform(0, 0.3))
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        assert len(seen) > 20
        assert all(smallest == largest for smallest, largest in seen)
        until(lambda: numbers(mirror.path) == (writer.number, writer.number), "catching up")


def test_new_keys_start_the_processes_anew_without_losing_anything(writer, tmp_path):
    with mirrored(writer, tmp_path) as mirror:
        writer.write()
        until(lambda: numbers(mirror.path)[0] == writer.number, "the first change")
        for _ in range(3):
            mirror.use_new_keys()
            writer.write()
            until(lambda: not mirror._new_keys.is_set(), "the new start")
            until(lambda: numbers(mirror.path) == (writer.number, writer.number), "catching up")


def test_a_replica_that_was_begun_anew_is_restored_anew(writer, tmp_path):
    with mirrored(writer, tmp_path) as mirror:
        writer.write()
        until(lambda: numbers(mirror.path)[0] == writer.number, "the first change")
        first = mirror.served
        mirror.renew()
        writer.write()
        until(lambda: numbers(mirror.path)[0] == writer.number, "the next change")
        until(lambda: mirror.served.since > first.since, "what is said of it")


def test_a_replica_that_is_not_there_stops_the_start(tmp_path):
    answer = run("serve", f"file://{tmp_path / 'nothing'}", "--get", "/")
    assert answer.returncode == 1
    assert "cannot be restored" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_options_of_replicas_need_one(tmp_path):
    path = tmp_path / "a.db"
    sqlite3.connect(path).close()
    answer = run("serve", path, "--max-lag", "3", "--get", "/")
    assert answer.returncode == 1
    assert "--max-lag is for read replicas" in answer.stderr
    answer = run("serve", "ftp://host/path", "--get", "/")
    assert "there are no replicas at ftp://" in answer.stderr


def fetch(address, **options):
    request = urllib.request.Request(address, **options)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode()


def shown_number(address):
    status, _, body = fetch(f"{address}/replica/t.json?_size=1")
    assert status == 200, body
    return json.loads(body)["rows"][0]["number"]


def test_a_server_follows_shows_its_age_and_sends_writers_elsewhere(writer, tmp_path):
    options = ["--follow-interval", "0.1", "--writer", "https://writer.example", "--secret", "s", "--root", "-p", "0"]
    copies = tmp_path / "here"
    with started("serve", writer.replica, *options, "--replica-dir", copies) as process:
        address, _ = announced(process)
        for _ in range(3):
            writer.write()
            until(lambda: shown_number(address) == writer.number, "the change")
        status, headers, page = fetch(f"{address}/replica/t")
        assert status == 200
        assert float(headers["vitrina-replica-lag"]) < PATIENCE
        assert headers["vitrina-replica-as-of"]
        assert "Read replica, data as of 20" in page
        token = run("create-token", "root", "--secret", "s").stdout.strip()
        body = json.dumps({"row": {"id": 9999}}).encode()
        head = {"content-type": "application/json", "authorization": f"Bearer {token}"}
        status, _, text = fetch(f"{address}/replica/t/-/insert", data=body, headers=head, method="POST")
        assert status == 403
        assert json.loads(text)["errors"] == ["Database is a read replica: write to https://writer.example"]
        # A server that is killed takes its followers with it.
        process.send_signal(signal.SIGKILL)
        process.wait()
    until(lambda: not followers_of(copies), "the followers' end")


def followers_of(folder):
    """Processes that name ``folder`` in their arguments."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(folder).encode() in entry.read_bytes() and b"follow-interval" in entry.read_bytes():
                found.append(int(entry.parent.name))
        except OSError:
            continue
    return found


def test_too_old_a_copy_is_refused(writer, tmp_path):
    options = ["--follow-interval", "0.1", "--max-lag", "1", "-p", "0"]
    with started("serve", writer.replica, *options) as process:
        address, _ = announced(process)
        assert fetch(f"{address}/-/healthz")[0] == 200
        # else it would begin another replica where the hidden one was
        writer.stop()
        hidden = tmp_path / "hidden"
        (tmp_path / "replica").rename(hidden)
        _, headers, body = until(
            lambda: (answer := fetch(f"{address}/replica/t.json"))[0] == 503 and answer, "the refusal"
        )
        assert headers["retry-after"]
        assert "older than 1 seconds" in json.loads(body)["error"]
        assert fetch(f"{address}/-/healthz")[0] == 503
        hidden.rename(tmp_path / "replica")
        until(lambda: fetch(f"{address}/replica/t.json")[0] == 200, "the return")


def test_pages_of_a_replica_offer_no_changes(writer, tmp_path):
    options = ["--secret", "s", "--root", "-p", "0"]
    with started("serve", writer.replica, *options) as process:
        address, _ = announced(process)
        token = run("create-token", "root", "--secret", "s").stdout.strip()
        head = {"authorization": f"Bearer {token}"}
        for path in ("/replica", "/replica/t", "/replica/t/1"):
            status, _, page = fetch(f"{address}{path}", headers=head)
            assert status == 200
            for word in ("/-/create", "/-/import", "data-row-action", "Insert row"):
                assert word not in page, (path, word)
