"""A real server: start, links, signals, sockets, exit status."""

from __future__ import annotations

import json
import signal
import socket
import urllib.request
from pathlib import Path

import pytest
from cli_process import PATIENCE, announced, fetch, run, started


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(database: Path, number: signal.Signals) -> None:
    with started(database, "-p", "0") as process:
        address, _ = announced(process)
        assert json.loads(fetch(f"{address}/-/actor.json")) == {"ok": True, "actor": None}
        process.send_signal(number)
        assert process.wait(PATIENCE) == 0


def test_root_gets_a_link_that_names_the_real_port(database: Path) -> None:
    with started(database, "-p", "0", "--root") as process:
        address, lines = announced(process)
        (link,) = [line for line in lines if "/-/auth-token?token=" in line]
        assert link.startswith(f"{address}/-/auth-token?token=")
        assert len(link.split("token=")[1]) == 64


def test_a_port_in_use(database: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        finished = run(database, "-p", str(port))
    assert finished.returncode == 3
    assert f"Error: port {port} on 127.0.0.1 cannot be listened on: Address already in use" in finished.stderr
    assert "Traceback" not in finished.stderr


def test_a_unix_socket(database: Path, tmp_path: Path) -> None:
    path = tmp_path / "s"
    with started(database, "--uds", path) as process:
        announced(process)
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE)
            client.connect(str(path))
            client.sendall(b"GET /-/actor.json HTTP/1.0\r\nHost: x\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 200")
        process.terminate()
        assert process.wait(PATIENCE) == 0
    assert not path.exists()


def test_tls_files_that_are_missing(database: Path) -> None:
    finished = run(database, "-p", "0", "--ssl-keyfile", "no.key", "--ssl-certfile", "no.crt")
    assert finished.returncode == 1
    assert finished.stderr.splitlines()[-1].startswith("Error: The TLS files no.key and no.crt cannot be used")


def test_reload_starts_again_after_a_change(database: Path, tmp_path: Path) -> None:
    config = tmp_path / "c.json"
    config.write_text('{"x": 1}')
    with started(database, "-p", "0", "--reload", "-c", config) as process:
        address, _ = announced(process)
        assert json.loads(fetch(f"{address}/-/config.json"))["x"] == 1
        config.write_text('{"x": 22}')
        address, _ = announced(process)
        assert json.loads(fetch(f"{address}/-/config.json"))["x"] == 22
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0


def test_the_access_log_can_be_switched_off(database: Path, tmp_path: Path) -> None:
    config = tmp_path / "c.json"
    config.write_text('{"vitrina": {"access_log": false}}')
    with started(database, "-p", "0", "-c", config) as process:
        address, _ = announced(process)
        fetch(f"{address}/-/actor.json")
        process.terminate()
        assert process.wait(PATIENCE) == 0
        assert process.stdout is not None
        assert "actor.json" not in process.stdout.read()


def test_a_query_that_cannot_be_interrupted_does_not_keep_the_process(tmp_path: Path) -> None:
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "nap.py").write_text(
        "import time\nfrom vitrina import hookimpl\n\n"
        "@hookimpl\ndef prepare_connection(conn):\n    conn.create_function('nap', 1, time.sleep)\n"
    )
    with started("serve", "--memory", "--plugins-dir", plugins, "-p", "0") as process:
        address, _ = announced(process)
        with pytest.raises(TimeoutError):
            urllib.request.urlopen(f"{address}/_memory/-/query.json?sql=select+nap(3600)", timeout=1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        assert process.stdout is not None
        assert "Leaving a query behind" in process.stdout.read()
