"""Temporary databases and folders: held while in use, and deleted by the next process where theirs was killed."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import sys
import tempfile
import time
import uuid
from contextlib import suppress

if sys.platform != "win32":
    import fcntl

_NAME = re.compile(r"vitrina-(?:(?:internal|temporary)-[0-9a-f]{32}\.db|(?:uploads|past)-[0-9a-f]{32})")
_ENDINGS = ("", "-wal", "-shm", "-journal")
# One that was made just now may not be held yet.
_YOUNG_S = 60.0

# Those of this process. SQLite's locks on a file go when any descriptor of it is closed, so these stay open.
_held: dict[str, int] = {}


def temporary_path(kind: str) -> str:
    """A path where no file is yet, for a database of ``kind``: internal or temporary.

    Deletes what killed processes left there.
    """
    folder = tempfile.gettempdir()
    _delete_left(folder)
    return os.path.join(folder, f"vitrina-{kind}-{uuid.uuid4().hex}.db")


def make_folder(kind: str) -> str:
    """The path of a new folder for nobody else, held: uploads or past."""
    path = os.path.join(tempfile.gettempdir(), f"vitrina-{kind}-{uuid.uuid4().hex}")
    os.mkdir(path, 0o700)
    if sys.platform != "win32":
        _held[path] = os.open(path, os.O_RDONLY)
        with suppress(OSError):
            _hold(_held[path])
    atexit.register(remove_folder, path)
    return path


def remove_folder(path: str) -> None:
    """Delete the folder with all that is in it. Idempotent."""
    shutil.rmtree(path, ignore_errors=True)
    _let_go(path)


def make_file(path: str) -> None:
    """Create the file, empty, and hold it: nobody else gets to read it, or to put a file of theirs in its place."""
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    _held[path] = descriptor
    with suppress(OSError):
        _hold(descriptor)


def remove_file(path: str) -> None:
    """Delete the file and what SQLite put beside it. Idempotent; its connections are closed."""
    _delete(path)
    _let_go(path)


def _let_go(path: str) -> None:
    descriptor = _held.pop(path, None)
    if descriptor is not None:
        os.close(descriptor)


def _delete_left(folder: str) -> None:
    if sys.platform == "win32":
        return
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if not _NAME.fullmatch(name) or path in _held:
            continue
        # Of somebody else, still held, or gone meanwhile.
        with suppress(OSError):
            if time.time() - os.lstat(path).st_mtime < _YOUNG_S:
                continue
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
            try:
                _hold(descriptor)
                if os.path.isdir(path):
                    shutil.rmtree(path)
                else:
                    _delete(path)
            finally:
                os.close(descriptor)


def _delete(path: str) -> None:
    for ending in _ENDINGS:
        with suppress(FileNotFoundError):
            os.remove(path + ending)


def _hold(descriptor: int) -> None:
    """Raises BlockingIOError where another process does, and OSError where files cannot be held."""
    if sys.platform != "win32":
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
