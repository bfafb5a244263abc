"""Run the long fault tests, and write what came of them into docs/reliability.md."""

from __future__ import annotations

import argparse
import os
import platform
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- measured: written by make test-faults -->", "<!-- end of measured -->"
_KILLED = "tests.replicate.test_replication_faults.test_killed_under_load"
# Tests whose names begin so, or modules of tests → what they are about.
SUBJECTS = {
    f"{_KILLED}[litestream": "Litestream killed while clients write",
    f"{_KILLED}[server": "a server that replicates killed while clients write",
    f"{_KILLED}[store": "the object store killed while clients write",
    f"{_KILLED}[all": "Litestream, the server and the object store killed at once while clients write",
    "tests.cli.test_kill_server": "the server killed while 8 clients write",
    "tests.engines.test_kill": "a process killed in the middle of its transactions",
    "tests.files.test_hostile_files": "streams of 5 GB, and an object store killed in the middle of an upload",
    "tests.replicate.test_replication_faults": "replication while keys, store or disk fail",
    "tests.replicate.test_full_places": "no room in the object store, or on the disk of a reader",
    "tests.replicate.test_reader_faults": "a read replica and its followers killed while clients read",
}
ACTORS = {"root": "as somebody who may do everything", "clerk": "as somebody who may do little"}


@dataclass(slots=True)
class Count:
    """Tests of one subject: how many there were, how many failed, and the sums of what they recorded.

    Of what is called most_… it is the largest.
    """

    tests: int = 0
    failed: int = 0
    recorded: dict[str, int] = field(default_factory=dict)


def run_tests(kills: int) -> dict[str, Count]:
    """Run every test that is marked as a fault test; module → count."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        command = [sys.executable, "-m", "pytest", "-n", "0", "-m", "faults", "tests", f"--junitxml={report}"]
        # Only the older family of reports has room for what tests record.
        command += ["-o", "junit_family=xunit1", "--ignore=tests/browser", "-p", "no:cacheprovider"]
        subprocess.run(command, cwd=ROOT, env={**os.environ, "VITRINA_KILLS": str(kills)})
        return read_reports([report])


def read_reports(reports: Iterable[Path]) -> dict[str, Count]:
    """What became of tests, by subject; "" for those that have none of their own."""
    counts: dict[str, Count] = {}
    for case in (case for report in reports for case in ElementTree.parse(report).iter("testcase")):
        module = case.get("classname", "")
        test = f"{module}.{case.get('name', '')}"
        known = [subject for subject in SUBJECTS if test.startswith(subject) or module == subject]
        count = counts.setdefault(known[0] if known else "", Count())
        count.tests += 1
        count.failed += case.find("failure") is not None or case.find("error") is not None
        for each in case.iter("property"):
            name, value = each.get("name", ""), int(each.get("value", "0"))
            before = count.recorded.get(name, 0)
            count.recorded[name] = max(before, value) if name.startswith("most_") else before + value
    return counts


def rows_of(counts: dict[str, Count]) -> Iterator[str]:
    """Rows of the table."""
    for subject, count in sorted(counts.items(), key=lambda item: [*SUBJECTS, ""].index(item[0])):
        times = count.recorded.get("killed") or count.recorded.get("reader_kills") or count.tests
        yield f"| {SUBJECTS.get(subject, 'the other fault tests')} | {times:,} | {result_of(count)} |"


def run_requests(seconds: int) -> Iterator[tuple[str, int, bool]]:
    """Send made-up requests as each actor: actor, how many, and whether all answers were as documented."""
    for actor in ACTORS:
        command = [sys.executable, "scripts/fuzz_api.py", "--seconds", str(seconds), "--actor", actor]
        finished = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        print(finished.stdout, flush=True)
        found = re.search(r"([\d,]+) generated", finished.stdout)
        yield actor, int(found[1].replace(",", "")) if found else 0, finished.returncode == 0


@contextmanager
def section(kills: int, seconds: int) -> Iterator[list[str]]:
    """The lines of the measured section, which is put into the page at the end."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    version = commit.stdout.strip() or os.environ.get("VITRINA_COMMIT", "unknown")
    lines = [
        BEGIN,
        f"Of {time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC, commit {version}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}; "
        f"`VITRINA_KILLS={kills} VITRINA_FUZZ_SECONDS={seconds} make test-faults`.",
        "",
        "| Test | Times | Result |",
        "|---|---:|---|",
    ]
    yield lines
    text = PAGE.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(before + "\n".join([*lines, END]) + after)


def result_of(count: Count) -> str:
    """A few words on what became of the tests of one module."""
    if count.failed:
        return f"**{count.failed} failed**"
    if "durable" in count.recorded:
        durable, behind = count.recorded["durable"], count.recorded["behind"]
        seconds, upload = (count.recorded[f"most_{name}_ms"] / 1000 for name in ("behind", "upload"))
        rest = "none of the others either"
        if behind:
            rest = f"of the others {behind:,} were missing, none older than {seconds:.2f} s"
            rest += f" (promised: two intervals of 1 s and an upload, here of up to {upload:.2f} s)"
        whole = "none missing in the copies, which equal the file row by row"
        return f"{durable:,} writes acknowledged durable, {whole}; {rest}"
    if "reader_answers" in count.recorded:
        return f"{count.recorded['reader_answers']:,} answers, each of a committed state; caught up after each kill"
    if "acknowledged" not in count.recorded:
        return "passed"
    acknowledged, unanswered = count.recorded["acknowledged"], count.recorded["unanswered"]
    return (
        f"{acknowledged:,} acknowledged writes, all there; {unanswered:,} without an answer, none half there or twice; "
        f"{count.recorded['unknown']:,} of those refused with 409 when sent again, the others done once"
    )


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=int(os.environ.get("VITRINA_KILLS", "100")))
    parser.add_argument("--seconds", type=int, default=int(os.environ.get("VITRINA_FUZZ_SECONDS", "600")))
    parser.add_argument(
        "--rows", type=Path, nargs="+", metavar="REPORT", help="print the rows of JUnit files, run nothing"
    )
    given = parser.parse_args()
    if given.rows:
        print("\n".join(rows_of(read_reports(given.rows))))
        return
    failed = False
    with section(given.kills, given.seconds) as lines:
        counts = run_tests(given.kills)
        lines += rows_of(counts)
        failed = any(count.failed for count in counts.values())
        for actor, sent, fine in run_requests(given.seconds):
            failed = failed or not fine
            words = "no status 500, no answer that is not documented" if fine else "**failures**"
            lines.append(f"| requests made up from `/-/openapi.json` {ACTORS[actor]} | {sent:,} | {words} |")
        failed = failed or not counts
    sys.exit(int(failed))


if __name__ == "__main__":
    main()
