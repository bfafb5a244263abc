"""Servers of read replicas while they, their followers, and the replica itself are killed or begun anew, over HTTP.

``VITRINA_KILLS`` is the number of rounds; three unless set.
"""

from __future__ import annotations

import csv
import io
import json
import os
import random
import signal
import socket
import sqlite3
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from contextlib import ExitStack, suppress
from http.client import HTTPException
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cli"))

from cli_process import announced, run, started
from file_replica import PATIENCE, ROWS, Writer, until

ROUNDS = int(os.environ.get("VITRINA_KILLS", "3"))
PARTS = [pytest.param(min(10, ROUNDS - first), id=str(first)) for first in range(0, ROUNDS, 10)]
_SUMS = "select count(*), min(number), max(number), sum(id) from t where id < 300"


@pytest.fixture
def writer(tmp_path):
    made = Writer(tmp_path)
    yield made
    made.close()


class Reader:
    """A server of the replica, started anew after it was killed, and what many clients saw of it."""

    def __init__(self, stack, writer, *options):
        self._stack = stack
        self.told = deque(maxlen=50)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"http://127.0.0.1:{free.getsockname()[1]}"
        port = self.address.rpartition(":")[2]
        self._arguments = ("serve", writer.replica, "--follow-interval", "0.1", "-p", port, *options)
        self.start()

    def start(self):
        self.process = self._stack.enter_context(started(*self._arguments))
        announced(self.process)
        # It tells of each request, and would wait for somebody to read that.
        threading.Thread(target=self._tell, args=(self.process.stdout,), daemon=True).start()

    def _tell(self, output):
        try:
            self.told.extend(output)
        except ValueError:
            # closed at the end of the test
            return

    def kill(self):
        self.process.kill()
        self.process.wait()

    def get(self, path):
        with urllib.request.urlopen(self.address + path, timeout=PATIENCE) as answer:
            return answer.read().decode()

    def sums(self):
        """Number, least, and greatest number, and the sum of keys of the rows that are always there."""
        answer = self.get("/replica/-/query.json?_shape=arrays&sql=" + urllib.request.quote(_SUMS))
        return json.loads(answer)["rows"][0]

    def followers(self):
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                stat = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(stat[1]) == self.process.pid and b"-follow-interval" in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
        return found


class Clients:
    """Threads that read until the end of the block; none may see anything but a committed state."""

    def __init__(self, reader):
        self._reader = reader
        self._stop = threading.Event()
        self.wrong = []
        self.answers = 0
        self._threads = [
            threading.Thread(target=self._read, args=(look,)) for look in (self._query, self._page, self._export)
        ]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _read(self, look):
        while not self._stop.is_set():
            try:
                problem = look()
            except urllib.error.HTTPError as error:
                with error, suppress(OSError, HTTPException):
                    problem = f"{error.code}"
                    problem += f" {error.read()[:300]!r}"
            except (OSError, HTTPException):
                # The server is being started again.
                time.sleep(0.02)
                continue
            except (ValueError, KeyError, TypeError) as error:
                problem = f"{look.__name__}: {error!r}"
            self.answers += 1
            if problem:
                self.wrong.append(problem)

    def _query(self):
        sums = self._reader.sums()
        if sums[0] != ROWS or sums[1] != sums[2] or sums[3] != ROWS * (ROWS - 1) // 2:
            return f"query: {sums}"

    def _page(self):
        rows = json.loads(self._reader.get("/replica/t.json?_size=1000&id__lt=300&_nocol=filling"))["rows"]
        if len(rows) != ROWS or len({row["number"] for row in rows}) != 1:
            return f"page: {len(rows)} rows, numbers {sorted({row['number'] for row in rows})}"

    def _export(self):
        text = self._reader.get("/replica/t.csv?_stream=on&_size=max")
        if "altered while it was exported" in text:
            # A change of the schema ends an export.
            return None
        rows = list(csv.DictReader(io.StringIO(text)))
        ids = [int(row["id"]) for row in rows]
        # Each part is of one moment; the parts may be of several.
        if ids[:ROWS] != list(range(ROWS)) or ids != sorted(set(ids)):
            return f"export: {len(ids)} rows, {rows[-1:]}"


def _change(writer, chance):
    """One of the ways in which a database grows, shrinks, and gets another schema."""
    conn = writer.conn
    what = chance.randrange(5)
    if what == 0:
        conn.execute("begin")
        conn.executemany("insert into t (number, filling) values (0, ?)", [("y" * 900,)] * chance.randrange(500, 2500))
        conn.execute("commit")
    elif what == 1:
        conn.execute("delete from t where id >= 300")
        conn.execute("vacuum")
    elif what == 2:
        conn.execute(f"create table if not exists more{chance.randrange(5)} (a primary key, b)")
    elif what == 3:
        conn.execute(f"drop table if exists more{chance.randrange(5)}")
    writer.write()


@pytest.mark.faults
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("rounds", PARTS)
def test_no_answer_is_of_half_a_change(writer, tmp_path, request, record_property, rounds) -> None:
    chance = random.Random(os.environ.get("VITRINA_SEED", "5") + request.node.name)
    with ExitStack() as stack:
        reader = Reader(stack, writer, "--replica-dir", tmp_path / "copies", "--setting", "max_returned_rows", "5000")
        with Clients(reader) as clients:
            for number in range(rounds):
                for _ in range(4):
                    _change(writer, chance)
                    time.sleep(chance.uniform(0.0, 0.2))
                if number % 3 == 2:
                    reader.kill()
                    reader.start()
                else:
                    for pid in reader.followers():
                        if chance.random() < 0.7:
                            # It may have ended by itself just now.
                            with suppress(ProcessLookupError):
                                os.kill(pid, signal.SIGKILL)
                if number % 10 == 9:
                    writer.begin_anew()
                _change(writer, chance)
                until(lambda: reader.sums()[2] == writer.number or clients.wrong, "catching up")
                assert not clients.wrong
        assert not clients.wrong
        assert clients.answers > 3 * rounds
    record_property("reader_kills", rounds)
    record_property("reader_answers", clients.answers)


