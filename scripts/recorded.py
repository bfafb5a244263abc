"""Play recorded requests of the finished groups and fail on any difference that is not a known fault of the recording.

python scripts/recorded.py PATH/TO/replay.py
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent
SERVER = SCRIPTS.parent / ".venv" / "bin" / "vitrina"


def listed(name: str) -> list[str]:
    """First words of the lines of a list beside this script; ``#`` begins a comment."""
    lines = (SCRIPTS / name).read_text().splitlines()
    return [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]


def main(replay: str) -> int:
    groups = listed("finished_groups.txt")
    faults = set(listed("recorded_faults.txt"))
    if not groups:
        print("no group is finished yet")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        arguments = [part for group in groups for part in ("--group", group)]
        subprocess.run(
            [sys.executable, replay, "--server", str(SERVER), "-v", "--json-report", str(report), *arguments],
            check=False,
        )
        cases = json.loads(report.read_text())["cases"]
    failed = {case["id"] for case in cases if not case["passed"]}
    for case in sorted(failed & faults):
        print(f"known fault of the recording: {case}")
    for case in sorted(failed - faults):
        print(f"DIFFERS: {case}")
    played = {case["id"] for case in cases}
    for case in sorted((faults & played) - failed):
        print(f"listed as a fault, but the answer is the recorded one: {case}")
    return 1 if failed - faults or (faults & played) - failed or not cases else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
