"""Imports that are done when the object store has their rows."""

from __future__ import annotations

import json
import urllib.request

import pytest
from bad_network import BadNetwork
from replicated_server import ReplicatedServer, until


@pytest.fixture
def importer(server: ReplicatedServer):
    """Starts imports of a file on ``server``, as the one who is signed in, and tells of their jobs."""
    return Importer(server)


class Importer:
    def __init__(self, server: ReplicatedServer) -> None:
        self.server = server

    def _send(self, path: str, body: bytes, kind: str) -> dict:
        request = urllib.request.Request(self.server.address + path, body, {"Content-Type": kind})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())

    def start(self, rows: int, address: str = "", **options: object) -> dict:
        content = "payload\n" + "".join(f"row {number}\n" for number in range(rows))
        upload = self._send("/app/-/import?name=rows.csv", content.encode(), "text/csv")["upload"]
        body = {"upload": upload, "table": "t", **options}
        return self._send(f"/app/-/import/run{address}", json.dumps(body).encode(), "application/json")["job"]

    def state(self, job: dict) -> dict:
        return self.server.get(f"/app/-/jobs/{job['id']}")["job"]

    def ended(self, job: dict) -> dict:
        return until(
            lambda: self.state(job) if self.state(job)["state"] not in ("waiting", "running") else None, "the job ends"
        )


@pytest.mark.parametrize("way", ["body", "address"])
def test_a_job_is_done_when_the_store_has_the_rows(importer: Importer, way: str) -> None:
    importer.server.start()
    job = importer.start(500, durable=True) if way == "body" else importer.start(500, "?_durable=1")
    done = importer.ended(job)
    assert (done["state"], done["durable"], done["report"]["written"]) == ("done", True, 500)
    # Nothing is waited for here: the job did that.
    assert [payload for _, payload in importer.server.restore()] == [f"row {number}" for number in range(500)]


def test_a_job_without_the_wish_does_not_speak_of_it(importer: Importer) -> None:
    importer.server.start()
    done = importer.ended(importer.start(3))
    assert done["state"] == "done" and "durable" not in done


@pytest.mark.parametrize("end", ["time", "cancel"])
def test_a_store_that_does_not_take_the_rows(shared_store, litestream, tmp_path, end: str) -> None:
    network = BadNetwork(int(shared_store.endpoint.rpartition(":")[2]))
    server = ReplicatedServer(tmp_path, shared_store, litestream)
    server.replica = server.replica.replace(shared_store.endpoint, f"http://127.0.0.1:{network.port}")
    server.options["durable_timeout"] = 3 if end == "time" else 50
    importer = Importer(server)
    try:
        server.start()
        assert server.insert("before", durable=True)[0] == 201
        network.change("refusing")
        job = importer.start(20, durable=True)
        until(lambda: len(server.rows()) == 21, "the rows are committed")
        waiting = importer.state(job)
        assert (waiting["state"], waiting["durable"]) == ("running", False)
        if end == "cancel":
            server.post(f"/app/-/jobs/{job['id']}/cancel", {})
        ended = importer.ended(job)
        assert (ended["state"], ended["durable"]) == ({"time": "failed", "cancel": "cancelled"}[end], False)
        if end == "time":
            assert ended["error"].startswith("The rows are committed, but not durable: ")
        assert len(server.rows()) == 21
    finally:
        network.close()
        server.kill()
