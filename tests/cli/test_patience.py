"""A real server whose clients do not finish what they began, or do not read what they asked for."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from cli_process import PATIENCE, announced, fetch, make_database, run, started

MANY = quote("with recursive n(i) as (select 1 union all select i + 1 from n limit 400000) select i, hex(i) from n")
SECRET = "a-secret"


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A server with little patience and one place for exports."""
    config = tmp_path / "c.json"
    permissions = {"insert-row": {"id": "ann"}}
    config.write_text(json.dumps({"vitrina": {"client_patience_s": 1}, "permissions": permissions}))
    database = make_database(tmp_path / "data.db", rows=3)
    with started(database, "-p", "0", "-c", config, "--secret", SECRET, "-s", "num_sql_threads", "1") as process:
        yield announced(process)[0]


def send(address: str, request: str) -> socket.socket:
    """A client with a small window that has sent ``request``."""
    parts = urlsplit(address)
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(PATIENCE)
    client.connect((parts.hostname, parts.port))
    client.sendall(request.replace("\n", "\r\n").encode())
    return client


def is_closed(client: socket.socket) -> bool:
    """Whether the server ends the connection without an answer; waits for it."""
    try:
        return client.recv(100) == b""
    except ConnectionResetError:
        return True


def test_an_export_that_nobody_reads_gives_its_place_back(address: str) -> None:
    path = f"/data/-/query.csv?sql={MANY}&_stream=1"
    with send(address, f"GET {path} HTTP/1.1\nHost: x\n\n") as client:
        assert client.recv(12) == b"HTTP/1.1 200"
        # Waits for its turn, for less time than the server has patience by default.
        assert fetch(f"{address}{path}").count(b"\r\n") == 400_001


@pytest.mark.parametrize(
    "beginning",
    [
        "",
        "GET / HTTP/1.1\nHost: x\n",
        "POST /data/t/-/insert HTTP/1.1\nHost: x\nAuthorization: Bearer TOKEN\nContent-Length: 50\n\n{",
        # Refused before its body was read.
        "POST /-/nothing HTTP/1.1\nHost: x\nOrigin: https://example.com\nContent-Length: 50\n\n{",
    ],
)
def test_a_request_that_is_not_finished_is_given_up(address: str, beginning: str) -> None:
    token = run("create-token", "ann", "--secret", SECRET).stdout.strip()
    with send(address, beginning.replace("TOKEN", token)) as client:
        if "Origin" in beginning:
            answer = b""
            while not answer.endswith(b"</html>\n") and b"</html>" not in answer:
                answer += client.recv(4096)
            client.sendall(b"-")
        assert is_closed(client)
    assert fetch(f"{address}/data/t.json")


def test_a_head_without_an_end(address: str) -> None:
    with send(address, "GET / HTTP/1.1\nHost: x\nX-Long: ") as client:
        try:
            for _ in range(100):
                client.sendall(b"a" * 100_000)
        except OSError:
            pass
        else:
            raise AssertionError("ten megabytes were taken")
    assert fetch(f"{address}/data/t.json")


def test_an_unread_answer_does_not_keep_a_server_that_is_to_stop(database: Path) -> None:
    with started(database, "-p", "0") as process:
        address, _ = announced(process)
        with send(address, f"GET /data/-/query.csv?sql={MANY}&_stream=1 HTTP/1.1\nHost: x\n\n") as client:
            assert client.recv(12) == b"HTTP/1.1 200"
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
