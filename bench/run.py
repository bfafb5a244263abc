"""Measure Vitrina beside the reference in one run and print ratios.

    python -m bench.run --reference PATH --vitrina PATH --flights FILE [--quick] [--write FILE]

Each figure is the median over interleaved rounds of the ratio in one round, so
that a machine whose speed drifts still gives an honest comparison.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench import bake, files, fixtures, load, replication, writes
from bench.rows import Row
from bench.servers import Server, serve

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Rated:
    """One URL whose rate is compared; ``least`` is the ratio promised."""

    name: str
    path: str
    least: float


RATED = (
    Rated("16-row JSON", "/flights/airlines.json", 10),
    Rated("100-row JSON, 19 columns", "/flights/flights.json", 8),
    Rated("one-row JSON", "/flights/airports/JFK.json", 10),
    Rated("100-row HTML with four foreign keys", "/flights/flights", 25),
    Rated("16-row HTML", "/flights/airlines", 10),
    Rated("home page (HTML)", "/", 20),
    Rated("database page (HTML)", "/flights", 20),
)


@dataclass
class Bench:
    reference: list[str]
    vitrina: list[str]
    flights: Path
    work: Path
    rounds: int
    seconds: float
    with_files: list[str] | None = None
    rows: list[Row] = field(default_factory=list)
    ceiling: float = 0.0

    def add(self, row: Row) -> None:
        self.rows.append(row)
        mark = "ok " if row.met else "LOW"
        print(f"{mark} {row.name:48} {row.reference:>14} {row.vitrina:>14}", end=" ")
        print(f"{row.ratio:8.1f} x  (>= {row.least:g}) {row.note}")
        sys.stdout.flush()

    def rates(self) -> None:
        """Requests per second of each URL, round by round in turn."""
        with self.both() as (old, new):
            for item in RATED:
                old_rates, new_rates = [], []
                for _ in range(self.rounds):
                    old_rates.append(load.rate(old, item.path, seconds=self.seconds))
                    new_rates.append(load.rate(new, item.path, seconds=self.seconds))
                ratio = statistics.median(b / a for a, b in zip(old_rates, new_rates, strict=True))
                a, b = statistics.median(old_rates), statistics.median(new_rates)
                self.add(Row(item.name, f"{a:.0f}/s", f"{b:.0f}/s", ratio, item.least))
            self.misses(old, new)
        with serve("ceiling", [sys.executable, str(ROOT / "bench" / "ceiling.py")], ready="/") as server:
            rate = load.rate(server, "/", seconds=self.seconds)
            print(f"    bare server, fixed 1 KB body: {rate:.0f}/s")
            self.ceiling = rate

    def misses(self, old: Server, new: Server) -> None:
        """The same pages with a new query string each time, so that nothing can be reused."""
        for name, path, least in (
            ("100-row JSON, every request different", "/flights/flights.json?_size=100&_next={}", 1),
            ("16-row JSON, every request different", "/flights/airlines.json?_ttl={}", 1),
            ("16-row HTML, every request different", "/flights/airlines?_ttl={}", 1),
            ("100-row HTML, every request different", "/flights/flights?_ttl={}", 1),
        ):
            pairs = [(_different(old, path, 20), _different(new, path, 60)) for _ in range(self.rounds)]
            ratio = statistics.median(b / a for a, b in pairs)
            a, b = (statistics.median(column) for column in zip(*pairs, strict=True))
            self.add(Row(name, f"{a:.0f}/s", f"{b:.0f}/s", ratio, least, "one client at a time"))

    def csv(self) -> None:
        """The whole flights table as CSV, and memory with a fast and a slow reader."""
        path = "/flights/flights.csv?_stream=on"
        with self.both("--setting", "max_csv_mb", "0") as (old, new):
            pairs = []
            for _ in range(max(1, self.rounds // 2)):
                pairs.append((load.download(old, path), load.download(new, path)))
            before = new.peak_memory_mb()
            load.slow_download(new, path)
            grown = new.peak_memory_mb() - before
        ratio = statistics.median(a[0] / b[0] for a, b in pairs)
        a, b = (statistics.median(item[0] for item in column) for column in zip(*pairs, strict=True))
        note = f"peak {before:.0f} MB, +{grown:.0f} MB with a slow client"
        self.add(Row("CSV of 336,776 rows", f"{a:.1f} s", f"{b:.1f} s", ratio, 10, note))

    def many_tables(self) -> None:
        """First home page of 5,000 tables after the start, and what the start costs."""
        path = fixtures.many_tables(self.work / "many.db", 5000)
        nothing = fixtures.empty(self.work / "empty.db")
        with serve("vitrina", [*self.vitrina, "serve", str(path)]) as new:
            begun = time.perf_counter()
            new.get("/", 120)
            b = time.perf_counter() - begun
        timeout = 100.0
        note = ""
        with serve("reference", [*self.reference, "serve", str(path)], timeout=timeout) as old:
            begun = time.perf_counter()
            try:
                old.get("/", timeout)
            except TimeoutError:
                note = f"the reference had not answered after {timeout:.0f} s"
            a = time.perf_counter() - begun
        self.add(Row("home page of 5,000 tables", f"{a:.1f} s", f"{b:.2f} s", a / b, 100, note))
        ratios = []
        for _ in range(self.rounds):
            with serve("vitrina", [*self.vitrina, "serve", str(path)]) as large:
                pass
            with serve("vitrina", [*self.vitrina, "serve", str(nothing)]) as small:
                pass
            ratios.append((small.started, large.started))
        a, b = (statistics.median(column) for column in zip(*ratios, strict=True))
        ratio = statistics.median(x / y for x, y in ratios)
        self.add(Row("start with 5,000 tables against none", f"{a:.2f} s", f"{b:.2f} s", ratio, 0.5, "both Vitrina"))

    def whole_process(self) -> None:
        """`serve FILE --get PATH` as a whole process."""
        pairs = []
        for _ in range(self.rounds * 2):
            times = []
            for command in (self.reference, self.vitrina):
                begun = time.perf_counter()
                subprocess.run(
                    [*command, str(self.flights), "--get", "/flights/airlines.json"],
                    check=True,
                    stdout=subprocess.DEVNULL,
                )
                times.append(time.perf_counter() - begun)
            pairs.append((times[0], times[1]))
        ratio = statistics.median(a / b for a, b in pairs)
        a, b = (statistics.median(column) for column in zip(*pairs, strict=True))
        self.add(Row("--get, whole process", f"{a:.2f} s", f"{b:.2f} s", ratio, 1))

    def writing(self) -> None:
        """Inserts from 8 clients, reads beside writes, and an import."""
        bearer = writes.token(self.reference)
        best = 0.0
        for rows, least in ((1, 10), (100, 8)):
            pairs = []
            for _ in range(self.rounds):
                rates = [
                    writes.insert_rate(command, self.work / "ledger.db", bearer, rows=rows, seconds=self.seconds)
                    for command in (self.reference, self.vitrina)
                ]
                pairs.append((rates[0], rates[1]))
            a, b = (statistics.median(column) for column in zip(*pairs, strict=True))
            name = "inserts of one row, 8 clients" if rows == 1 else "inserts of 100 rows, 8 clients"
            self.add(Row(name, f"{a:.0f}/s", f"{b:.0f}/s", statistics.median(b / a for a, b in pairs), least))
            best = best or max(rate for rate, _ in pairs)
        self.reading_beside_writes(bearer, best)
        self.importing()

    def reading_beside_writes(self, bearer: str, per_second: float) -> None:
        """Reads while one row is inserted as often as the reference manages at its best."""
        rounds = [
            writes.reading_while_writing(
                self.vitrina, self.work / "ledger.db", bearer, per_second=per_second, seconds=self.seconds
            )
            for _ in range(self.rounds)
        ]
        for table, what in (("catalogue", "another table"), ("entries", "the same table")):
            found = [each[table] for each in rounds]
            alone, beside, written = (
                statistics.median(column)
                for column in zip(*[(f.alone, f.beside, f.writes) for f in found], strict=True)
            )
            ratio = statistics.median(each.beside / each.alone for each in found)
            note = f"Vitrina alone, and beside {written:.0f} inserts/s"
            self.add(Row(f"reads beside writes to {what}", f"{alone:.0f}/s", f"{beside:.0f}/s", ratio, 0.7, note))

    def importing(self) -> None:
        """The flights as CSV into a new file, beside the sqlite3 shell."""
        csv_file = writes.export_flights(self.flights, self.work / "flights.csv")
        pairs = [
            (
                writes.sqlite_import_seconds(self.work / "shell.db", csv_file),
                writes.import_seconds(self.vitrina, self.work / "import.db", csv_file),
            )
            for _ in range(self.rounds)
        ]
        a, b = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(a / b for a, b in pairs)
        note = "against sqlite3 .import"
        self.add(Row("import of 336,776 rows of CSV", f"{a:.1f} s", f"{b:.1f} s", ratio, 0.5, note))

    def restricted(self) -> None:
        """The page of a database of 1,000 tables for an actor with a restricted token."""
        path = writes.restricted_database(self.work / "restricted.db")
        allowed = [f"t{number:05d}" for number in range(0, 1000, 100)]
        options = ["-a", "view-instance", "-d", "restricted", "view-database"]
        for table in allowed:
            options += ["-r", "restricted", table, "view-table"]
        bearer = writes.token(self.reference, *options)
        pairs = []
        with (
            serve("reference", [*self.reference, "serve", str(path), "--root"]) as old,
            serve("vitrina", [*self.vitrina, "serve", str(path), "--root"]) as new,
        ):
            for _ in range(self.rounds):
                rates = [writes.restricted_rate(server, bearer, seconds=self.seconds) for server in (old, new)]
                pairs.append((rates[0], rates[1]))
        a, b = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(b / a for a, b in pairs)
        self.add(Row("page of 1,000 tables, restricted actor", f"{a:.1f}/s", f"{b:.0f}/s", ratio, 20))

    def bake(self) -> None:
        """The demonstration written to files."""
        for row in bake.measure(self.vitrina, self.flights, self.work):
            self.add(row)

    def replication(self) -> None:
        """What replication costs, how late it is, and read replicas."""
        bearer = writes.token(self.reference)
        megabytes = 100 if self.rounds == 1 else 1000
        for row in replication.measure(
            self.vitrina, self.work, bearer, rounds=self.rounds, seconds=self.seconds, megabytes=megabytes
        ):
            self.add(row)

    def files(self) -> None:
        """Files through the server to an object store, beside the plugins for that, and their pages."""
        for row in files.measure(self.vitrina, self.with_files, self.work, rounds=self.rounds, seconds=self.seconds):
            self.add(row)

    def both(self, *options: str) -> _Both:
        return _Both(self, options)


class _Both:
    """Both servers on the flights database for the length of a block."""

    def __init__(self, bench: Bench, options: tuple[str, ...]) -> None:
        self._servers = [
            serve(name, [*command, "serve", str(bench.flights), *options])
            for name, command in (("reference", bench.reference), ("vitrina", bench.vitrina))
        ]

    def __enter__(self) -> tuple[Server, Server]:
        return self._servers[0].__enter__(), self._servers[1].__enter__()

    def __exit__(self, *exc: object) -> None:
        for server in self._servers:
            server.__exit__(None, None, None)


_serial: Iterator[int] = iter(range(1, 10**9))


def _different(server: Server, path: str, requests: int) -> float:
    begun = time.perf_counter()
    for _ in range(requests):
        status, _size = server.get(path.format(next(_serial)), 60)
        if status != 200:
            raise RuntimeError(f"{server.name} {path}: status {status}")
    return requests / (time.perf_counter() - begun)


def machine() -> str:
    """The machine in one line."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def report(bench: Bench, reference_version: str) -> str:
    """The committed page: machine, date, commit and every ratio."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], check=False, capture_output=True, text=True, cwd=ROOT
    ).stdout
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`: Vitrina and the reference side by side in one run, on one machine, each at its",
        "defaults. Read the ratios; single figures depend on the machine. A ratio is the median over interleaved",
        "rounds. Vitrina reuses an answer while the tables it was made from are proved unchanged; the rows marked",
        "*every request different* cannot reuse anything.",
        "",
        f"- Date: {datetime.date.today().isoformat()}, commit {commit.strip() or 'unknown'}",
        f"- Machine: {machine()}",
        f"- Reference: {reference_version}",
        f"- Bare server with a fixed 1 KB body, same machine: {bench.ceiling:.0f} requests/s",
        "",
        "| what | reference | Vitrina | ratio | promised | |",
        "|---|---:|---:|---:|---:|---|",
    ]
    for row in bench.rows:
        verdict = "" if row.met else " **not met**"
        ratio = f"{row.ratio:.{1 if row.ratio >= 2 else 2}f}"
        figures = f"{row.reference} | {row.vitrina} | {ratio} × | {row.least:g} ×"
        lines.append(f"| {row.name} | {figures} | {row.note}{verdict} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure Vitrina beside the reference")
    parser.add_argument("--reference", required=True, help="command of the reference")
    parser.add_argument("--reference-files", default="", help="command of the reference with its plugins for files")
    parser.add_argument("--vitrina", required=True, help="command of Vitrina")
    parser.add_argument("--flights", required=True, type=Path, help="the demonstration database")
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument(
        "--only",
        action="append",
        help="only these parts: rates, csv, many_tables, whole_process, restricted, writing, replication, files, bake",
    )
    parser.add_argument("--write", type=Path, help="write the report to this file")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        bench = Bench(
            args.reference.split(), args.vitrina.split(), args.flights, Path(work),
            rounds=1 if args.quick else 3, seconds=2 if args.quick else 3,
            with_files=args.reference_files.split() or None,
        )  # fmt: skip
        parts: dict[str, Callable[[], None]] = {
            "rates": bench.rates,
            "csv": bench.csv,
            "many_tables": bench.many_tables,
            "whole_process": bench.whole_process,
            "restricted": bench.restricted,
            "writing": bench.writing,
            "replication": bench.replication,
            "bake": bench.bake,
            "files": bench.files,
        }
        for name, part in parts.items():
            if not args.only or name in args.only:
                part()
    if args.write:
        version = subprocess.run(
            [*args.reference.split(), "--version"], check=False, capture_output=True, text=True
        ).stdout.strip()
        args.write.write_text(report(bench, version))
    return 0 if all(row.met for row in bench.rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())
