"""Fixtures of the tests of replication: a real object store, the real Litestream, servers in processes of their own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from object_store import running_store
from replicated_server import ReplicatedServer

from vitrina.errors import StartupError
from vitrina.replicate.binary import find_litestream


@pytest.fixture(scope="session")
def litestream() -> str:
    """The program's path."""
    try:
        return find_litestream()
    except StartupError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def shared_store(tmp_path_factory):
    """A store that no test ends."""
    with running_store(tmp_path_factory.mktemp("weed"), "replica") as store:
        yield store


@pytest.fixture
def own_store(tmp_path):
    """A store that the test may end and start again."""
    with running_store(tmp_path, "replica") as store:
        yield store


@pytest.fixture
def server(shared_store, litestream, tmp_path):
    """A server whose database ``app`` goes to the shared store; not started yet."""
    made = ReplicatedServer(tmp_path, shared_store, litestream)
    yield made
    made.kill()
