"""Publish and package commands ask cloud tools for the same, with the same files, as they always have."""

import json
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CASES = json.loads((HERE / "cases.json").read_text())
EXPECTED = json.loads((HERE / "expected.json").read_text())
OWN_NAME = json.loads((HERE / "expected_own_name.json").read_text())
VERSION = "1.0a41"


def run_recorder(python, *arguments):
    # Without what this process does to have its children answer to the import name.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(python), "-W", "ignore", str(HERE / "recorder.py"), str(HERE / "cases.json"), *arguments],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def recorded():
    """Every case, run as scripts written for the import name run them."""
    return run_recorder(sys.executable, "--vitrina")


@pytest.fixture(scope="module")
def recorded_own_name():
    """Every case, run as vitrina."""
    return run_recorder(sys.executable, "--vitrina", "vitrina")


@pytest.mark.parametrize("name", CASES)
def test_calls_files_and_messages(recorded, name):
    assert recorded[name] == EXPECTED[name]


@pytest.mark.parametrize("name", OWN_NAME)
def test_under_its_own_name_vitrina_is_what_gets_published(recorded_own_name, name):
    assert recorded_own_name[name] == OWN_NAME[name]


def test_own_name_leaves_no_trace_of_the_alias_in_commands(recorded_own_name):
    for recording in recorded_own_name.values():
        for call in recording["calls"]:
            for name, text in call.get("directory", {}).items():
                if name in ("Dockerfile", "Procfile", "requirements.txt", "bin/post_compile"):
                    assert not re.search("datasette(?![-_])", text.lower()), name


@pytest.fixture(scope="module")
def reference(pytestconfig):
    """The reference's Python, installed once into the test cache."""
    folder = Path(pytestconfig.cache.mkdir("reference")) / f"datasette-{VERSION}"
    python = folder / "bin" / "python"
    if not (folder / "bin" / "datasette").exists():
        venv.create(folder, with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet", f"datasette=={VERSION}"]
        done = subprocess.run(install, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            pytest.skip(f"the reference cannot be installed here: {done.stderr.strip()[-200:]}")
    return python


def test_the_reference_does_the_same_but_for_what_is_listed(reference):
    theirs = run_recorder(reference)
    differing = {name for name in CASES if theirs[name] != EXPECTED[name]}
    assert differing == {name for name, case in CASES.items() if "differs" in case}
    assert len(CASES) - len(differing) >= 90
