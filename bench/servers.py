"""Start and stop the servers that are measured, and look at their memory."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Server:
    """A running server; ``started`` is seconds from launch to the first answer."""

    name: str
    port: int
    pid: int
    started: float

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def peak_memory_mb(self) -> float:
        """Largest resident size so far, in MB (Linux)."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        return 0.0

    def get(self, path: str, timeout: float) -> tuple[int, int]:
        """Status and body size of one request; the body is read to its end."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            size = 0
            while block := response.read(1 << 20):
                size += len(block)
            return response.status, size
        finally:
            connection.close()


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@contextlib.contextmanager
def serve(name: str, command: list[str], *, ready: str = "/-/actor.json", timeout: float = 120) -> Iterator[Server]:
    """Run ``command --port N`` until the block ends; yields when it first answers ``ready``.

    Raises RuntimeError with the server's output when it does not come up.
    """
    port = free_port()
    begun = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "DATASETTE_SECRET": "bench"},
    )
    try:
        while True:
            try:
                Server(name, port, process.pid, 0).get(ready, timeout=timeout)
                break
            except OSError:
                if process.poll() is not None or time.perf_counter() - begun > timeout:
                    process.kill()
                    output = process.stderr.read().decode() if process.stderr else ""
                    raise RuntimeError(f"{name} did not start: {output[-2000:]}") from None
                time.sleep(0.005)
        yield Server(name, port, process.pid, time.perf_counter() - begun)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stderr:
            process.stderr.close()
