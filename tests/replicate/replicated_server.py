"""A server with a replicated database, clients that write to it, and copies restored from its replica."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from object_store import ACCESS_KEY, SECRET_KEY, ObjectStore

PATIENCE = 120.0


def until(condition: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """What ``condition`` gives once that is true; fails the test after ``patience`` seconds."""
    deadline = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"waited too long until {what}"
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    """Whether the process is there and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def environment(**extra: str) -> dict[str, str]:
    left_out = ("VITRINA_", "DATASETTE_", "AWS_", "LITESTREAM_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return {**kept, "PYTHONUNBUFFERED": "1", "AWS_EC2_METADATA_DISABLED": "true", **extra}


class ReplicatedServer:
    """One database file in ``folder`` and the server that replicates it."""

    def __init__(self, folder: Path, store: ObjectStore | None, litestream: str, *, name: str = "server") -> None:
        self.folder = folder
        self.store = store
        self.litestream = litestream
        self.database = folder / "app.db"
        self.log = folder / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.address = ""
        self.restored = 0
        endpoint = f"?endpoint={store.endpoint}&region=us-east-1" if store is not None else ""
        self.replica = f"s3://replica/{folder.name}-{os.getpid()}/app{endpoint}"
        self.options: dict[str, Any] = {"access-key-id": ACCESS_KEY, "secret-access-key": SECRET_KEY}
        self.block: dict[str, Any] = {}
        self.queries: dict[str, Any] = {}
        if not self.database.exists():
            conn = sqlite3.connect(self.database)
            conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, payload TEXT)")
            conn.commit()
            conn.close()

    # Process

    def write_configuration(self) -> Path:
        path = self.folder / "vitrina.json"
        own = {"databases": {"app": {"replica": {"url": self.replica}, **self.block}}, **self.options}
        actions = ("insert-row", "update-row", "delete-row", "create-table", "execute-write-sql", "alter-table")
        permissions = dict.fromkeys((*actions, "litestream-view-status"), True)
        databases = {"app": {"queries": self.queries}}
        path.write_text(
            json.dumps({"vitrina": {"replication": own}, "permissions": permissions, "databases": databases})
        )
        return path

    def launch(self, *arguments: str, **variables: str) -> None:
        """Start the process and return at once."""
        command = [sys.executable, "-m", "vitrina", "serve", str(self.database), "-p", "0", *arguments]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "-c", str(self.write_configuration())],
                stdout=log,
                stderr=log,
                env=environment(**variables),
                cwd=self.folder,
            )

    def start(self, *arguments: str, **variables: str) -> None:
        """Start it and wait until it listens."""
        before = len(self.output())
        self.launch(*arguments, **variables)

        def announced() -> str | None:
            assert self.process is not None
            assert self.process.poll() is None, self.output()
            said = self.output()[before:]
            return said.split("running on ")[1].split(" (")[0] if "running on " in said else None

        self.address = until(announced, "the server listens")

    def output(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def stop(self) -> None:
        """End it as a service manager does."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE) == 0, self.output()
        self.process = None

    def kill(self) -> None:
        """End it without a warning."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    # Requests

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.address + path, timeout=PATIENCE) as answer:
            return json.loads(answer.read())

    def post(self, path: str, body: Any, *, timeout: float = PATIENCE) -> tuple[int, dict[str, Any]]:
        data = json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    def insert(self, payload: str, *, durable: bool = False) -> tuple[int, dict[str, Any]]:
        body = {"row": {"payload": payload}, "return": True, **({"durable": True} if durable else {})}
        return self.post("/app/t/-/insert", body)

    def status(self) -> dict[str, Any]:
        return self.get("/-/litestream-status.json")

    def litestream_pid(self) -> int:
        """The process id of Litestream, once it runs."""

        def pid() -> int | None:
            with contextlib.suppress(OSError):
                return self.status()["litestream"]["pid"]
            return None

        return until(pid, "Litestream runs")

    # Copies

    def rows(self, path: Path | None = None) -> list[tuple[int, str]]:
        conn = sqlite3.connect(path or self.database)
        try:
            return conn.execute("SELECT id, payload FROM t ORDER BY id").fetchall()
        finally:
            conn.close()

    def restore(self) -> list[tuple[int, str]]:
        """The rows of a copy restored from the replica, whose pages are all right."""
        self.restored += 1
        copy = self.folder / f"restored-{self.restored}.db"
        keys = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
        done = subprocess.run(
            [self.litestream, "restore", "-integrity-check", "full", "-o", str(copy), self.replica],
            capture_output=True,
            text=True,
            env=environment(**keys),
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        conn = sqlite3.connect(copy)
        assert conn.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        conn.close()
        rows = self.rows(copy)
        for left in self.folder.glob(f"{copy.name}*"):
            left.unlink()
        return rows


def checksum(rows: list[tuple[int, str]]) -> str:
    """Equal for equal rows in equal order."""
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


@dataclass
class Load:
    """Clients that insert rows until told to stop, and what they were promised."""

    server: ReplicatedServer
    plain: int = 2
    durable: int = 2
    acknowledged: list[tuple[int, str]] = field(default_factory=list)
    promised: list[tuple[int, str]] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    answered_at: dict[str, float] = field(default_factory=dict)

    def __enter__(self) -> Load:
        self._stop = threading.Event()
        kinds = [False] * self.plain + [True] * self.durable
        self._threads = [
            threading.Thread(target=self._write, args=(number, kind), daemon=True) for number, kind in enumerate(kinds)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()

    def _write(self, number: int, durable: bool) -> None:
        with contextlib.ExitStack() as connections:
            self._insert_all(number, durable, connections)

    def _insert_all(self, number: int, durable: bool, connections: contextlib.ExitStack) -> None:
        count = 0
        conn: http.client.HTTPConnection | None = None
        label = f"{os.urandom(4).hex()}-{number}"
        while not self._stop.is_set():
            count += 1
            payload = f"{label}-{count}-" + "x" * (count % 700)
            body = json.dumps({"row": {"payload": payload}, "return": True, "durable": durable})
            began = time.monotonic()
            try:
                if conn is None:
                    parts = urlsplit(self.server.address)
                    conn = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE)
                    connections.callback(conn.close)
                conn.request("POST", "/app/t/-/insert", body, {"Content-Type": "application/json"})
                answer = conn.getresponse()
                told = json.loads(answer.read())
            except (OSError, http.client.HTTPException, ValueError):
                conn = None
                self._stop.wait(0.05)
                continue
            if answer.status != 201:
                self.refused.append(answer.status)
                continue
            row = (told["rows"][0]["id"], payload)
            self.acknowledged.append(row)
            self.answered_at[payload] = time.monotonic()
            if durable:
                self.promised.append(row)
                self.waits.append(time.monotonic() - began)
            else:
                self._stop.wait(0.01)


def check_copy(server: ReplicatedServer, copy: list[tuple[int, str]], load: Load) -> int:
    """Fail unless the copy is the local table up to some row, with all that was promised; how many rows it lacks."""
    local = server.rows()
    assert checksum(copy) == checksum(local[: len(copy)]), "the copy is not what was there at some moment"
    missing = set(load.promised) - set(copy)
    assert not missing, f"{len(missing)} rows that were acknowledged as durable are not in the copy"
    assert set(load.acknowledged) <= set(local)
    return len(local) - len(copy)


def seconds_lost(server: ReplicatedServer, copy: list[tuple[int, str]], load: Load, killed_at: float) -> float:
    """Age at the kill of the oldest acknowledged row that is not in the copy; 0 where all are."""
    missing = [load.answered_at[payload] for _, payload in server.rows()[len(copy) :] if payload in load.answered_at]
    return max(0.0, killed_at - min(missing)) if missing else 0.0
