"""Fixtures of the tests of files: a real object store, and every storage that is built in."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from object_store import running_store


@pytest.fixture(scope="session")
def object_store(tmp_path_factory):
    """SeaweedFS with a bucket ``files``."""
    with running_store(tmp_path_factory.mktemp("weed"), "files", "other") as store:
        yield store


async def in_memory(storage_class, config):
    """A storage of the cloud whose store is in memory: everything but the protocol."""
    from obstore.store import MemoryStore

    class InMemory(storage_class):
        gives_one_piece = True

        def _open(self):
            return MemoryStore()

    made = InMemory()
    await made.configure(config, None)
    return made


@pytest.fixture(params=["filesystem", "s3", "gcs", "azure"])
async def storage(request, tmp_path):
    """One built-in storage, empty."""
    if request.param == "filesystem":
        from vitrina.files.filesystem import FilesystemStorage

        made = FilesystemStorage()
        await made.configure({"root": str(tmp_path / "files")}, None)
    elif request.param == "gcs":
        pytest.importorskip("obstore")
        from vitrina.files.cloud import GoogleStorage

        made = await in_memory(GoogleStorage, {"bucket": "files", "prefix": "below"})
    elif request.param == "azure":
        pytest.importorskip("obstore")
        from vitrina.files.cloud import AzureStorage

        made = await in_memory(AzureStorage, {"container": "files", "account_name": "somebody"})
    else:
        store = request.getfixturevalue("object_store")
        from vitrina.files.names import new_ulid
        from vitrina.files.s3 import S3Storage

        made = S3Storage()
        await made.configure(store.options("files", f"run-{new_ulid()}"), None)
    yield made
    await made.close()
