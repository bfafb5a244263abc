"""Load for HTTP servers: requests per second by wrk, time of one download, a slow reader."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import tempfile
import time

from bench.servers import Server


def rate(server: Server, path: str, *, seconds: float = 4, connections: int = 8, bearer: str | None = None) -> float:
    """Requests per second that ``server`` answers with 2xx.

    Raises RuntimeError where an answer was not 2xx or wrk is missing.
    """
    return _wrk(server, path, ["-H", f"Authorization: Bearer {bearer}"] if bearer else [], seconds, connections)


def post_rate(server: Server, path: str, body: str, *, bearer: str, seconds: float, connections: int) -> float:
    """Requests per second for a JSON body that is posted again and again."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(
            f'wrk.method = "POST"\nwrk.body = [==[{body}]==]\n'
            'wrk.headers["Content-Type"] = "application/json"\n'
            f'wrk.headers["Authorization"] = "Bearer {bearer}"\n'
        )
        script.flush()
        return _wrk(server, path, ["-s", script.name], seconds, connections)


def _wrk(server: Server, path: str, options: list[str], seconds: float, connections: int) -> float:
    wrk = shutil.which("wrk")
    if wrk is None:
        raise RuntimeError("wrk is not installed (Debian: apt-get install wrk)")
    output = subprocess.run(
        [wrk, "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "30s", *options, server.url(path)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    if "Non-2xx" in output:
        raise RuntimeError(f"{server.name} {path}: {output}")
    found = re.search(r"Requests/sec:\s*([\d.]+)", output)
    return float(found.group(1)) if found else 0.0


def download(server: Server, path: str, *, timeout: float = 300) -> tuple[float, int]:
    """Seconds and bytes of one whole answer."""
    begun = time.perf_counter()
    status, size = server.get(path, timeout)
    if status != 200:
        raise RuntimeError(f"{server.name} {path}: status {status}")
    return time.perf_counter() - begun, size


def slow_download(server: Server, path: str, *, seconds: float = 8, bytes_per_second: int = 200_000) -> int:
    """Read an answer slowly for a while, then hang up; returns the bytes read."""
    with socket.create_connection(("127.0.0.1", server.port)) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        read, end = 0, time.monotonic() + seconds
        while time.monotonic() < end:
            read += len(sock.recv(bytes_per_second // 10))
            time.sleep(0.1)
        return read
