"""A server killed while clients write: what it acknowledged is there, nothing is half there, nothing twice."""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cli_process import announced, run, started

KILLS = int(os.environ.get("VITRINA_KILLS", "3"))
CLIENTS = 8
SECRET = "a-secret-that-outlives-the-server"
SCHEMA = """
create table entries (number integer primary key, payload text);
create table parts (number integer, part text, primary key (number, part));
create trigger two_parts after insert on entries begin
  insert into parts values (new.number, 'first');
  insert into parts values (new.number, 'second');
end;
create table pairs (number integer, part text);
"""


class Client(threading.Thread):
    """Writes without end, with a key for each request, until the server is gone."""

    def __init__(self, address: str, headers: dict[str, str], numbers: itertools.count[int]) -> None:
        super().__init__()
        self.acknowledged: list[int] = []
        self.unanswered: list[int] = []
        self.refused: list[str] = []
        self._place = urlsplit(address)
        self._headers, self._numbers = headers, numbers

    def run(self) -> None:
        connection = HTTPConnection(self._place.hostname or "", self._place.port, timeout=20)
        with closing(connection):
            self._write(connection)

    def _write(self, connection: HTTPConnection) -> None:
        while True:
            number = next(self._numbers)
            try:
                status, text = send(connection, self._headers, number)
            except (OSError, HTTPException):
                self.unanswered.append(number)
                return
            if status != 201:
                self.refused.append(f"{number}: {status} {text}")
                return
            self.acknowledged.append(number)


def send(connection: HTTPConnection, headers: dict[str, str], number: int) -> tuple[int, str]:
    """Write what belongs to one number: one row with a trigger, or two rows; two kinds of requests in turn."""
    if number % 2:
        path, rows = "/data/entries/-/insert", [{"number": number, "payload": "x" * (number % 300)}]
    else:
        path, rows = "/data/pairs/-/insert", [{"number": number, "part": part} for part in ("first", "second")]
    connection.request("POST", path, json.dumps({"rows": rows}), {**headers, "Idempotency-Key": f"number-{number}"})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


@pytest.mark.faults
@pytest.mark.parametrize("kill", range(KILLS))
def test_acknowledged_writes_survive(tmp_path: Path, kill: int, record_property: Callable[[str, object], None]) -> None:
    path = tmp_path / "data.db"
    conn = sqlite3.connect(path)
    conn.executescript(f"pragma journal_mode={('delete', 'wal')[kill % 2]}; {SCHEMA}")
    conn.close()
    made = run("create-token", "root", "--secret", SECRET)
    assert made.returncode == 0, made.stderr
    headers = {"Authorization": f"Bearer {made.stdout.strip()}", "Content-Type": "application/json"}
    command = [path, "--root", "--secret", SECRET, "--internal", tmp_path / "internal.db", "-p", "0"]

    numbers = itertools.count(1)
    with started("serve", *command) as process:
        address, _ = announced(process)
        clients = [Client(address, headers, numbers) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        # Another moment each time, wherever the writers are by then.
        wanted = 5 + random.Random(kill).randrange(150)
        while sum(len(client.acknowledged) for client in clients) < wanted and any(c.is_alive() for c in clients):
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        for client in clients:
            client.join()
    assert [line for client in clients for line in client.refused] == []
    acknowledged = {number for client in clients for number in client.acknowledged}
    unanswered = {number for client in clients for number in client.unanswered}
    assert len(acknowledged) >= wanted
    before = check(path, acknowledged)

    with started("serve", *command) as process:
        place = urlsplit(announced(process)[0])
        sent_again = [*unanswered, *sorted(acknowledged)[-5:]]
        with closing(HTTPConnection(place.hostname or "", place.port, timeout=20)) as connection:
            again = {number: send(connection, headers, number)[0] for number in sent_again}
        process.send_signal(signal.SIGTERM)
    # Done now, or nobody knows; in no case done twice.
    assert set(again.values()) <= {201, 409}
    after = check(path, acknowledged | {number for number, status in again.items() if status == 201})
    assert after - before <= {number for number, status in again.items() if status == 201}
    record_property("acknowledged", len(acknowledged))
    record_property("unanswered", len(unanswered))
    record_property("unknown", list(again.values()).count(409))


def check(path: Path, expected: set[int]) -> set[int]:
    """The numbers in the file, each of which is there wholly and once."""
    conn = sqlite3.connect(path)
    assert conn.execute("pragma integrity_check").fetchone() == ("ok",)
    entries = {number for (number,) in conn.execute("select number from entries")}
    parts = dict(conn.execute("select number, count(*) from parts group by number").fetchall())
    pairs = dict(conn.execute("select number, count(*) from pairs group by number").fetchall())
    conn.close()
    assert parts == dict.fromkeys(entries, 2)
    assert set(pairs.values()) <= {2}
    assert expected <= entries | set(pairs)
    return entries | set(pairs)
