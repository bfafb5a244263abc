"""Requests at a fixed rate, as a load beside what is measured."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench.servers import Server


@dataclass
class Paced:
    """What became of a load: seconds that each answered request took, and what went wrong."""

    took: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Requests per second that were answered with 201."""
        return len(self.took) / self.seconds if self.seconds else 0.0


@contextmanager
def posting(
    server: Server, path: str, body: str, *, bearer: str, per_second: float, connections: int = 8
) -> Iterator[Paced]:
    """Post ``body`` again and again for the length of the block; a connection that falls behind does not catch up."""
    load, stop = Paced(), threading.Event()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {bearer}"}

    def client(number: int) -> None:
        every = connections / per_second
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        due = time.monotonic() + every * number / connections
        while not stop.wait(max(0.0, due - time.monotonic())):
            begun = time.monotonic()
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            answer = response.read()
            if response.status == 201:
                load.took.append(time.monotonic() - begun)
            else:
                load.failures.append(f"{response.status} {answer[:200]!r}")
            due = max(due + every, time.monotonic())
        connection.close()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(connections)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        load.seconds = time.monotonic() - begun
        stop.set()
        for thread in threads:
            thread.join()
