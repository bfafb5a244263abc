"""Measurements of baking: the demonstration written to files, beside the same pages served."""

from __future__ import annotations

import http.client
import json
import shutil
import sqlite3
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.rows import Row
from bench.servers import Server, serve

_CLIENTS = 4
_SERVED = 1600


def measure(vitrina: list[str], flights: Path, work: Path) -> list[Row]:
    """Pages per second of a first baking, and what a second one takes when nothing has changed."""
    folder = work / "baked"
    shutil.rmtree(folder, ignore_errors=True)
    with serve("vitrina", [*vitrina, "serve", str(flights)]) as server:
        served = _served_rate(server, flights)
    first = _seconds(vitrina, folder, flights)
    second = _seconds(vitrina, folder, flights)
    pages = json.loads((folder / ".vitrina-bake" / "report.json").read_text())["pages"]
    baked = pages / first
    note = f"{pages:,} pages in {first:.0f} s, CSV files and search index included; against the rate of rows served"
    again = f"{second / first:.1%} of the first"
    allowed = first * 0.05
    return [
        Row("pages baked", f"{served:.0f}/s", f"{baked:.0f}/s", baked / served, 0.8, note),
        Row("baked again, nothing changed", f"{allowed:.1f} s", f"{second:.1f} s", allowed / second, 1, again),
    ]


def _seconds(vitrina: list[str], folder: Path, flights: Path) -> float:
    begun = time.perf_counter()
    subprocess.run([*vitrina, "bake", str(folder), str(flights)], check=True, capture_output=True)
    return time.perf_counter() - begun


def _served_rate(server: Server, flights: Path) -> float:
    """Row pages per second as HTML and as JSON, none asked for twice."""
    conn = sqlite3.connect(flights)
    names = [name for (name,) in conn.execute("select tailnum from planes limit ?", [_SERVED // 2])]
    conn.close()
    paths = [f"/flights/planes/{name}{ending}" for name in names for ending in ("", ".json")]

    def ask(some: list[str]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        for path in some:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{path}: status {answer.status}")
        connection.close()

    begun = time.perf_counter()
    with ThreadPoolExecutor(_CLIENTS) as pool:
        for _ in pool.map(ask, [paths[number::_CLIENTS] for number in range(_CLIENTS)]):
            pass
    return len(paths) / (time.perf_counter() - begun)