def test_a_replica_begun_anew_is_followed_on(writer, tmp_path):
    with ExitStack() as stack:
        reader = Reader(stack, writer)
        for _ in range(2):
            for _ in range(3):
                writer.write()
                until(lambda: reader.sums()[2] == writer.number, "the change")
            writer.begin_anew()
            # The new one has fewer changes, then as many, then more.
            for _ in range(3):
                writer.write()
                until(lambda: reader.sums()[1:3] == [writer.number] * 2, "the change in the new replica")


def test_other_databases_beside_a_replica(writer, tmp_path):
    (tmp_path / "other").mkdir()
    second = Writer(tmp_path / "other")
    plain = tmp_path / "plain file.db"
    with sqlite3.connect(plain) as conn:
        conn.execute("create table p (id integer primary key)")
    conn.close()
    try:
        with ExitStack() as stack:
            options = (second.replica, plain, "--crossdb", "--max-lag", "1.5")
            reader = Reader(stack, writer, *options)
            query = "select (select max(number) from {}.t), (select count(*) from [plain file].p)"
            for made, name in ((writer, "replica"), (second, "replica_2")) * 3:
                made.write()
                sql = urllib.request.quote(query.format(name))
                until(
                    lambda made=made, sql=sql: (
                        json.loads(reader.get(f"/_memory/-/query.json?_shape=arrays&sql={sql}"))["rows"]
                        == [[made.number, 0]]
                    ),
                    "the change in a query across databases",
                )
            (tmp_path / "other" / "replica").rename(tmp_path / "away")

            def status(path):
                try:
                    reader.get(path)
                except urllib.error.HTTPError as error:
                    error.close()
                    return error.code
                return 200

            # Each is judged by its own age.
            until(lambda: status("/replica_2/t.json") == 503, "the refusal")
            assert status("/replica/t.json") == 200
            assert status("/plain~20file/p.json") == 200
            assert status("/plain~20file") == 200
    finally:
        second.close()


def test_two_servers_do_not_share_a_folder(writer, tmp_path):
    with ExitStack() as stack:
        reader = Reader(stack, writer, "--replica-dir", tmp_path / "copies")
        answer = run("serve", writer.replica, "--replica-dir", tmp_path / "copies", "--get", "/")
        assert answer.returncode == 1
        assert "another server keeps its copies" in answer.stderr
        assert reader.sums()[0] == ROWS
        # What a killed server leaves is no obstacle.
        reader.kill()
        reader.start()
        assert reader.sums()[0] == ROWS


def test_an_export_goes_on_over_changes(writer, tmp_path):
    with writer.conn:
        writer.conn.execute("begin")
        more = ((number, "z" * 2000) for number in range(ROWS, 12000))
        writer.conn.executemany("insert into t values (?, 0, ?)", more)
    with ExitStack() as stack:
        reader = Reader(stack, writer)
        count = "/replica/-/query.json?_shape=arrays&sql=select+count(*)+from+t"
        until(lambda: json.loads(reader.get(count))["rows"] == [[12000]], "the many rows")
        export = stack.enter_context(
            urllib.request.urlopen(f"{reader.address}/replica/t.csv?_stream=on", timeout=PATIENCE)
        )
        text = export.read(4000)
        for _ in range(4):
            writer.write()
            until(lambda: reader.sums()[2] == writer.number, "the change, while somebody exports")
            text += export.read(100_000)
        rows = list(csv.DictReader(io.StringIO((text + export.read()).decode())))
        assert [int(row["id"]) for row in rows] == list(range(12000))
        assert int(rows[-1]["number"]) > int(rows[0]["number"])


def test_copies_of_a_killed_server_are_deleted_by_the_next(writer, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    with ExitStack() as stack:
        lasting = Reader(stack, writer)
        killed = Reader(stack, writer)
        killed.kill()
        folders = sorted((tmp_path / "temporary").glob("vitrina-replica-*"))
        assert len(folders) == 2
        for folder in folders:
            os.utime(folder / ".lock", (1, 1))
        assert run("serve", writer.replica, "--get", "/").returncode == 0
        assert len(list((tmp_path / "temporary").glob("vitrina-replica-*"))) == 1
        assert lasting.sums()[0] == ROWS


@pytest.mark.parametrize("name", ["my db ü", "my%20db.db"])
def test_a_folder_with_an_odd_name(tmp_path, name):
    writer = Writer(tmp_path, f"odd {name}")
    try:
        options = ("--follow-interval", "0.1", "--max-lag", "20", "--headers", "--get", "/.json")
        answer = run("serve", writer.replica, *options)
        assert answer.returncode == 0, answer.stderr
        assert json.dumps("odd " + urllib.request.unquote(name).removesuffix(".db")) in answer.stdout
        assert float(answer.stdout.partition("vitrina-replica-lag: ")[2].split()[0]) < PATIENCE
        # Nothing was made where somebody else reads the address.
        assert len([path for path in tmp_path.iterdir() if path.name.startswith("odd")]) == 1
    finally:
        writer.close()
