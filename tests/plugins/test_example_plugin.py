"""The example of a plugin that the tutorial goes through: its own tests, run as its author runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "plugin"


def test_the_example_passes_its_own_tests(tmp_path):
    # As if it were installed: an entry point beside the module.
    info = tmp_path / "vitrina_initials-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: vitrina-initials\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text("[datasette]\ninitials = vitrina_initials\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "vitrina.compat.pytest_plugin", "-p", "no:cacheprovider"],
        cwd=EXAMPLE,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{EXAMPLE}"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout
