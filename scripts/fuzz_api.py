"""Send requests made up from the OpenAPI document to a server for a while, as root and as a restricted actor.

Schemathesis makes the requests. It fails where an answer is a server's error,
or has a status, a content type or a body that the document does not name.
Meanwhile dropped tables are made again, so that there is always something to write to.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

SECRET = "a-secret-for-made-up-requests"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# Tables above this number go: some requests make one each.
MANY_TABLES = 150

TABLES = {
    "plain": "CREATE TABLE plain (id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT 'none', size REAL, data BLOB)",
    "pairs": "CREATE TABLE pairs (a TEXT, b INTEGER, value TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID",
    "loose": "CREATE TABLE loose (x, y)",
    "odd /,.~name": 'CREATE TABLE "odd /,.~name" ("a b" TEXT PRIMARY KEY, "c/d" INTEGER REFERENCES plain(id))',
    "computed": "CREATE TABLE computed (id INTEGER PRIMARY KEY, n INTEGER CHECK (n < 100), "
    "twice AS (n * 2), thrice AS (n * 3) STORED)",
    "kept": "CREATE TABLE kept (id INTEGER PRIMARY KEY, name TEXT UNIQUE)",
    "words": "CREATE VIRTUAL TABLE words USING fts5(text)",
}
OTHERS = (
    "CREATE TRIGGER IF NOT EXISTS keep BEFORE DELETE ON kept BEGIN SELECT RAISE(ABORT, 'this stays'); END",
    "CREATE TRIGGER IF NOT EXISTS undo BEFORE UPDATE ON kept BEGIN SELECT RAISE(ROLLBACK, 'all is undone'); END",
    "CREATE VIEW IF NOT EXISTS seen AS SELECT name, size FROM plain",
)
ROWS = (
    "INSERT OR IGNORE INTO plain VALUES (1, 'one', 1.5, x'00ff'), (2, 'two', NULL, NULL)",
    "INSERT OR IGNORE INTO pairs VALUES ('x', 1, 'x1'), ('a,b/c', 2, NULL)",
    "INSERT OR IGNORE INTO kept VALUES (1, 'kept')",
    "INSERT OR IGNORE INTO computed (id, n) VALUES (1, 2)",
)
CONFIG = {
    "allow": True,
    "databases": {
        "data": {
            "allow_sql": {"id": "root"},
            "tables": {
                "kept": {"allow": {"id": "root"}},
                "loose": {"permissions": {"insert-row": {"id": "clerk"}, "update-row": {"id": "clerk"}}},
                "plain": {"permissions": {"insert-row": {"id": "clerk"}, "delete-row": {"id": "clerk"}}},
            },
            "queries": {
                "count_plain": "select count(*) from plain",
                "rename_plain": {"sql": "update plain set name = :name where id = :id", "write": True},
            },
        }
    },
}


def restore(path: Path) -> None:
    """Make what is missing again, and drop most of what others made."""
    conn = sqlite3.connect(path, timeout=10)
    with contextlib.closing(conn), contextlib.suppress(sqlite3.Error), conn:
        names = [row[0] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name, sql in TABLES.items():
            if name not in names:
                conn.execute(sql)
        for sql in OTHERS:
            conn.execute(sql)
        strange = [name for name in names if name not in TABLES and not name.startswith(("sqlite_", "words_"))]
        for name in strange[: max(0, len(strange) - MANY_TABLES)]:
            conn.execute('DROP TABLE "{}"'.format(name.replace('"', '""')))
    for sql in ROWS:
        # A table may have got other columns.
        conn = sqlite3.connect(path, timeout=10)
        with contextlib.closing(conn), contextlib.suppress(sqlite3.Error), conn:
            conn.execute(sql)


@contextlib.contextmanager
def restored(path: Path) -> Iterator[None]:
    """Restore the database every second."""
    end = threading.Event()

    def work() -> None:
        while not end.wait(1.0):
            restore(path)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


@contextlib.contextmanager
def served(folder: Path, port: int) -> Iterator[str]:
    """A server of its own; its address."""
    path, config = folder / "data.db", folder / "config.json"
    restore(path)
    config.write_text(json.dumps(CONFIG))
    with open(folder / "server.log", "w") as log:
        command = [sys.executable, "-m", "vitrina", "serve", str(path), "--root", "--secret", SECRET, "-p", str(port)]
        process = subprocess.Popen([*command, "-c", str(config)], stdout=log, stderr=subprocess.STDOUT)
        try:
            while process.poll() is None:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


def token(actor: str) -> str:
    """A token of that actor, without restrictions of its own."""
    command = [sys.executable, "-m", "vitrina", "create-token", actor, "--secret", SECRET]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def run(actor: str, seconds: int, port: int, report: Path | None) -> int:
    """Send requests as ``actor``; the exit status of schemathesis."""
    with tempfile.TemporaryDirectory(prefix="vitrina-fuzz-") as name:
        folder = Path(name)
        with served(folder, port) as address, restored(folder / "data.db"):
            command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{address}/-/openapi.json"]
            command += ["-H", f"Authorization: Bearer {token(actor)}", "--checks", CHECKS]
            command += ["--phases", "examples,coverage,fuzzing", "--max-time", str(seconds), "--continue-on-failure"]
            command += ["--suppress-health-check", "all", "--warnings", "off", "--no-color", "--generation-database"]
            command += ["none", "--max-redirects", "0"]
            if report is not None:
                command += ["--report", "ndjson", "--report-ndjson-path", str(report)]
            status = subprocess.run(command, cwd=folder).returncode
        errors = [line for line in (folder / "server.log").read_text().splitlines() if line.startswith("Traceback")]
        if errors:
            print(f"The server's log has {len(errors)} tracebacks:")
            print((folder / "server.log").read_text()[-6000:])
        return status or bool(errors)


def main() -> None:
    """Run it as both actors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=600, help="for each actor")
    parser.add_argument("--port", type=int, default=9270)
    parser.add_argument("--actor", action="append", help="root or clerk; by default both")
    parser.add_argument("--report", type=Path, help="file for everything that was sent and answered")
    given = parser.parse_args()
    status = 0
    for actor in given.actor or ("root", "clerk"):
        print(f"== as {actor}", flush=True)
        status = run(actor, given.seconds, given.port, given.report) or status
    sys.exit(status)


if __name__ == "__main__":
    main()
