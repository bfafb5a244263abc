"""``serve --get``: output, exit status, and what it does without."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cli_process import environment, run


@pytest.mark.parametrize(
    ("path", "status"),
    [("/data/t.json", 0), ("/nowhere.json", 1), ("/-/actor.json", 0), ("data.json", 0), ("/data/", 1)],
)
def test_only_status_200_is_success(database: Path, path: str, status: int) -> None:
    assert run(database, "--get", path).returncode == status


def test_the_body_is_printed_either_way(database: Path) -> None:
    assert json.loads(run(database, "--get", "/data/t.json?_shape=array").stdout)[0] == {"id": 1, "n": "0"}
    assert json.loads(run(database, "--get", "/nowhere.json").stdout)["status"] == 404


def test_a_stream_comes_to_its_end(database: Path) -> None:
    done = run(database, "--get", "/data/t.csv?_stream=on")
    assert done.returncode == 0 and done.stdout.splitlines()[0] == "id,n"


def test_headers_come_before_an_empty_line(database: Path) -> None:
    lines = run(database, "--get", "/-/actor.json", "--headers").stdout.splitlines()
    assert not any(line.startswith("content-length:") for line in lines)
    assert lines[0] == "HTTP/1.1 200"
    assert "content-type: application/json; charset=utf-8" in lines
    assert json.loads(lines[lines.index("") + 1]) == {"ok": True, "actor": None}


def test_actor_and_token(database: Path) -> None:
    as_actor = run(database, "--get", "/-/actor.json", "--actor", '{"id": "zoe"}')
    assert json.loads(as_actor.stdout)["actor"] == {"id": "zoe"}
    token = run("create-token", "max", "--secret", "s").stdout.strip()
    with_token = run(database, "--get", "/-/actor.json", "--token", token, "--secret", "s")
    assert json.loads(with_token.stdout)["actor"]["id"] == "max"
    assert run(database, "--get", "/-/actor.json", "--token", "dstok_bad").returncode == 1


def test_paths_are_sent_as_they_are_written(database: Path) -> None:
    found = run(database, "--get", "/data/t.json?_shape=array&n=2&_where=n <> 'é'")
    assert json.loads(found.stdout) == [{"id": 3, "n": "2"}]


def test_base_url_is_prefixed(database: Path) -> None:
    headers = run(database, "--get", "/data", "--headers", "-s", "base_url", "/x/").stdout
    assert "http://localhost/x/data.json" in headers


@pytest.mark.parametrize("path", ["/x/data.json", "/data.json", "http://localhost/x/data.json"])
def test_base_url_may_be_left_out(database: Path, path: str) -> None:
    assert json.loads(run(database, "--get", path, "-s", "base_url", "/x/").stdout)["path"] == "/x/data"


@pytest.mark.parametrize(("given", "prefix"), [("/x", "/x/"), ("x", "/x/"), ("//x//", "/x/"), ("", "/")])
def test_base_url_gets_its_slashes(database: Path, given: str, prefix: str) -> None:
    found = run(database, "--get", f"{prefix}data.json", "-s", "base_url", given)
    assert json.loads(found.stdout)["path"] == f"{prefix}data"
    moved = run(database, "--get", f"{prefix}data/", "--headers", "-s", "base_url", given)
    assert f"location: {prefix}data\n" in moved.stdout


def test_root_is_for_servers(database: Path) -> None:
    found = run(database, "--root", "--get", "/-/allowed.json?action=insert-row", "--actor", '{"id": "root"}')
    assert json.loads(found.stdout)["items"] == []


def test_what_is_no_text_is_written_byte_for_byte(database: Path) -> None:
    static = database.parent / "files"
    static.mkdir()
    content = bytes(range(256))
    (static / "x.png").write_bytes(content)
    arguments = [sys.executable, "-m", "vitrina", str(database), "--static", f"f:{static}", "--get", "/f/x.png"]
    assert subprocess.run(arguments, capture_output=True, env=environment()).stdout == content


def test_servers_and_clients_are_not_imported(database: Path) -> None:
    script = (
        "import sys\n"
        "from vitrina.cli.main import cli\n"
        f"sys.argv = ['vitrina', {str(database)!r}, '--get', '/data/t.json']\n"
        "try:\n    cli()\n"
        "except SystemExit as ended:\n    assert ended.code == 0\n"
        "heavy = {'uvicorn', 'uvloop', 'httptools', 'httpx', 'rich', 'sqlite_utils', 'yaml'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment())
    assert finished.returncode == 0, finished.stderr


def test_startup_hooks_run_and_their_refusal_is_one_sentence(database: Path) -> None:
    plugins = database.parent / "plugins"
    plugins.mkdir()
    (plugins / "no.py").write_text(
        "from datasette import hookimpl\nfrom datasette.utils import StartupError\n"
        "@hookimpl\ndef startup():\n    raise StartupError('not today')\n"
    )
    finished = run(database, "--plugins-dir", plugins, "--get", "/")
    assert (finished.returncode, finished.stdout, finished.stderr) == (1, "", "Error: not today\n")
