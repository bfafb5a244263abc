"""Tokens and cookies open both servers: the reference, in an environment of its own, and Vitrina."""

import json
import os
import sqlite3
import subprocess
import sys
import venv
from pathlib import Path

import pytest

SECRET = "shared between both"
VERSION = "1.0a41"
VITRINA = Path(sys.executable).with_name("vitrina")


@pytest.fixture(scope="session")
def reference(pytestconfig):
    """The reference's command, installed once into the test cache."""
    folder = Path(pytestconfig.cache.mkdir("reference")) / f"datasette-{VERSION}"
    command = folder / "bin" / "datasette"
    if not command.exists():
        venv.create(folder, with_pip=True)
        install = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", f"datasette=={VERSION}"]
        done = subprocess.run(install, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            pytest.skip(f"the reference cannot be installed here: {done.stderr.strip()[-200:]}")
    return command


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "data.db"
    conn = sqlite3.connect(path)
    conn.execute("create table open (id integer primary key)")
    conn.execute("create table closed (id integer primary key)")
    conn.commit()
    conn.close()
    return path


def bare_environment():
    """Without the path by which child processes of Vitrina find the old names."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def make(command, *arguments):
    done = subprocess.run(
        [str(command), "create-token", "root", "--secret", SECRET, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env=bare_environment(),
        check=True,
    )
    return done.stdout.strip()


def ask(command, data, path, token):
    """(exit status, JSON) of one request made with the token."""
    done = subprocess.run(
        [str(command), str(data), "--secret", SECRET, "--get", path, "--token", token],
        capture_output=True,
        text=True,
        timeout=60,
        env=bare_environment(),
        check=False,
    )
    return done.returncode, json.loads(done.stdout)


RESTRICTED = ("-a", "view-instance", "-d", "data", "view-database", "-r", "data", "open", "view-table")


@pytest.mark.timeout(400)
def test_tokens_of_each_open_the_other(reference, data):
    for maker, server in ((reference, VITRINA), (VITRINA, reference)):
        status, answer = ask(server, data, "/-/actor.json", make(maker))
        assert (status, answer["actor"]) == (0, {"id": "root", "token": "dstok"})
        lasting = make(maker, "-e", "3600")
        assert "token_expires" in ask(server, data, "/-/actor.json", lasting)[1]["actor"]


@pytest.mark.timeout(400)
def test_restrictions_hold_on_the_other(reference, data):
    for maker, server in ((reference, VITRINA), (VITRINA, reference)):
        token = make(maker, *RESTRICTED)
        assert ask(server, data, "/data/open.json", token)[0] == 0
        assert ask(server, data, "/data/closed.json", token)[0] == 1
        assert ask(server, data, "/data.json", token)[0] == 0
        expected = {"a": ["vi"], "d": {"data": ["vd"]}, "r": {"data": {"open": ["vt"]}}}
        assert ask(server, data, "/-/actor.json", token)[1]["actor"]["_r"] == expected


@pytest.mark.timeout(400)
def test_both_make_the_same_payload(reference):
    def payload(command):
        shown = make(command, "-e", "60", *RESTRICTED, "--debug").split("Decoded:")[1]
        decoded = json.loads(shown)
        return {**decoded, "t": type(decoded["t"]).__name__}

    assert payload(VITRINA) == payload(reference)
