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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- measured: written by make test-faults -->", "<!-- end of measured -->"
# Test module → what it is about.
SUBJECTS = {
    "tests.cli.test_kill_server": "the server killed while 8 clients write",
    "tests.engines.test_kill": "a process killed in the middle of its transactions",
    "tests.files.test_hostile_files": "streams of 5 GB, and an object store killed in the middle of an upload",
    "tests.replicate.test_replication_faults": "replication while processes, keys, store or disk fail",
    "tests.replicate.test_reader_faults": "a read replica and its followers killed while clients read",
}
ACTORS = {"root": "as somebody who may do everything", "clerk": "as somebody who may do little"}


@dataclass(slots=True)
class Count:
    """Tests of one module: how many there were, how many failed, and the sums of what they recorded."""

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
        counts: dict[str, Count] = {}
        for case in ElementTree.parse(report).iter("testcase"):
            count = counts.setdefault(case.get("classname", ""), Count())
            count.tests += 1
            count.failed += case.find("failure") is not None or case.find("error") is not None
            for each in case.iter("property"):
                name = each.get("name", "")
                count.recorded[name] = count.recorded.get(name, 0) + int(each.get("value", "0"))
    return counts


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
        killed, durable, behind = (count.recorded[name] for name in ("killed", "durable", "behind"))
        return (
            f"{killed:,} kills under load, {durable:,} writes acknowledged durable, all in the restored copies, which "
            f"equal the file row by row; {behind:,} other writes were not in the copies yet"
        )
    if "reader_answers" in count.recorded:
        answers, rounds = count.recorded["reader_answers"], count.recorded["reader_kills"]
        return f"{rounds:,} rounds, {answers:,} answers, each of a committed state; caught up after each kill"
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
    given = parser.parse_args()
    failed = False
    with section(given.kills, given.seconds) as lines:
        counts = run_tests(given.kills)
        others = Count()
        for module, count in counts.items():
            failed = failed or bool(count.failed)
            if module in SUBJECTS:
                lines.append(f"| {SUBJECTS[module]} | {count.tests} | {result_of(count)} |")
            else:
                others.tests += count.tests
                others.failed += count.failed
        if others.tests:
            lines.append(f"| the other fault tests | {others.tests} | {result_of(others)} |")
        for actor, sent, fine in run_requests(given.seconds):
            failed = failed or not fine
            words = "no status 500, no answer that is not documented" if fine else "**failures**"
            lines.append(f"| requests made up from `/-/openapi.json` {ACTORS[actor]} | {sent:,} | {words} |")
        failed = failed or not counts
    sys.exit(int(failed))


if __name__ == "__main__":
    main()
