"""One server for each replicated file of a machine, and what is left of one that was killed."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import sys
import time
from pathlib import Path
from typing import IO, Any

from vitrina.errors import StartupError

if sys.platform != "win32":
    import fcntl

#: temporary folders with the files of a running Litestream begin with this
FOLDER_PREFIX = "vitrina-litestream-"
_POLL_S = 0.05


class FileOwner:
    """A lock file beside a replicated database, held for as long as this process lives.

    The system lets go of it when the process ends, however it ends. In it
    stands the identity under which the replica is held, and the process id of
    Litestream.
    """

    def __init__(self, database_path: str) -> None:
        path = Path(database_path)
        self.database_path = database_path
        self.path = path.with_name(f".{path.name}-vitrina.lock")
        self._file: IO[str] | None = None
        self._known: dict[str, Any] = {}

    def acquire(self) -> None:
        """Take the lock (blocking, short). Raises StartupError where another server has it."""
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StartupError(
                f"{self.path} cannot be written: {error.strerror}",
                hint="Replication keeps a small file and a folder beside the database.",
            ) from error
        file = os.fdopen(descriptor, "r+", encoding="utf-8")
        try:
            if sys.platform != "win32":
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            raise StartupError(
                f"{self.database_path} is replicated by another server of this machine already",
                hint="One server replicates a file. Serve it from that one, or stop it first.",
            ) from None
        self._file = file
        self._known = _parsed(file.read())
        place = f"{socket.gethostname()}:{self.database_path}"
        # A copy of the folder on another machine is somebody else.
        if self._known.get("place") != place or not isinstance(self._known.get("owner"), str):
            self._known = {**self._known, "place": place, "owner": secrets.token_hex(12)}
        self._write()

    @property
    def identity(self) -> str:
        """Names this file of this machine; the same after a restart."""
        return str(self._known["owner"])

    def note_process(self, pid: int | None, folder: str = "") -> None:
        """Write down which process replicates the file now, and the folder of its files (blocking, short)."""
        if pid is None:
            self._known.pop("litestream", None)
        else:
            self._known["litestream"] = {"pid": pid, "started": _started(pid), "folder": folder}
        self._write()

    def stop_orphan(self, patience_s: float) -> int | None:
        """End the Litestream of a server that was killed (blocking, ``patience_s`` at most and a moment more).

        It is asked to end, so that it uploads what it has, and made to after
        the patience. Its process id, None where there was none.
        """
        noted = self._known.get("litestream")
        if not isinstance(noted, dict) or type(noted.get("pid")) is not int or noted["pid"] <= 1:
            return None
        pid = noted["pid"]
        folder = str(noted.get("folder") or "")
        if not _is_running(pid, noted.get("started")):
            self._forget(folder)
            return None
        deadline = time.monotonic() + patience_s
        _signal(pid, signal.SIGTERM)
        while _is_running(pid, noted.get("started")):
            if time.monotonic() > deadline:
                _signal(pid, signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
                deadline += 5
            time.sleep(_POLL_S)
        self._forget(folder)
        return int(pid)

    def _forget(self, folder: str) -> None:
        """The process is gone: its files, which may hold secrets, are of no use to anybody."""
        if Path(folder).name.startswith(FOLDER_PREFIX):
            shutil.rmtree(folder, ignore_errors=True)
        self.note_process(None)

    def _write(self) -> None:
        if self._file is None:
            return
        self._file.seek(0)
        self._file.truncate()
        json.dump(self._known, self._file)
        self._file.flush()

    def release(self) -> None:
        """Let go of the lock; the file stays, since its identity is of use to the next start. Idempotent."""
        file, self._file = self._file, None
        if file is not None:
            file.close()


def _parsed(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _started(pid: int) -> str | None:
    """When a process began, in ticks since the system did; tells it from a later one with its number."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return None


def _is_running(pid: int, started: Any) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        # Without /proc nothing tells it from another process: it is left alone.
        return False
    return stat[0] != "Z" and stat[19] == started


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except OSError:
        return
