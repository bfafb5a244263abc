"""A real server with clients that leave, ask for too much, or are still waiting when it stops."""

from __future__ import annotations

import signal
import socket
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

from cli_process import PATIENCE, announced, fetch, started

ENDLESS = quote("with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n")


def ask(address: str, path: str) -> socket.socket:
    """Send a request, and do not wait for the answer."""
    parts = urlsplit(address)
    client = socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE)
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
    return client


def test_clients_that_leave_take_their_queries_along(database: Path) -> None:
    with started(database, "-p", "0", "--setting", "sql_time_limit_ms", "600000") as process:
        address, _ = announced(process)
        clients = [ask(address, f"/data/-/query.json?sql={ENDLESS}&x={number}") for number in range(12)]
        # Every thread is busy until they leave.
        time.sleep(0.5)
        for client in clients:
            client.close()
        assert fetch(f"{address}/data/t.json")
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        assert process.stdout is not None
        assert "Traceback" not in process.stdout.read()


def test_stopping_while_queries_run(database: Path) -> None:
    with started(database, "-p", "0", "--setting", "sql_time_limit_ms", "600000") as process:
        address, _ = announced(process)
        clients = [ask(address, f"/data/-/query.json?sql={ENDLESS}") for _ in range(5)]
        fetch(f"{address}/-/healthz")
        process.send_signal(signal.SIGTERM)
        for client in clients:
            client.close()
        assert process.wait(PATIENCE) == 0


def test_a_request_line_of_a_million_characters(database: Path) -> None:
    with started(database, "-p", "0") as process:
        address, _ = announced(process)
        client = ask(address, f"/data/t.json?n={'a' * 1_000_000}")
        answer = client.recv(100)
        assert answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 400", b"HTTP/1.1 414"))
        client.close()
        assert fetch(f"{address}/data/t.json")
