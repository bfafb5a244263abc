"""The answer for load balancers: when it is good, and that it always comes."""

from __future__ import annotations

import os
import signal
import urllib.error
import urllib.request

from bad_network import BadNetwork
from replicated_server import ReplicatedServer, until


def health(server: ReplicatedServer) -> int:
    try:
        with urllib.request.urlopen(f"{server.address}/-/healthz/replication", timeout=8) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_good_once_the_store_has_something_and_after_each_start(shared_store, litestream, tmp_path) -> None:
    network = BadNetwork(int(shared_store.endpoint.rpartition(":")[2]))
    server = ReplicatedServer(tmp_path, shared_store, litestream)
    straight = server.replica
    server.replica = straight.replace(shared_store.endpoint, f"http://127.0.0.1:{network.port}")
    try:
        network.change("refusing")
        server.start()
        assert health(server) == 503
        network.change("good")
        until(lambda: health(server) == 200, "it is good")
        server.replica, copies = straight, server.restore()
        assert copies == []
        server.stop()
        # Nothing is written: what the store has is found again.
        server.start()
        until(lambda: health(server) == 200, "it is good again")
    finally:
        network.close()
        server.kill()


def test_it_answers_while_litestream_does_not(server: ReplicatedServer) -> None:
    server.start()
    assert server.insert("one", durable=True)[0] == 201
    pid = server.litestream_pid()
    os.kill(pid, signal.SIGSTOP)
    try:
        answers = [health(server) for _ in range(3)]
        assert set(answers) <= {200, 503}
        # It was asked all the time, and nothing gave up on it.
        assert server.status()["litestream"]["pid"] == pid
    finally:
        os.kill(pid, signal.SIGCONT)
    assert server.insert("two", durable=True)[0] == 201
    assert health(server) == 200
    assert server.restore() == server.rows()
