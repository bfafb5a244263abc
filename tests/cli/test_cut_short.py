"""A server that is killed between the commit of a request with a key and its answer."""

from __future__ import annotations

import json
import sqlite3
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cli_process import announced, run, started

SECRET = "a-secret-that-outlives-the-server"
# Kills the process at a moment of its choice, as long as the file is there.
PLUGIN = """
import os, pathlib, signal
from datasette import hookimpl

armed = pathlib.Path(__file__).with_name("armed")

def die(moment):
    if armed.exists() and armed.read_text() == moment:
        os.kill(os.getpid(), signal.SIGKILL)

@hookimpl
def track_event(event):
    die("after the commit")

@hookimpl
def write_wrapper():
    def wrap(conn):
        die("before the write")
        yield
        die("before the commit")
    return wrap
"""


def send(address: str, token: str, *, body: str, kind: str = "application/json") -> tuple[int, str]:
    place = urlsplit(address)
    connection = HTTPConnection(place.hostname or "", place.port, timeout=20)
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "once", "Content-Type": kind}
    try:
        connection.request("POST", "/data/t/-/insert", body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("moment", "count"), [("before the write", 0), ("before the commit", 0), ("after the commit", 1)]
)
@pytest.mark.parametrize(
    ("kind", "body"), [("application/json", json.dumps({"row": {"n": 1}})), ("text/csv", "n\n1\n")]
)
def test_a_request_that_was_cut_short_is_not_done_again(
    tmp_path: Path, moment: str, count: int, kind: str, body: str
) -> None:
    path, plugins = tmp_path / "data.db", tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "killer.py").write_text(PLUGIN)
    (plugins / "armed").write_text(moment)
    conn = sqlite3.connect(path)
    conn.execute("create table t (n integer)")
    token = run("create-token", "root", "--secret", SECRET).stdout.strip()
    command = ["serve", path, "--root", "--secret", SECRET, "--internal", tmp_path / "internal.db"]
    command += ["--plugins-dir", plugins, "-p", "0"]
    with started(*command) as process:
        address, _ = announced(process)
        with pytest.raises((OSError, HTTPException)):
            send(address, token, body=body, kind=kind)
        process.wait()
    assert conn.execute("select count(*) from t").fetchone() == (count,)

    (plugins / "armed").unlink()
    with started(*command) as process:
        address, _ = announced(process)
        for _ in range(2):
            status, text = send(address, token, body=body, kind=kind)
            assert status == 409, text
            assert "may have been done, or not" in text
        assert send(address, token, body=body.replace("1", "2"), kind=kind)[0] == 422
    assert conn.execute("select count(*) from t").fetchone() == (count,)
    conn.close()
