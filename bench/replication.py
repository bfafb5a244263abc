"""Measurements of replication and of read replicas, with the real Litestream and a real object store."""

from __future__ import annotations

import json
import os
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench import load, writes
from bench.paced import posting
from bench.rows import Row
from bench.servers import Server, serve
from vitrina.replicate.binary import child_environment, find_litestream

# The tests start the same store.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from object_store import ACCESS_KEY, SECRET_KEY, ObjectStore, make_bucket

_INSERT = json.dumps({"row": {"label": "a label of ordinary length", "amount": 12345}})
_PATH = "/entries/entries/-/insert"
_WRITES = 1000
_PER_SECOND = 200
_MONITOR_S = _SYNC_S = 1.0


@dataclass
class Replicated:
    """A database file, its configuration with a replica in ``store``, and a token to write with."""

    vitrina: list[str]
    folder: Path
    store: ObjectStore
    bearer: str

    def database(self, megabytes: int = 0) -> Path:
        """A fresh database, of at least that size."""
        path = writes.entries(self.folder / "entries.db")
        for ending in ("-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        with sqlite3.connect(path) as conn:
            conn.execute("pragma journal_mode=wal")
            conn.execute("insert into entries (label, amount) values ('first', 1)")
            conn.execute("create table filling (id integer primary key, content blob)")
            for _ in range(megabytes):
                conn.execute("insert into filling (content) values (randomblob(1048000))")
        conn.close()
        return path

    def replica(self, name: str) -> str:
        return f"s3://bench/{name}-{time.time_ns()}?endpoint={self.store.endpoint}&region=us-east-1"

    def configuration(self, replica: str) -> list[str]:
        """The options of ``serve`` that switch replication on."""
        path = self.folder / "replication.json"
        own = {"databases": {"entries": {"replica": {"url": replica}}}}
        path.write_text(json.dumps({"vitrina": {"replication": own}}))
        return ["-c", str(path)]

    def writer(self, path: Path, *options: str) -> list[str]:
        return [*self.vitrina, "serve", str(path), "--root", *options]


def measure(vitrina: list[str], work: Path, bearer: str, *, rounds: int, seconds: float, megabytes: int) -> list[Row]:
    """Every row about replication."""
    folder = work / "replication"
    (folder / "store").mkdir(parents=True, exist_ok=True)
    store = ObjectStore(folder / "store", 8540)
    os.environ.update(AWS_ACCESS_KEY_ID=ACCESS_KEY, AWS_SECRET_ACCESS_KEY=SECRET_KEY)
    store.start()
    try:
        make_bucket(store, "bench")
        replicated = Replicated(vitrina, folder, store, bearer)
        return [
            _cost(replicated, rounds),
            _lag(replicated, seconds),
            *_readers(replicated, rounds, seconds, megabytes),
        ]
    finally:
        store.stop()


def _cost(replicated: Replicated, rounds: int) -> Row:
    """Processor seconds of the server for 1,000 writes, without replication and with it."""
    pairs = []
    for _ in range(rounds):
        path = replicated.database()
        with serve("plain", replicated.writer(path)) as server:
            plain = _cpu_of_writes(server, replicated.bearer)
        path = replicated.database()
        options = replicated.configuration(replicated.replica("cost"))
        with serve("replicated", replicated.writer(path, *options)) as server:
            pairs.append((plain, _cpu_of_writes(server, replicated.bearer)))
    a, b = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    name = f"processor seconds for {_WRITES:,} writes, replicated"
    return Row(name, f"{a:.2f} s", f"{b:.2f} s", ratio, 0.87, "against Vitrina without replication")


def _cpu_of_writes(server: Server, bearer: str) -> float:
    with posting(server, _PATH, _INSERT, bearer=bearer, per_second=_PER_SECOND) as made:
        until(lambda: len(made.took) >= 50)
        begun, before = len(made.took), _cpu_seconds(server.pid)
        until(lambda: len(made.took) >= begun + _WRITES)
        used, done = _cpu_seconds(server.pid) - before, len(made.took) - begun
    return used / done * _WRITES


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _lag(replicated: Replicated, seconds: float) -> Row:
    """How long after its commit a write is in the store, beside 200 others a second."""
    path = replicated.database()
    options = replicated.configuration(replicated.replica("lag"))
    promised = _MONITOR_S + _SYNC_S + 0.5
    with serve("replicated", replicated.writer(path, *options)) as server:
        with posting(server, _PATH, _INSERT, bearer=replicated.bearer, per_second=_PER_SECOND) as plain:
            durable = f"{_PATH}?_durable=1"
            with posting(server, durable, _INSERT, bearer=replicated.bearer, per_second=4, connections=4) as asked:
                time.sleep(max(20.0, seconds * 4))
        if plain.failures or asked.failures:
            raise RuntimeError((plain.failures + asked.failures)[0])
    median = statistics.median(asked.took)
    note = f"median of {len(asked.took)} durable writes beside {plain.rate:.0f}/s; largest {max(asked.took):.1f} s"
    return Row("from commit to the store", f"{promised:.1f} s", f"{median:.2f} s", promised / median, 1, note)


def _readers(replicated: Replicated, rounds: int, seconds: float, megabytes: int) -> Iterator[Row]:
    path = replicated.database(megabytes)
    replica = replicated.replica("read")
    with serve("writer", replicated.writer(path, *replicated.configuration(replica))) as writer:
        until(lambda: writer.get("/-/healthz/replication", 10)[0] == 200)
    pairs = []
    with (
        serve("local", [*replicated.vitrina, "serve", str(path)]) as local,
        serve("reader", [*replicated.vitrina, "serve", replica], timeout=600) as reader,
    ):
        name = next(iter(_databases(reader)))
        for _ in range(rounds):
            pairs.append(
                (
                    load.rate(local, "/entries/entries/1.json", seconds=seconds),
                    load.rate(reader, f"/{name}/entries/1.json", seconds=seconds),
                )
            )
    a, b = (statistics.median(column) for column in zip(*pairs, strict=True))
    yield Row(
        "warm row page of a read replica",
        f"{a:.0f}/s",
        f"{b:.0f}/s",
        statistics.median(b / a for a, b in pairs),
        0.8,
        "against Vitrina on a local file",
    )
    times = []
    for number in range(max(2, rounds // 2)):
        # Each is first as often as the other, and neither waits for what the other left to be written to the disk.
        pair = [
            lambda: _restore_seconds(replica, replicated.folder / "restored.db"),
            lambda: _first_page_seconds(replicated, replica, f"/{name}/entries/1.json"),
        ]
        order = (0, 1) if number % 2 else (1, 0)
        took = {which: _after_a_sync(pair[which]) for which in order}
        times.append((took[0], took[1]))
    a, b = (statistics.median(column) for column in zip(*times, strict=True))
    note = f"{megabytes:,} MB; against 1.5 × litestream restore ({a:.1f} s) + 1 s"
    allowed = 1.5 * a + 1
    yield Row("first page of a new read replica", f"{allowed:.1f} s", f"{b:.1f} s", allowed / b, 1, note)


def _databases(server: Server) -> list[str]:
    import urllib.request

    with urllib.request.urlopen(server.url("/-/databases.json")) as answer:
        return [entry["name"] for entry in json.load(answer)["databases"]]


def _after_a_sync(measured: Callable[[], float]) -> float:
    os.sync()
    return measured()


def _first_page_seconds(replicated: Replicated, replica: str, path: str) -> float:
    with serve("reader", [*replicated.vitrina, "serve", replica], timeout=600) as reader:
        begun = time.perf_counter()
        reader.get(path, 60)
        return reader.started + time.perf_counter() - begun


def _restore_seconds(replica: str, path: Path) -> float:
    path.unlink(missing_ok=True)
    command = [find_litestream(), "restore", "-o", str(path), replica]
    begun = time.perf_counter()
    done = subprocess.run(command, env=child_environment(None), check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return time.perf_counter() - begun


def until(condition: Callable[[], bool]) -> None:
    """Wait until ``condition()`` is true."""
    while not condition():
        time.sleep(0.02)
