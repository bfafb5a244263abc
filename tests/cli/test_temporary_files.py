"""Temporary files of servers that were killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import pytest
from cli_process import announced, fetch, run, started

SECRET = "a-secret"
AN_HOUR_AGO = -3600


def temporary_files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.name.startswith("vitrina-internal-")}


def make_them_old(folder: Path) -> None:
    for path in folder.iterdir():
        at = path.stat().st_mtime + AN_HOUR_AGO
        os.utime(path, (at, at))


def need_internal_database(address: str, row: int) -> None:
    """Delete a row in a way that keeps it for a while."""
    token = run("create-token", "root", "--secret", SECRET).stdout.strip()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}/data/t/{row}/-/delete?_undo=1", b"{}", headers)
    with urllib.request.urlopen(request) as answer:
        assert "undo" in json.load(answer)


def test_the_next_server_deletes_those_of_one_that_was_killed(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    command = ["serve", database, "--root", "--secret", SECRET, "-p", "0"]
    (folder / "vitrina-internal-mine.db").write_text("not one of ours")
    with started(*command) as alive:
        address, _ = announced(alive)
        need_internal_database(address, 1)
        of_alive = temporary_files(folder)
        with started(*command) as killed:
            need_internal_database(announced(killed)[0], 2)
            killed.send_signal(signal.SIGKILL)
            killed.wait()
        assert temporary_files(folder) > of_alive
        make_them_old(folder)
        with started(*command) as third:
            fetch(f"{announced(third)[0]}/data/t.json")
            assert temporary_files(folder) == of_alive
        need_internal_database(address, 3)
        alive.send_signal(signal.SIGTERM)
        alive.wait()
    assert temporary_files(folder) == {"vitrina-internal-mine.db"}


def test_the_next_server_deletes_folders_of_one_that_was_killed(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    code = (
        "import pathlib, sys; from vitrina.temporary import make_folder;"
        "path = pathlib.Path(make_folder('past')); (path / 'copy.db').write_bytes(b'0' * 1000);"
        "print(path, flush=True); sys.stdin.read()"
    )
    with ExitStack() as stack:
        programs = [
            stack.enter_context(
                subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            )
            for _ in range(2)
        ]
        alive, left = (Path(program.stdout.readline().decode().strip()) for program in programs)
        programs[1].kill()
        programs[1].wait()
        make_them_old(folder)
        with started("serve", database, "-p", "0") as server:
            announced(server)
            assert (alive / "copy.db").exists()
            assert not left.exists()
        programs[0].communicate()
    assert not alive.exists()
