"""Fixtures of the tests of replication: a real object store, the real Litestream, servers in processes of their own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from object_store import ObjectStore, is_free, make_bucket
from replicated_server import ReplicatedServer

from vitrina.errors import StartupError
from vitrina.replicate.binary import find_litestream

FIRST_PORTS = (9740, 9750, 9760, 9770)


def new_store(folder: Path) -> ObjectStore:
    """A started store with the bucket ``replica``; skips the test where there is none."""
    pytest.importorskip("obstore", reason="obstore is not installed: pip install 'vitrina[replication]'")
    first = next((port for port in FIRST_PORTS if all(is_free(port + more) for more in range(8))), None)
    if first is None:
        pytest.skip("no free ports for SeaweedFS")
    store = ObjectStore(folder, first)
    try:
        store.start()
    except RuntimeError as error:
        pytest.skip(f"no object store for this test: {error}")
    make_bucket(store, "replica")
    return store


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
    store = new_store(tmp_path_factory.mktemp("weed"))
    yield store
    store.stop()


@pytest.fixture
def own_store(tmp_path):
    """A store that the test may end and start again."""
    store = new_store(tmp_path)
    yield store
    store.stop()


@pytest.fixture
def server(shared_store, litestream, tmp_path):
    """A server whose database ``app`` goes to the shared store; not started yet."""
    made = ReplicatedServer(tmp_path, shared_store, litestream)
    yield made
    made.kill()
