"""Measurements of writing, and of reading as a restricted actor."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from bench import fixtures, load
from bench.paced import posting
from bench.servers import Server, serve

SECRET = "bench"


def token(reference: list[str], *restrictions: str) -> str:
    """A token of root that both servers take, made by the reference's own command."""
    done = subprocess.run(
        [*reference, "create-token", "root", "--secret", SECRET, *restrictions],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def entries(path: Path) -> Path:
    """A fresh database with one table to write to."""
    path.unlink(missing_ok=True)
    conn = sqlite3.connect(path)
    conn.execute("create table entries (id integer primary key, label text, amount integer)")
    conn.commit()
    conn.close()
    return path


def insert_rate(command: list[str], path: Path, bearer: str, *, rows: int, seconds: float, clients: int = 8) -> float:
    """Insert requests per second that ``clients`` get answered with 201."""
    row = {"label": "a label of ordinary length", "amount": 12345}
    body = json.dumps({"row": row} if rows == 1 else {"rows": [row] * rows})
    name = path.stem
    with serve(command[0], [*command, "serve", str(entries(path)), "--root"]) as server:
        return load.post_rate(
            server, f"/{name}/entries/-/insert", body, bearer=bearer, seconds=seconds, connections=clients
        )


@dataclass(frozen=True)
class Beside:
    """Requests per second of a page, alone and beside ``writes`` inserts per second."""

    alone: float
    beside: float
    writes: float


def reading_while_writing(
    command: list[str], path: Path, bearer: str, *, per_second: float, seconds: float
) -> dict[str, Beside]:
    """Reads of a page of another table in the same file, and of the very table, beside inserts at a fixed rate."""
    conn = sqlite3.connect(entries(path))
    conn.execute("create table catalogue (id integer primary key, label text, amount integer)")
    rows = [("a label of ordinary length", 12345)] * 100
    for table in ("entries", "catalogue"):
        conn.executemany(f"insert into {table} (label, amount) values (?, ?)", rows)
    conn.commit()
    conn.close()
    body = json.dumps({"row": {"label": "a label of ordinary length", "amount": 12345}})
    found = {}
    with serve(command[0], [*command, "serve", str(path), "--root"]) as server:
        for table in ("catalogue", "entries"):
            page = f"/{path.stem}/{table}.json?_size=20"
            load.rate(server, page, seconds=1, connections=4)
            alone = load.rate(server, page, seconds=seconds, connections=4)
            url = f"/{path.stem}/entries/-/insert"
            with posting(server, url, body, bearer=bearer, per_second=per_second) as writes:
                time.sleep(0.3)
                beside = load.rate(server, page, seconds=seconds, connections=4)
            if writes.failures:
                raise RuntimeError(f"{server.name} {url}: {writes.failures[0]}")
            found[table] = Beside(alone, beside, writes.rate)
    return found


def restricted_rate(server: Server, bearer: str, *, seconds: float) -> float:
    """Database pages per second for an actor whose token is restricted."""
    # The reference needs seconds for one page of these.
    return load.rate(server, "/restricted", seconds=max(seconds, 10), connections=2, bearer=bearer)


def restricted_database(path: Path) -> Path:
    """A database of 1,000 tables."""
    return fixtures.many_tables(path, 1000)


def import_seconds(command: list[str], path: Path, csv_file: Path) -> float:
    """Seconds that ``vitrina insert`` takes for a CSV file into a new database."""
    path.unlink(missing_ok=True)
    begun = time.perf_counter()
    subprocess.run([*command, "insert", str(path), "flights", str(csv_file)], check=True, capture_output=True)
    return time.perf_counter() - begun


def sqlite_import_seconds(path: Path, csv_file: Path) -> float:
    """Seconds that the sqlite3 shell takes for the same."""
    path.unlink(missing_ok=True)
    begun = time.perf_counter()
    subprocess.run(["sqlite3", str(path), ".mode csv", f".import {csv_file} flights"], check=True, capture_output=True)
    return time.perf_counter() - begun


def export_flights(flights: Path, csv_file: Path) -> Path:
    """The flights table as a CSV file."""
    if not csv_file.exists():
        with csv_file.open("wb") as target:
            subprocess.run(
                ["sqlite3", "-csv", "-header", str(flights), "select * from flights"], check=True, stdout=target
            )
    return csv_file
