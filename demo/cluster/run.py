"""A cluster on this machine: an object store, one server that writes, two that read, and nginx before them.

Run by ``make demo-cluster``. Everything lives in ``var/cluster`` and ends with Ctrl-C.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
# The tests start the same store.
sys.path.insert(0, str(ROOT / "tests"))

from object_store import ACCESS_KEY, SECRET_KEY, ObjectStore, is_free, make_bucket  # noqa: E402

PATIENCE_S = 60.0
INSERTS_PER_S = 20


class Cluster:
    """The processes, on ports from ``port`` on: nginx, writer, two readers, then the store."""

    def __init__(self, folder: Path, port: int, stack: ExitStack) -> None:
        self.folder = folder
        self.port = port
        self.writer, self.readers = port + 1, (port + 2, port + 3)
        self.store = ObjectStore(folder / "store", port + 10)
        self._stack = stack
        self._ending = threading.Event()

    def start(self) -> None:
        """Start everything; returns when it answers."""
        busy = [number for number in range(self.port, self.port + 4) if not is_free(number)]
        if busy:
            sys.exit(f"Port {busy[0]} is in use; choose others with --port")
        (self.folder / "store").mkdir(parents=True, exist_ok=True)
        say("Starting SeaweedFS")
        self.store.start()
        self._stack.callback(self.store.stop)
        try:
            make_bucket(self.store, "cluster")
        except urllib.error.HTTPError as error:
            # From the last time.
            if error.code != 409:
                raise
        database = self._database()
        replica = f"s3://cluster/events?endpoint={self.store.endpoint}&region=us-east-1"
        say(f"Starting the writer, which replicates {database.name} to the store")
        configuration = str(self._configuration(replica))
        # Readers begin with what has been uploaded.
        self._start_vitrina("writer", self.writer, "/-/healthz/replication", str(database), "-c", configuration)
        for number, port in enumerate(self.readers, 1):
            say(f"Starting reader {number}, which serves the replica")
            options = ("--follow-interval", "0.5", "--max-lag", "10")
            self._start_vitrina(f"reader{number}", port, "/-/healthz", replica, *options)
        say("Starting nginx before them")
        self._start_nginx()
        threading.Thread(target=self._load, daemon=True).start()
        self._stack.callback(self._ending.set)

    def _database(self) -> Path:
        database = self.folder / "events.db"
        with sqlite3.connect(database) as conn:
            conn.execute("CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, at TEXT, place TEXT)")
        conn.close()
        return database

    def _configuration(self, replica: str) -> Path:
        path = self.folder / "writer.json"
        own = {
            "databases": {"events": {"replica": {"url": replica}, "monitor-interval": "200ms"}},
            "sync-interval": "200ms",
            "public-url": f"http://127.0.0.1:{self.port}",
        }
        permissions = {"insert-row": True, "litestream-view-status": True}
        path.write_text(json.dumps({"vitrina": {"replication": own}, "permissions": permissions}))
        return path

    def _start_vitrina(self, name: str, port: int, health: str, *arguments: str) -> None:
        environment = {**os.environ, "AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
        command = [sys.executable, "-m", "vitrina", "serve", "-p", str(port), *arguments]
        process = self._start(name, command, environment)
        wait_for(f"http://127.0.0.1:{port}{health}", process, self.folder / f"{name}.log")

    def _start(self, name: str, command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("w") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        self._stack.callback(process.wait)
        self._stack.callback(process.terminate)
        return process

    def _start_nginx(self) -> None:
        nginx = shutil.which("nginx") or "/usr/sbin/nginx"
        words = {
            "@FOLDER@": str(self.folder),
            "@HERE@": str(HERE),
            "@PORT@": str(self.port),
            "@WRITER@": str(self.writer),
            "@READER1@": str(self.readers[0]),
            "@READER2@": str(self.readers[1]),
        }
        text = (HERE / "nginx.conf").read_text()
        for word, value in words.items():
            text = text.replace(word, value)
        configuration = self.folder / "nginx.conf"
        configuration.write_text(text)
        process = self._start("nginx", [nginx, "-c", str(configuration), "-p", str(self.folder)], dict(os.environ))
        wait_for(f"http://127.0.0.1:{self.port}/cluster/", process, self.folder / "nginx.log")

    def _load(self) -> None:
        """Insert rows through the front, some every second, for as long as the cluster runs."""
        number = 0
        while not self._ending.wait(1 / INSERTS_PER_S):
            number += 1
            row = {"at": time.strftime("%Y-%m-%dT%H:%M:%S"), "place": f"place {number % 50}"}
            body = json.dumps({"row": row}).encode()
            address = f"http://127.0.0.1:{self.port}/events/events/-/insert"
            request = urllib.request.Request(address, data=body, headers={"content-type": "application/json"})
            try:
                urllib.request.urlopen(request, timeout=10).close()
            except OSError as error:
                if not self._ending.wait(1):
                    say(f"A row was not inserted: {error}")


def wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until an address answers with success; exits with the end of its log otherwise."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit(f"{address} does not answer. Its log ends:\n{log.read_text()[-2000:]}")


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def main() -> None:
    """Start the cluster and wait for Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8300, help="first of the ports")
    parser.add_argument("--seconds", type=float, help="end after so many seconds")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = ROOT / "var" / "cluster"
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        Cluster(folder, options.port, stack).start()
        say(f"\nThe site:      http://127.0.0.1:{options.port}/")
        say(f"The dashboard: http://127.0.0.1:{options.port}/cluster/")
        say("Ctrl-C ends it.")
        try:
            threading.Event().wait(options.seconds)
        except KeyboardInterrupt:
            say("Ending")


if __name__ == "__main__":
    main()
